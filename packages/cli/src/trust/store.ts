import { readdir, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { readRegularFile, writeFileAtomic } from '@sealwright/core/files'
import { type Certificate, encodeCertificates, parseCertificates } from '@sealwright/x509'
import { MAX_FILE_BYTES } from '../config/read-if-present.ts'
import { usageError } from '../frame/usage.ts'

const STORE_TYPES = ['ca', 'signingAuthority', 'tsa'] as const
type StoreType = (typeof STORE_TYPES)[number]

/** A trust store as policies spell it. */
export interface StoreReference {
  readonly type: StoreType
  readonly name: string
  /** `ca:acme` */
  readonly text: string
}

const FORM = /^(ca|signingAuthority|tsa):([a-zA-Z0-9_.-]+)$/

/** Reads `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`. */
export function parseStore(text: string): StoreReference {
  const [, type, name] = FORM.exec(text) ?? []
  if (type === undefined || name === undefined || name === '.' || name === '..') {
    throw usageError(`"${text}" is no trust store`, {
      why: 'a trust store is ca:NAME, signingAuthority:NAME or tsa:NAME; a name has letters, digits, dots, dashes and underscores',
      fix: `ca:${/^[a-zA-Z0-9_-]+$/.test(text) ? text : 'acme'}`,
    })
  }
  return { type: type as StoreType, name, text }
}

/** Whether a text is spelled as a trust store. */
export function isStore(text: string): boolean {
  return FORM.test(text)
}

/** One file of a store. Notation puts bundles there; we write one certificate a file. */
interface StoreFile {
  readonly path: string
  readonly certificates: readonly Certificate[]
}

/** The certificates of a store, in the order of its files; empty when there is no such store. */
export async function readStore(trust: string, store: StoreReference): Promise<readonly Certificate[]> {
  return (await readFiles(trust, store)).flatMap(file => file.certificates)
}

/** The named stores of the trust directory. */
export async function listStores(trust: string): Promise<readonly StoreReference[]> {
  const stores: StoreReference[] = []
  for (const type of STORE_TYPES) {
    for (const name of await namesIn(join(trust, 'truststore', 'x509', type))) {
      const text = `${type}:${name}`
      if (isStore(text)) stores.push({ type, name, text })
    }
  }
  return stores
}

/** Puts one certificate in a store, whole or not at all. */
export async function addToStore(
  trust: string,
  store: StoreReference,
  certificate: Certificate,
): Promise<void> {
  const path = join(directoryOf(trust, store), `${certificate.fingerprint}.crt`)
  // Every file in a store counts, for notation too: the unfinished one lies elsewhere.
  await writeFileAtomic(path, encodeCertificates([certificate]), { mode: 0o644, temporaryIn: trust })
}

/** Takes certificates out of a store, by fingerprint; a store that nothing is left in goes too. */
export async function removeFromStore(
  trust: string,
  store: StoreReference,
  fingerprints: ReadonlySet<string>,
): Promise<void> {
  for (const { path, certificates } of await readFiles(trust, store)) {
    const left = certificates.filter(certificate => !fingerprints.has(certificate.fingerprint))
    if (left.length === 0) await unlink(path)
    else if (left.length < certificates.length) {
      await writeFileAtomic(path, encodeCertificates(left), { mode: 0o644, temporaryIn: trust })
    }
  }
  if ((await namesIn(directoryOf(trust, store))).length === 0) {
    await rmdir(directoryOf(trust, store)).catch(() => {})
  }
}

/** Why a certificate cannot be in a store of a type; `undefined` when it can. As Notation's trust store has it. */
export function unfitFor({ type }: StoreReference, certificate: Certificate): string | undefined {
  if (type === 'tsa') return certificate.selfSigned ? undefined : 'a tsa store holds self-signed roots only'
  if (certificate.selfSigned || certificate.basicConstraints?.ca === true) return undefined
  return 'it is neither a CA certificate nor self-signed'
}

function directoryOf(trust: string, { type, name }: StoreReference): string {
  return join(trust, 'truststore', 'x509', type, name)
}

async function readFiles(trust: string, store: StoreReference): Promise<readonly StoreFile[]> {
  const directory = directoryOf(trust, store)
  const files: StoreFile[] = []
  for (const name of await namesIn(directory)) {
    const path = join(directory, name)
    files.push({ path, certificates: parseCertificates(await readRegularFile(path, MAX_FILE_BYTES), path) })
  }
  return files
}

async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return (await readdir(directory)).toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
