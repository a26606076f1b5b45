import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { readRegularFile } from '@sealwright/core/files'
import { checkTrustPolicy } from './check-policy.ts'
import type { PolicyKind } from './policy.ts'
import type { PolicySource, Trust } from './trust.ts'
import { readTrustStores } from './trust-store.ts'

/** The files of each kind, the first that exists decides: as notation looks for them. */
const FILES: Readonly<Record<PolicyKind, readonly string[]>> = {
  oci: ['trustpolicy.oci.json', 'trustpolicy.json'],
  blob: ['trustpolicy.blob.json'],
}

const MAX_POLICY_BYTES = 4 * 1024 * 1024

/** A policy of a later version: to leave it unread would be to verify by other rules than the ones written down. */
const LATER = 'trustpolicy.sealwright.json'

/**
 * Reads Notation's configuration directory: its trust policies and its trust store, once. Nothing is written.
 *
 * A directory without a policy, or with a faulty one, is read all the same: verification under that policy is then
 * `VALIDATION`, and says what to do.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` if there is a `trustpolicy.sealwright.json`; `VALIDATION` if a policy is
 *   no regular file; `ACCESS_DENIED` if something may not be read.
 */
export async function trustDirectory(path: string): Promise<Trust> {
  try {
    await refuseLaterPolicy(path)
    const [oci, blob, stores] = [
      await readPolicy(path, 'oci'),
      await readPolicy(path, 'blob'),
      await readTrustStores(path),
    ]
    return {
      source: path,
      stores,
      ...(oci === undefined ? {} : { oci }),
      ...(blob === undefined ? {} : { blob }),
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EACCES' && code !== 'EPERM') throw error
    throw new SealwrightError('ACCESS_DENIED', `the trust directory ${path} may not be read`, {
      cause: error,
    })
  }
}

/** A policy of its own file, in place of the directory's; the stores stay those of the directory. */
export function policySource(file: string, input: Uint8Array | string, kind: PolicyKind): PolicySource {
  return { file, ...checkTrustPolicy(input, kind, file) }
}

async function refuseLaterPolicy(path: string): Promise<void> {
  const file = join(path, LATER)
  if ((await status(file)) === undefined) return
  throw new SealwrightError('UNSUPPORTED', `${file} is a policy that this version cannot read`, {
    why: 'where it has a statement, that statement decides; to verify without it would be to verify by other rules',
    fix: 'use a version of Sealwright that reads it, or take it out of the directory',
  })
}

async function readPolicy(path: string, kind: PolicyKind): Promise<PolicySource | undefined> {
  for (const name of FILES[kind]) {
    const file = join(path, name)
    const found = await status(file)
    if (found === undefined) continue
    if (!found.isFile()) {
      throw new SealwrightError('VALIDATION', `${file} is not a regular file`, {
        why: 'directories and symbolic links are refused, as by notation',
        fix: 'put the policy itself in its place',
      })
    }
    return policySource(file, await readRegularFile(file, MAX_POLICY_BYTES), kind)
  }
  return undefined
}

async function status(file: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
}
