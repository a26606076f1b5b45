import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { readRegularFile } from '@sealwright/core/files'
import { type Certificate, parseCertificates } from '@sealwright/x509'
import { STORE_TYPES, type StoreType } from './policy.ts'
import { storeNameFault } from './store-reference.ts'
import type { TrustStore } from './trust.ts'

/** Most bytes of one file in a trust store: a bundle of every public root is a quarter of it. */
const MAX_FILE_BYTES = 1024 * 1024

/**
 * Reads every store under `<directory>/truststore/x509`. A store that cannot be used says why: it fails what is verified
 * by it, and no other store.
 */
export async function readTrustStores(directory: string): Promise<Record<string, TrustStore>> {
  const stores: Record<string, TrustStore> = Object.create(null)
  for (const type of STORE_TYPES) {
    const folder = join(directory, 'truststore', 'x509', type)
    for (const name of await entries(folder)) {
      if (storeNameFault(name) === undefined)
        stores[`${type}:${name}`] = await readStore(join(folder, name), type)
    }
  }
  return stores
}

/** What is wrong with a certificate as a member of a store of this type; `undefined` if nothing is. */
export function storeCertificateFault(certificate: Certificate, type: StoreType): string | undefined {
  if (type === 'tsa')
    return certificate.selfSigned ? undefined : 'not a root: a tsa store holds self-signed roots alone'
  if (certificate.basicConstraints?.ca === true || certificate.selfSigned) return undefined
  return 'neither a certificate authority nor self-signed'
}

async function readStore(folder: string, type: StoreType): Promise<TrustStore> {
  return orFault(async () => {
    const status = await lstat(folder)
    if (!status.isDirectory()) return { fault: 'not a directory (symbolic links are not followed)' }
    const certificates: Uint8Array[] = []
    for (const name of (await readdir(folder)).toSorted()) {
      const read = await orFault(() => readStoreFile(join(folder, name), type))
      if (read.fault !== undefined) return { fault: `${name}: ${read.fault}` }
      certificates.push(...read.certificates)
    }
    return certificates.length === 0 ? { fault: 'the store is empty' } : { certificates }
  })
}

async function readStoreFile(path: string, type: StoreType): Promise<TrustStore> {
  const status = await lstat(path)
  if (!status.isFile()) return { fault: 'not a regular file (directories and symbolic links are refused)' }
  if (status.size > MAX_FILE_BYTES) return { fault: `larger than ${MAX_FILE_BYTES} bytes` }
  const certificates = parseCertificates(await readRegularFile(path, MAX_FILE_BYTES), path)
  for (const certificate of certificates) {
    const fault = storeCertificateFault(certificate, type)
    if (fault !== undefined) return { fault }
  }
  return { certificates: certificates.map(({ der }) => der) }
}

async function orFault(read: () => Promise<TrustStore>): Promise<TrustStore> {
  try {
    return await read()
  } catch (error) {
    if (isSealwrightError(error)) return { fault: error.message }
    return { fault: `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` }
  }
}

async function entries(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).toSorted()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
