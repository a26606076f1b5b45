import { createPublicKey } from 'node:crypto'
import { type Trust, trustAnchors, trustDirectory, trustKey } from '@sealwright/notary'
import type { Certificate } from '@sealwright/x509'
import { readCertificates } from '../certificates/certificate.ts'
import { isKeyName } from '../config/key-name.ts'
import type { KeyFlags } from '../flags/common-flags.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { openKeys } from '../keys/keys.ts'
import { MAX_FILE_BYTES, readNamed } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

export interface TrustFlags extends KeyFlags {
  readonly policy?: string | undefined
  readonly trustedCert?: readonly string[] | undefined
  readonly trustedIdentity?: string | undefined
  readonly key?: string | undefined
}

/** Whom this run believes: the trust directory, or what was named in its place. */
export async function trustOf(session: Session, flags: TrustFlags): Promise<Trust> {
  assertOneSource(flags)
  // A flag that says whom to trust takes the place of the variable.
  const named = flags.key ?? flags.trustedCert ?? flags.policy
  const policy =
    flags.policy ?? (named === undefined ? session.io.env.SEALWRIGHT_POLICY || undefined : undefined)
  if (flags.key !== undefined) return trustKey(await publicKeyOf(session, flags.key, flags))
  if (flags.trustedCert !== undefined) {
    const certificates: Certificate[] = []
    for (const file of flags.trustedCert) certificates.push(...(await readCertificates(file, session.io.cwd)))
    return trustAnchors({
      certificates: certificates.map(({ der }) => der),
      source: `--trusted-cert ${flags.trustedCert.join(', ')}`,
      identity: flags.trustedIdentity,
    })
  }
  const { trust: directory } = (await session.settings()).paths
  if (policy === undefined) return trustDirectory(directory)
  const input = await readNamed(policy, session.io.cwd, MAX_FILE_BYTES)
  return trustDirectory(directory, { policy: { file: policy, input } })
}

function assertOneSource({ policy, trustedCert, trustedIdentity, key }: TrustFlags): void {
  const given = [
    ...(policy === undefined ? [] : ['--policy']),
    ...(trustedCert === undefined ? [] : ['--trusted-cert']),
    ...(key === undefined ? [] : ['--key']),
  ]
  if (given.length > 1) {
    throw usageError(`${given.join(' and ')} cannot be used together`, {
      why: 'each of them says alone whom to trust',
      fix: 'choose one',
    })
  }
  if (trustedIdentity !== undefined && trustedCert === undefined) {
    throw usageError('--trusted-identity needs --trusted-cert', {
      why: 'a subject is worth what the authority is that vouches for it',
      fix: 'add --trusted-cert FILE',
    })
  }
}

/** The public key in a PEM file, or that of a key of ours. */
async function publicKeyOf(session: Session, text: string, flags: KeyFlags): Promise<Uint8Array> {
  if (!isKeyName(text) && !text.includes(':')) return publicKeyIn(text, session.io.cwd)
  if (/\.(pem|pub|crt|cer)$/i.test(text) && !text.includes(':')) return publicKeyIn(text, session.io.cwd)
  await using keys = await openKeys(session, flags)
  const selected = await keys.select(text)
  // The lock holds the public key: what only judges needs no passphrase.
  if (selected.lock?.publicKey !== undefined) return Buffer.from(selected.lock.publicKey, 'base64')
  await using signer = await keys.open(selected, defaultAlgorithm)
  return signer.key.publicKey
}

async function publicKeyIn(file: string, cwd: string): Promise<Uint8Array> {
  const bytes = await readNamed(file, cwd, MAX_FILE_BYTES)
  const text = Buffer.from(bytes).toString('latin1')
  if (text.includes('-----BEGIN CERTIFICATE-----')) {
    const [certificate] = await readCertificates(file, cwd)
    return (certificate as Certificate).publicKey
  }
  if (!text.includes('-----BEGIN PUBLIC KEY-----')) {
    throw usageError(`${file} holds no public key`, {
      why: 'a public key is PEM with BEGIN PUBLIC KEY, as `sealwright key show --public` prints it',
      fix: 'give the public key of the signer, or its name',
    })
  }
  return publicKeyFromPem(text, file)
}

function publicKeyFromPem(text: string, file: string): Uint8Array {
  try {
    return createPublicKey(text).export({ type: 'spki', format: 'der' })
  } catch (cause) {
    throw usageError(`the public key in ${file} cannot be read`, {
      why: 'it is damaged, or of an unknown kind',
      fix: 'print the public key again: sealwright key show KEY --public',
      cause,
    })
  }
}
