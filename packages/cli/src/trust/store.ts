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
import { daysUntil, SOON_DAYS } from '../certificates/certificate.ts'
import { formatTime } from '../runtime/time.ts'
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

/** Who names trust stores in a policy. */
interface NamedStores {
  /** `null` for signers, which stand outside statements. */
  readonly statement: string | null
  readonly stores: readonly string[]
}

function storesIn(shown: ShownPolicy): readonly NamedStores[] {
  if (shown.kind !== 'sealwright')
    return shown.statements.map(({ name, trustStores }) => ({ statement: name, stores: trustStores }))
  const { signers = {}, statements = [] } = shown.source.policy ?? {}
  const named = Object.values(signers).flatMap(signer =>
    signer.kind === 'certificates' ? signer.stores : [],
  )
  return [
    { statement: null, stores: [...new Set(named)] },
    ...statements.map(({ name, timestamp }) => ({ statement: name, stores: timestamp.authorities })),
  ]
}

/** What ends with time: stores that are empty, unusable or have an expired certificate; the policy, and its keys. */
export async function policyStateFaults(
  now: Date,
  trust: string,
  shown: ShownPolicy,
): Promise<readonly PolicyFaultDocument[]> {
  return [...endingFaults(now, shown), ...(await storeFaults(now, trust, shown))]
}

/** The end of Sealwright's policy and of its keys, where it has come or is near. */
function endingFaults(now: Date, shown: ShownPolicy): readonly PolicyFaultDocument[] {
  if (shown.kind !== 'sealwright' || shown.source.policy === undefined) return []
  const { expires, signers } = shown.source.policy
  const faults: PolicyFaultDocument[] = []
  const add = (end: Date | undefined, what: string, then: string): void => {
    if (end === undefined || daysUntil(end, now) >= SOON_DAYS) return
    const at = formatTime(end)
    const message =
      end <= now ? `${what} ended at ${at}: ${then}` : `${what} ends in ${daysUntil(end, now)} days, at ${at}`
    faults.push({ severity: 'warning', message, statement: null, line: null, column: null })
  }
  add(expires, 'the policy', 'all that it decides is denied')
  for (const [name, signer] of Object.entries(signers))
    if (signer.kind === 'key')
      add(signer.notAfter, `trust in signer "${name}"`, 'only signatures with an earlier timestamp count')
  return faults
}

async function storeFaults(
  now: Date,
  trust: string,
  shown: ShownPolicy,
): Promise<readonly PolicyFaultDocument[]> {
  const faults: PolicyFaultDocument[] = []
  for (const { statement, stores } of storesIn(shown)) {
    const add = (severity: 'error' | 'warning', message: string): void => {
      faults.push({ severity, message, statement, line: null, column: null })
    }
    for (const text of stores) {
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
