import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  checkTrustPolicy,
  formatSealwrightPolicy,
  isSealwrightPolicy,
  type PolicyFault,
  type PolicyFile,
  type PolicyKind,
  readPolicyFile,
  readSealwrightPolicy,
  type SealwrightPolicySource,
  type Statement,
} from '@sealwright/notary'
import type { PolicyFaultDocument } from './document.ts'

/** A policy file as `policy show` and `policy check` have it. */
export type ShownPolicy = NotationPolicy | OwnPolicy

interface NotationPolicy {
  readonly kind: PolicyKind
  readonly file: string
  readonly faults: readonly PolicyFaultDocument[]
  readonly statements: readonly Statement[]
}

/** Sealwright's own policy. */
export interface OwnPolicy extends Omit<NotationPolicy, 'kind' | 'statements'> {
  readonly kind: 'sealwright'
  readonly source: SealwrightPolicySource
}

/** A policy as the documents of `policy show` and `policy check` have it. */
export function policyDocument(shown: ShownPolicy): object {
  if (shown.kind !== 'sealwright') return shown
  const { kind, file, faults, source } = shown
  if (source.policy === undefined) return { kind, file, faults, statements: [] }
  const { statements, ...policy } = JSON.parse(formatSealwrightPolicy(source.policy))
  return { kind, file, faults, statements, policy: { ...policy, statements } }
}

/** Reads Sealwright's policy with all that is wrong with it, and with the keys in the trust directory. */
export async function showOwnPolicy(
  trust: string,
  { path, bytes }: Required<PolicyFile>,
): Promise<OwnPolicy> {
  const source = await readSealwrightPolicy(trust, path, bytes)
  return { kind: 'sealwright', file: path, faults: source.faults.map(faultDocument), source }
}

function faultDocument({ severity, message, statement, line, column }: PolicyFault): PolicyFaultDocument {
  return { severity, message, statement: statement ?? null, line: line ?? null, column: column ?? null }
}

/** Reads a policy with all that is wrong with it. */
export function showPolicy({ path, bytes }: Required<PolicyFile>, kind: PolicyKind): NotationPolicy {
  const { policy, faults } = checkTrustPolicy(bytes, kind, path)
  return {
    kind,
    file: path,
    faults: faults.map(faultDocument),
    statements: policy?.trustPolicies ?? [],
  }
}

/**
 * The policies of a trust directory, by the reader of `verify`: none it refuses is shown as one that can be used.
 * Sealwright's is the first, as it decides first.
 */
export async function readPolicies(
  trust: string,
): Promise<{ readonly policies: readonly ShownPolicy[]; readonly errors: readonly SealwrightError[] }> {
  const policies: ShownPolicy[] = []
  const errors: SealwrightError[] = []
  for (const kind of ['sealwright', 'oci', 'blob'] as const) {
    try {
      const { path, bytes } = await readPolicyFile(trust, kind)
      if (bytes === undefined) continue
      const file = { path, bytes }
      policies.push(kind === 'sealwright' ? await showOwnPolicy(trust, file) : showPolicy(file, kind))
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

/** Which kind of policy a text is. One of Notation's for files does not say so: none of its statements has scopes. */
export function kindIn(bytes: Uint8Array): ShownPolicy['kind'] {
  if (isSealwrightPolicy(bytes)) return 'sealwright'
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

/** The names of the statements of a policy. */
export function statementNames(shown: ShownPolicy): readonly string[] {
  const statements = shown.kind === 'sealwright' ? (shown.source.policy?.statements ?? []) : shown.statements
  return statements.map(({ name }) => name)
}
