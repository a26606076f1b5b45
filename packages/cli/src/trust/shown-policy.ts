import { checkTrustPolicy } from '@sealwright/notary'
import type { PolicyFaultDocument } from '../documents/policies.ts'
import type { PolicyFile, PolicyKind } from './policy-file.ts'

/** A policy file as `policy show` and `policy check` have it. */
export interface ShownPolicy {
  readonly kind: PolicyKind
  readonly file: string
  readonly faults: PolicyFaultDocument[]
  readonly statements: readonly { readonly name: string }[]
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

/** One fault as one line: file, line and column first, as editors read them. */
export function faultLine(file: string, fault: PolicyFaultDocument): string {
  const where = fault.line === null ? file : `${file}:${fault.line}:${fault.column ?? 1}`
  const statement = fault.statement === null ? '' : `statement "${fault.statement}": `
  return `${where}: ${fault.severity}: ${statement}${fault.message}`
}
