import { checkTrustPolicy } from './check-policy.ts'
import { type PolicyKind, parseStoreReference } from './policy.ts'
import { readPolicyFile } from './policy-file.ts'
import type { PolicySource, Trust, TrustStore } from './trust.ts'
import { listTrustStores, readTrustStore, trustStoreOf } from './trust-store.ts'

export interface TrustDirectoryOptions {
  /** In place of the policies of the directory, which are not read then. It is read as either kind. */
  readonly policy?: { readonly file: string; readonly input: Uint8Array | string } | undefined
}

/**
 * Reads Notation's configuration directory: its trust policies and its trust store, once. Nothing is written.
 *
 * A directory without a policy, or with a faulty one, is read all the same: verification under that policy is then
 * `VALIDATION`, and says what to do. So is a store that cannot be used: it stops what is verified by it, and nothing else.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` if there is a `trustpolicy.sealwright.json`; `VALIDATION` if a policy is
 *   not a regular file; `ACCESS_DENIED` if a policy may not be read.
 *
 * @example
 * ```ts
 * import { createVerifier, trustDirectory } from '@sealwright/notary'
 *
 * const verifier = await createVerifier({ trust: await trustDirectory('/etc/notation') })
 * ```
 */
export async function trustDirectory(path: string, options: TrustDirectoryOptions = {}): Promise<Trust> {
  const { policy } = options
  const read = (kind: PolicyKind): Promise<PolicySource | undefined> | PolicySource =>
    policy === undefined ? readPolicy(path, kind) : policySource(policy.file, policy.input, kind)
  const [oci, blob] = [await read('oci'), await read('blob')]
  const stores: Record<string, TrustStore> = Object.create(null)
  for (const reading of (await listTrustStores(path)).stores)
    stores[reading.reference] = trustStoreOf(reading)
  // A store that cannot be listed can be read by its name, or says why not.
  for (const reference of namedStores(oci, blob)) {
    const parsed = parseStoreReference(reference)
    if (Object.hasOwn(stores, reference) || parsed.fault !== undefined) continue
    stores[reference] = trustStoreOf(await readTrustStore(path, parsed))
  }
  return {
    source: path,
    stores,
    oci,
    blob,
  }
}

function policySource(file: string, input: Uint8Array | string, kind: PolicyKind): PolicySource {
  return { file, ...checkTrustPolicy(input, kind, file) }
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
