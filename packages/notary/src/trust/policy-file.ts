import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { isAbsent, readRegularFile, systemFailure } from '@sealwright/core/files'
import { SEALWRIGHT_POLICY_FILE } from '../policy/policy.ts'
import type { PolicyKind } from './policy.ts'

/** The files of each kind; the first that exists decides, as notation looks for them. A new policy goes to the last. */
const FILES: Readonly<Record<PolicyKind | 'sealwright', readonly [...others: string[], made: string]>> = {
  oci: ['trustpolicy.oci.json', 'trustpolicy.json'],
  blob: ['trustpolicy.blob.json'],
  sealwright: [SEALWRIGHT_POLICY_FILE],
}

/** Most bytes of a policy file: a million scopes are not read at every verification. */
const MAX_BYTES = 4 * 1024 * 1024

/** The policy file of a trust directory that decides for a kind. */
export interface PolicyFile {
  readonly path: string
  /** Absent where there is none; `path` is then where one would be made. */
  readonly bytes?: Uint8Array
}

/**
 * Reads the policy file that decides for a kind; `sealwright`: Sealwright's own, for artifacts and files. Links are not
 * followed, as by notation.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is not a regular file, or is larger than 4 MiB; `ACCESS_DENIED` if
 *   it may not be read.
 */
export async function readPolicyFile(
  directory: string,
  kind: PolicyKind | 'sealwright',
): Promise<PolicyFile> {
  for (const name of FILES[kind]) {
    const path = join(directory, name)
    const found = await status(path)
    if (found === undefined) continue
    if (!found.isFile()) {
      throw new SealwrightError('VALIDATION', `${path} is not a regular file`, {
        why: 'directories and symbolic links are refused, as by notation',
        fix: 'put the policy itself in its place',
      })
    }
    return { path, bytes: await readRegularFile(path, MAX_BYTES) }
  }
  return { path: join(directory, FILES[kind].at(-1)!) }
}

async function status(path: string): Promise<Awaited<ReturnType<typeof lstat>> | undefined> {
  try {
    return await lstat(path)
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw systemFailure(error, 'read', path)
  }
}
