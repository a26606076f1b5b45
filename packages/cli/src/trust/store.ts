import { rm, rmdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '@sealwright/core/files'
import {
  listTrustStores,
  parseStoreReference,
  readTrustStore,
  type StoreEntry,
  type StoreReading,
  type StoreType,
  storeFault,
} from '@sealwright/notary'
import { type Certificate, encodeCertificates } from '@sealwright/x509'
import { usageError } from '../runtime/usage.ts'
import type { PolicyFaultDocument } from './document.ts'
import type { ShownPolicy } from './shown-policy.ts'

/** A trust store as policies spell it. */
export interface StoreReference {
  readonly type: StoreType
  readonly name: string
  /** `ca:acme` */
  readonly text: string
}

/** Reads `ca:NAME`, `signingAuthority:NAME` or `tsa:NAME`. */
export function parseStore(text: string): StoreReference {
  const parsed = parseStoreReference(text)
  if (parsed.fault === undefined) return { ...parsed, text }
  throw usageError(`"${text}" is not a trust store`, {
    why: 'a trust store is ca:NAME, signingAuthority:NAME or tsa:NAME; a name has letters, digits, dots, dashes and underscores',
    fix: `write ca:${/^[a-zA-Z0-9_-]+$/.test(text) ? text : 'acme'}`,
  })
}

/** Whether a text is spelled as a trust store. */
export function isStore(text: string): boolean {
  return parseStoreReference(text).fault === undefined
}

/** The certificates of a store that count: those of files without a fault. */
export function certificatesOf({ entries }: StoreReading): readonly Certificate[] {
  return entries.flatMap(({ certificates, fault }) => (fault === undefined ? certificates : []))
}

/** What is wrong with a store, one text for each fault; none for a store that is empty or missing. */
export function faultsOf({ fault, entries }: StoreReading): readonly string[] {
  return [
    ...(fault === undefined ? [] : [fault.message]),
    ...entries.flatMap(entry => (entry.fault === undefined ? [] : [`${entry.name}: ${entry.fault.message}`])),
  ]
}

/** Returns the roots of the `tsa:` stores that can be used; for each of the others, what is wrong with it. */
export async function timestampRoots(
  trust: string,
): Promise<{ readonly roots: readonly Certificate[]; readonly faults: readonly string[] }> {
  const { stores } = await listTrustStores(trust)
  const authorities = stores.filter(({ type }) => type === 'tsa')
  const faults = authorities.map(faultsOf)
  return {
    roots: authorities.filter((_, index) => faults[index]!.length === 0).flatMap(certificatesOf),
    faults: authorities.flatMap(({ reference }, index) =>
      faults[index]!.length === 0
        ? []
        : [`trust store ${reference} cannot be used: ${faults[index]!.join('; ')}`],
    ),
  }
}

/** Puts one certificate in a store, whole or not at all. */
export async function addToStore(
  trust: string,
  { type, name }: Pick<StoreReference, 'type' | 'name'>,
  certificate: Certificate,
): Promise<void> {
  const path = join(trust, 'truststore', 'x509', type, name, `${certificate.fingerprint}.crt`)
  // Every file in a store counts, for notation too: the unfinished one lies elsewhere.
  await writeFileAtomic(path, encodeCertificates([certificate]), {
    mode: 0o644,
    temporaryIn: trust,
    replaceLink: true,
  })
}

/** What `cert remove` takes out of a store. */
export interface Removal {
  readonly fingerprints: ReadonlySet<string>
  /** Whole entries, whatever they are. */
  readonly entries: readonly StoreEntry[]
}

/** Takes certificates and entries out of a store; a store that nothing is left in goes too. */
export async function removeFromStore(
  trust: string,
  store: StoreReading,
  { fingerprints, entries }: Removal,
): Promise<void> {
  for (const entry of store.entries) {
    const { path, certificates } = entry
    const left = certificates.filter(certificate => !fingerprints.has(certificate.fingerprint))
    if (entries.includes(entry)) await rm(path, { recursive: true })
    else if (left.length === certificates.length) continue
    else if (left.length === 0) await unlink(path)
    else
      await writeFileAtomic(path, encodeCertificates(left), {
        mode: 0o644,
        temporaryIn: trust,
        replaceLink: true,
      })
  }
  // Where something is left the system refuses, and that is as it should be.
  await rmdir(store.path).catch(() => {})
}

/** What is wrong with the stores that statements name: empty, unusable, or with an expired certificate. */
export async function storeFaults(
  now: Date,
  trust: string,
  { statements }: ShownPolicy,
): Promise<readonly PolicyFaultDocument[]> {
  const faults: PolicyFaultDocument[] = []
  for (const { name, trustStores } of statements) {
    const add = (severity: 'error' | 'warning', message: string): void => {
      faults.push({ severity, message, statement: name, line: null, column: null })
    }
    for (const text of trustStores) {
      const store = await readTrustStore(trust, parseStore(text))
      const found = faultsOf(store)
      for (const fault of found) add('error', `trust store ${text} cannot be used: ${fault}`)
      if (found.length === 0 && storeFault(store) !== undefined)
        add('error', `trust store ${text} is empty or missing`)
      for (const certificate of certificatesOf(store)) {
        if (certificate.notAfter < now)
          add('warning', `a certificate in ${text} has expired: sha256:${certificate.fingerprint}`)
      }
    }
  }
  return faults
}
