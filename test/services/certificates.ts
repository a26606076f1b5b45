import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { succeed } from './run.ts'

/** The keys a Notary Project signature can be made with, as `openssl genpkey` makes them. */
export const KEY_TYPES = {
  'RSA-2048': ['RSA', 'rsa_keygen_bits:2048'],
  'RSA-3072': ['RSA', 'rsa_keygen_bits:3072'],
  'RSA-4096': ['RSA', 'rsa_keygen_bits:4096'],
  'EC-P256': ['EC', 'ec_paramgen_curve:P-256'],
  'EC-P384': ['EC', 'ec_paramgen_curve:P-384'],
  'EC-P521': ['EC', 'ec_paramgen_curve:P-521'],
} as const

export type TestKeyType = keyof typeof KEY_TYPES

/** A key made by openssl with the certificate chain that vouches for it. */
export interface Identity {
  readonly name: string
  /** PKCS#8 PEM in clear text: notation reads no other. */
  readonly keyPath: string
  /** PEM, leaf first, root included. */
  readonly chainPath: string
  readonly subject: string
}

export interface Authority extends Identity {
  readonly certificatePath: string
}

async function makeKey(directory: string, name: string, type: TestKeyType): Promise<string> {
  const path = join(directory, `${name}.key`)
  const [algorithm, option] = KEY_TYPES[type]
  await succeed('openssl', ['genpkey', '-quiet', '-algorithm', algorithm, '-pkeyopt', option, '-out', path])
  await succeed('chmod', ['600', path])
  return path
}

/** A root of the Notary profile: critical basicConstraints and keyUsage. */
export async function makeAuthority(directory: string, name: string): Promise<Authority> {
  const keyPath = await makeKey(directory, name, 'EC-P256')
  const certificatePath = join(directory, `${name}.crt`)
  const subject = `CN=${name},O=Sealwright Test,ST=WA,C=US`
  await succeed('openssl', [
    ...['req', '-x509', '-new', '-key', keyPath, '-out', certificatePath, '-days', '3650'],
    ...['-subj', slashed(subject), '-addext', 'basicConstraints=critical,CA:TRUE,pathlen:1'],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ])
  return { name, keyPath, certificatePath, chainPath: certificatePath, subject }
}

export interface LeafOptions {
  readonly type: TestKeyType
  /** RFC 4514; by default one that Notation's trusted identities take: with C, ST and O. */
  readonly subject?: string
  /** X.509 times `YYYYMMDDHHMMSSZ`; default from yesterday to a year from now. */
  readonly notBefore?: string
  readonly notAfter?: string
  /** Lines of an openssl extension file, instead of a code signing leaf's. */
  readonly extensions?: readonly string[]
}

const LEAF_EXTENSIONS = [
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=codeSigning',
]

/** A key with a certificate issued by `authority`. */
export async function makeLeaf(
  directory: string,
  name: string,
  authority: Authority,
  options: LeafOptions,
): Promise<Identity> {
  const { type, subject = `CN=${name},O=Sealwright Test,ST=WA,C=US`, extensions = LEAF_EXTENSIONS } = options
  const { notBefore = x509Time(-1), notAfter = x509Time(365) } = options
  const file = (suffix: string) => join(directory, `${name}.${suffix}`)
  const keyPath = await makeKey(directory, name, type)
  await succeed('openssl', ['req', '-new', '-key', keyPath, '-subj', slashed(subject), '-out', file('csr')])
  await writeFile(file('ext'), `[v3]\n${extensions.join('\n')}\n`)
  await writeFile(file('index'), '')
  await writeFile(file('serial'), randomBytes(16).toString('hex'))
  await writeFile(file('cnf'), authorityConfiguration(file('index'), file('serial'), directory))
  await succeed('openssl', [
    ...['ca', '-batch', '-notext', '-config', file('cnf'), '-md', 'sha256'],
    ...['-cert', authority.certificatePath, '-keyfile', authority.keyPath, '-preserveDN'],
    ...['-startdate', notBefore, '-enddate', notAfter, '-extfile', file('ext'), '-extensions', 'v3'],
    ...['-in', file('csr'), '-out', file('leaf.crt')],
  ])
  const chain = [await readFile(file('leaf.crt'), 'utf8'), await readFile(authority.certificatePath, 'utf8')]
  await writeFile(file('crt'), chain.join(''))
  return { name, keyPath, chainPath: file('crt'), subject }
}

/** `openssl ca`, because `openssl x509` of 3.0 cannot date a certificate back. */
function authorityConfiguration(index: string, serial: string, directory: string): string {
  return `[ca]\ndefault_ca=d\n[d]\ndatabase=${index}\nserial=${serial}\nnew_certs_dir=${directory}\npolicy=p\nunique_subject=no\n[p]\ncommonName=optional\norganizationName=optional\norganizationalUnitName=optional\nstateOrProvinceName=optional\ncountryName=optional\nlocalityName=optional\n`
}

/** `days` from now as X.509 spells it. */
export function x509Time(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000)
  return `${time.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`
}

/** `CN=a,O=b` as openssl's `-subj` has it, the country first. */
function slashed(subject: string): string {
  return `/${subject.split(',').toReversed().join('/')}`
}
