import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '@sealwright/oci'
import { isSealwrightPolicy } from '../policy/check-sealwright-policy.ts'
import { SEALWRIGHT_POLICY_FILE } from '../policy/policy.ts'
import { readSealwrightPolicy, storesOf } from '../policy/read-sealwright-policy.ts'
import { checkTrustPolicy } from './check-policy.ts'
import { type PolicyKind, parseStoreReference } from './policy.ts'
import { readPolicyFile } from './policy-file.ts'
import type { PolicySource, SealwrightPolicySource, Trust, TrustStore } from './trust.ts'
import { listTrustStores, readTrustStore, trustStoreOf } from './trust-store.ts'

export interface TrustDirectoryOptions {
  /**
   * In place of the policies of the directory, which are not read then: Sealwright's, or one of Notation's, which is read
   * as either kind. Files that it names are in the directory all the same.
   */
  readonly policy?: { readonly file: string; readonly input: Uint8Array | string } | undefined
}

/**
 * Reads a trust directory, once: Sealwright's policy with the public keys that it names, Notation's trust policies, and the
 * trust store. Nothing is written.
 *
 * A directory without a policy, or with a faulty one, is read all the same: verification under that policy is then
 * `VALIDATION`, and says what to do. So is a store that cannot be used: it stops what is verified by it, and nothing else.
 * Where Sealwright's policy is faulty, Notation's do not stand in for it.
 *
 * @throws {@link SealwrightError} `VALIDATION` if a policy is not a regular file, or is larger than 4 MiB; `ACCESS_DENIED`
 *   if a policy may not be read; `UNAVAILABLE` if the thread that parses conditions does not start.
 *
 * @example
 * ```ts
 * import { createVerifier, trustDirectory } from '@sealwright/notary'
 *
 * const verifier = await createVerifier({ trust: await trustDirectory('/etc/notation') })
 * ```
 */
export async function trustDirectory(path: string, options: TrustDirectoryOptions = {}): Promise<Trust> {
  const { sealwright, oci, blob } = await readPolicies(path, options)
  const stores: Record<string, TrustStore> = Object.create(null)
  for (const reading of (await listTrustStores(path)).stores)
    stores[reading.reference] = trustStoreOf(reading)
  // A store that cannot be listed can be read by its name, or says why not.
  for (const reference of [...namedStores(oci, blob), ...storesOf(sealwright?.policy)]) {
    const parsed = parseStoreReference(reference)
    if (Object.hasOwn(stores, reference) || parsed.fault !== undefined) continue
    stores[reference] = trustStoreOf(await readTrustStore(path, parsed))
  }
  return { source: path, stores, oci, blob, sealwright }
}

async function readPolicies(
  directory: string,
  { policy }: TrustDirectoryOptions,
): Promise<Pick<Trust, 'oci' | 'blob' | 'sealwright'>> {
  if (policy === undefined) {
    const { path, bytes } = await readPolicyFile(directory, 'sealwright')
    const sealwright =
      bytes === undefined ? await misnamedPolicy(directory) : await sealwrightSource(directory, path, bytes)
    return {
      oci: await readPolicy(directory, 'oci'),
      blob: await readPolicy(directory, 'blob'),
      sealwright,
    }
  }
  const { file, input } = policy
  if (isSealwrightPolicy(input)) return { sealwright: await sealwrightSource(directory, file, input) }
  return { oci: policySource(file, input, 'oci'), blob: policySource(file, input, 'blob') }
}

/** Nearly the name of Sealwright's policy. */
const MISNAMED = /^trustpolicy.*(?:seal|wright).*\.json$/i

/**
 * A file whose name was meant to be that of Sealwright's policy. Notation's policy, which may be looser, does not stand in
 * for it.
 */
async function misnamedPolicy(directory: string): Promise<SealwrightPolicySource | undefined> {
  let names: readonly string[]
  try {
    names = await readdir(directory)
  } catch {
    // The directory does not exist; or it may not be listed, and files in it can still be read by their names.
    return undefined
  }
  const name = names.find(each => MISNAMED.test(each))
  if (name === undefined) return undefined
  const message = `the name of Sealwright's policy is ${SEALWRIGHT_POLICY_FILE}: rename this file, or move it away`
  return { file: join(directory, name), faults: [{ severity: 'error', message }], keys: {} }
}

function policySource(file: string, input: Uint8Array | string, kind: PolicyKind): PolicySource {
  return {
    file,
    digest: digestOf('sha256', Buffer.from(input as string)),
    ...checkTrustPolicy(input, kind, file),
  }
}

async function sealwrightSource(
  directory: string,
  file: string,
  input: Uint8Array | string,
): Promise<SealwrightPolicySource> {
  const digest = digestOf('sha256', Buffer.from(input as string))
  return { ...(await readSealwrightPolicy(directory, file, input)), digest }
}

async function readPolicy(directory: string, kind: PolicyKind): Promise<PolicySource | undefined> {
  const { path, bytes } = await readPolicyFile(directory, kind)
  return bytes === undefined ? undefined : policySource(path, bytes, kind)
}

function namedStores(...sources: readonly (PolicySource | undefined)[]): readonly string[] {
  return sources.flatMap(source =>
    (source?.policy?.trustPolicies ?? []).flatMap(statement => statement.trustStores),
  )
}
