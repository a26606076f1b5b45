import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  checkTrustPolicy,
  type PolicyFile,
  type PolicyKind,
  readPolicyFile,
  type Statement,
} from '@sealwright/notary'
import type { PolicyFaultDocument } from './document.ts'

/** A policy file as `policy show` and `policy check` have it. */
export interface ShownPolicy {
  readonly kind: PolicyKind
  readonly file: string
  readonly faults: readonly PolicyFaultDocument[]
  readonly statements: readonly Statement[]
}

/** Reads a policy with all that is wrong with it. */
export function showPolicy({ path, bytes }: Required<PolicyFile>, kind: PolicyKind): ShownPolicy {
  const { policy, faults } = checkTrustPolicy(bytes, kind, path)
  return {
    kind,
    file: path,
    faults: faults.map(fault => ({
      severity: fault.severity,
      message: fault.message,
      statement: fault.statement ?? null,
      line: fault.line ?? null,
      column: fault.column ?? null,
    })),
    statements: policy?.trustPolicies ?? [],
  }
}

/** The policies of a trust directory, by the reader of `verify`: none it refuses is shown as one that can be used. */
export async function readPolicies(
  trust: string,
): Promise<{ readonly policies: readonly ShownPolicy[]; readonly errors: readonly SealwrightError[] }> {
  const policies: ShownPolicy[] = []
  const errors: SealwrightError[] = []
  for (const kind of ['oci', 'blob'] as const) {
    try {
      const { path, bytes } = await readPolicyFile(trust, kind)
      if (bytes !== undefined) policies.push(showPolicy({ path, bytes }, kind))
    } catch (error) {
      if (!isSealwrightError(error)) throw error
      if (!errors.some(({ message }) => message === error.message)) errors.push(error)
    }
  }
  return { policies, errors }
}

/** The error for a trust directory without a policy of a kind, or of any. */
export function noPolicy(trust: string, kind?: PolicyKind): SealwrightError {
  const names = {
    oci: 'neither trustpolicy.oci.json nor trustpolicy.json exists there',
    blob: 'there is no trustpolicy.blob.json',
  }
  const init = 'sealwright policy init --name NAME'
  const signers = '--trust-store ca:NAME --trusted-identity DN'
  return new SealwrightError(
    'VALIDATION',
    `there is no policy${kind === undefined ? '' : kind === 'oci' ? ' for artifacts' : ' for files'} in ${trust}`,
    {
      why:
        kind === undefined
          ? 'neither trustpolicy.oci.json, trustpolicy.json nor trustpolicy.blob.json exists there'
          : names[kind],
      fix:
        kind === 'blob'
          ? `${init} --statement-for-files --global ${signers}`
          : `${init} --scope registry.example/app ${signers}`,
    },
  )
}

/** Which kind of policy a text is. A policy for files does not say so: none of its statements has scopes. */
export function kindIn(bytes: Uint8Array): PolicyKind {
  try {
    const { trustPolicies } = JSON.parse(new TextDecoder().decode(bytes))
    if (!Array.isArray(trustPolicies) || trustPolicies.length === 0) return 'oci'
    return trustPolicies.some(one => Object.hasOwn(Object(one), 'registryScopes')) ? 'oci' : 'blob'
  } catch {
    // What is wrong with its syntax is the same for either kind.
    return 'oci'
  }
}

/** One fault as one line: file, line and column first, as editors read them. */
export function faultLine(file: string, fault: PolicyFaultDocument): string {
  const where = fault.line === null ? file : `${file}:${fault.line}:${fault.column ?? 1}`
  const statement = fault.statement === null ? '' : `statement "${fault.statement}": `
  return `${where}: ${fault.severity}: ${statement}${fault.message}`
}
