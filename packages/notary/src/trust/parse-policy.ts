import { SealwrightError } from '@sealwright/core'
import { checkTrustPolicy } from './check-policy.ts'
import { formatPolicyFault, type PolicyFault, type PolicyKind, type TrustPolicy } from './policy.ts'

/**
 * Reads a trust policy of version 1.0; see {@link checkTrustPolicy} for the rules.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming every error with its line and column.
 */
export function parseTrustPolicy(
  input: Uint8Array | string,
  kind: PolicyKind,
  label: string = 'trust policy',
): TrustPolicy {
  const { policy, faults } = checkTrustPolicy(input, kind, label)
  if (policy === undefined) throw policyError(label, faults)
  return policy
}

/** Writes a policy as notation reads it: two spaces, members in the order of the specification's examples. */
export function formatTrustPolicy(policy: TrustPolicy): string {
  const trustPolicies = policy.trustPolicies.map(statement => ({
    name: statement.name,
    registryScopes: statement.registryScopes,
    globalPolicy: statement.globalPolicy,
    signatureVerification: {
      level: statement.signatureVerification.level,
      override: statement.signatureVerification.override,
      verifyTimestamp: statement.signatureVerification.verifyTimestamp,
    },
    ...(statement.signatureVerification.level === 'skip'
      ? {}
      : { trustStores: statement.trustStores, trustedIdentities: statement.trustedIdentities }),
  }))
  return `${JSON.stringify({ version: policy.version, trustPolicies }, null, 2)}\n`
}

/** The error for a policy that cannot be used. */
export function policyError(file: string, faults: readonly PolicyFault[]): SealwrightError {
  const errors = faults.filter(fault => fault.severity === 'error').map(formatPolicyFault)
  return new SealwrightError('VALIDATION', `${file} is not a trust policy that can be used`, {
    why: errors.join('; '),
    fix: 'correct the file',
    remedy: { step: 'checkPolicy' },
  })
}
