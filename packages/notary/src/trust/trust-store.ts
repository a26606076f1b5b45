import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { decodePem } from '@sealwright/core/encoding'
import { isAbsent, readRegularFile, systemFailure } from '@sealwright/core/files'
import { type Certificate, parseCertificate, parseCertificates } from '@sealwright/x509'
import { STORE_TYPES, type StoreType, storeNameFault } from './policy.ts'
import type { TrustStore } from './trust.ts'

/** Most bytes of one file in a trust store: a bundle of every public root is a quarter of it. */
const MAX_FILE_BYTES = 1024 * 1024

/** Why something in a trust directory cannot be used, and what mends it. */
export interface TrustFault {
  readonly code: 'VALIDATION' | 'ACCESS_DENIED' | 'UNAVAILABLE'
  readonly message: string
  readonly fix: string
}

/** One entry in the folder of a trust store. */
export interface StoreEntry {
  readonly name: string
  readonly path: string
  /** What could be read, also where one of the certificates is a fault. */
  readonly certificates: readonly Certificate[]
  readonly fault?: TrustFault | undefined
}

/** A trust store as it is on disk. */
export interface StoreReading {
  readonly type: StoreType
  readonly name: string
  /** `<type>:<name>`, as policies write it. */
  readonly reference: string
  readonly path: string
  /** In the order of their names; none in a store that is empty, missing or not readable. */
  readonly entries: readonly StoreEntry[]
  readonly missing?: true | undefined
  /** Why its entries cannot be read: it is a link, or may not be read. The faults of its entries are theirs. */
  readonly fault?: TrustFault | undefined
}

/** The trust stores of a directory. */
export interface StoreListing {
  readonly stores: readonly StoreReading[]
  /** Folders whose stores cannot be listed. */
  readonly faults: readonly TrustFault[]
}

/** Reads every trust store under `<directory>/truststore/x509`. No fault of one store hides another. */
export async function listTrustStores(directory: string): Promise<StoreListing> {
  const stores: StoreReading[] = []
  const faults: TrustFault[] = []
  if (await isMissing(directory)) return { stores, faults }
  for (const type of STORE_TYPES) {
    const folder = join(directory, 'truststore', 'x509', type)
    const { names = [], fault } = await namesIn(folder)
    if (fault !== undefined) faults.push({ ...fault, message: `${folder}: ${fault.message}` })
    for (const name of names) {
      if (storeNameFault(name) === undefined) stores.push(await readTrustStore(directory, { type, name }))
    }
  }
  return { stores, faults }
}

/** Reads one trust store. Never throws for what is wrong with it. */
export async function readTrustStore(
  directory: string,
  { type, name }: Pick<StoreReading, 'type' | 'name'>,
): Promise<StoreReading> {
  const path = join(directory, 'truststore', 'x509', type, name)
  const store = { type, name, reference: `${type}:${name}`, path }
  try {
    const status = await lstat(path)
    if (!status.isDirectory()) {
      const message = 'not a directory (symbolic links are not followed)'
      return { ...store, entries: [], fault: unusable(message, `put a directory in place of ${path}`) }
    }
    const entries: StoreEntry[] = []
    for (const entry of (await readdir(path)).toSorted()) entries.push(await readEntry(path, entry, type))
    return { ...store, entries }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { ...store, entries: [], missing: true }
    return { ...store, entries: [], fault: unreadable(error, path) }
  }
}

/** The fault that makes a store unusable: its own, or the first of its entries. One of them fails all, as in notation. */
export function storeFault({ fault, entries, missing }: StoreReading): TrustFault | undefined {
  if (fault !== undefined) return fault
  if (entries.length === 0)
    return unusable(missing ? 'it does not exist' : 'the store is empty', NOTHING_THERE)
  const bad = entries.find(entry => entry.fault !== undefined)
  return bad === undefined ? undefined : { ...bad.fault!, message: `${bad.name}: ${bad.fault!.message}` }
}

/** A store as verification takes it. */
export function trustStoreOf(reading: StoreReading): TrustStore {
  const fault = storeFault(reading)
  if (fault !== undefined) return { fault: fault.message, code: fault.code, fix: fault.fix }
  return {
    certificates: reading.entries.flatMap(({ certificates }) => certificates.map(({ der }) => der)),
  }
}

/** What is wrong with a certificate as a member of a store of this type; `undefined` if nothing is. */
export function storeCertificateFault(certificate: Certificate, type: StoreType): string | undefined {
  if (type === 'tsa')
    return certificate.selfSigned ? undefined : 'not a root: a tsa store holds self-signed roots alone'
  if (certificate.basicConstraints?.ca === true || certificate.selfSigned) return undefined
  return 'neither a certificate authority nor self-signed'
}

async function readEntry(folder: string, name: string, type: StoreType): Promise<StoreEntry> {
  const path = join(folder, name)
  const entry = { name, path, certificates: [] }
  const remove = `take ${path} out of the store`
  try {
    const status = await lstat(path)
    if (!status.isFile()) {
      const message = 'not a regular file (directories and symbolic links are refused)'
      return { ...entry, fault: unusable(message, `${remove}, or put the certificate itself in its place`) }
    }
    if (status.size > MAX_FILE_BYTES)
      return { ...entry, fault: unusable(`larger than ${MAX_FILE_BYTES} bytes`, remove) }
    const certificates = certificatesIn(await readRegularFile(path, MAX_FILE_BYTES), path)
    const fault = certificates.map(one => storeCertificateFault(one, type)).find(one => one !== undefined)
    return { ...entry, certificates, ...(fault === undefined ? {} : { fault: unusable(fault, remove) }) }
  } catch (error) {
    const failure = systemFailure(error, 'read', path)
    if (!isSealwrightError(failure)) throw error
    if (failure.code !== 'VALIDATION') return { ...entry, fault: unreadable(failure, path) }
    const { message } = failure
    const told = message.startsWith(`${path}: `) ? message.slice(path.length + 2) : message
    return { ...entry, fault: unusable(told, remove) }
  }
}

const NOTHING_THERE = 'add the root that was meant, or correct the name of the store'

/**
 * The certificates in a file of a store, as the reference reads one: each PEM block is a certificate, `TRUSTED CERTIFICATE`
 * too, and what stands around them is skipped; without a block the file is DER.
 */
function certificatesIn(bytes: Uint8Array, path: string): readonly Certificate[] {
  const isPem = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('-----BEGIN ')
  const blocks = isPem ? decodePem(bytes, path) : []
  // What is not a certificate is named by the reader that knows the other kinds.
  if (blocks.length === 0 || !blocks.every(({ label }) => label.endsWith('CERTIFICATE')))
    return parseCertificates(bytes, path)
  return blocks.map((block, index) =>
    parseCertificate(block.bytes, blocks.length === 1 ? path : `${path}, certificate ${index + 1}`),
  )
}

/** Whether there is no such directory, nor can be: with `HOME=/dev/null` its path leads through a file. */
async function isMissing(directory: string): Promise<boolean> {
  return lstat(directory).then(() => false, isAbsent)
}

async function namesIn(folder: string): Promise<{ names?: readonly string[]; fault?: TrustFault }> {
  try {
    return { names: (await readdir(folder)).toSorted() }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? {} : { fault: unreadable(error, folder) }
  }
}

function unusable(message: string, fix: string): TrustFault {
  return { code: 'VALIDATION', message, fix }
}

function unreadable(error: unknown, path: string): TrustFault {
  const failure = systemFailure(error, 'read', path)
  if (!isSealwrightError(failure)) throw error
  const { code, why, message, fix = `look at ${path}` } = failure
  const kept = code === 'ACCESS_DENIED' || code === 'UNAVAILABLE' ? code : 'VALIDATION'
  return {
    code: kept,
    message: `cannot be read: ${why ?? message}`,
    fix: code === 'ACCESS_DENIED' ? `let this user read ${path}` : fix,
  }
}
