import { predicateName } from '../attestation/predicate-type.ts'
import {
  type PolicySigner,
  type PolicyStatement,
  type Requirement,
  SEALWRIGHT_POLICY_SCHEMA,
  type SealwrightPolicy,
} from './policy.ts'
import { formatDuration } from './policy-values.ts'

/**
 * Writes Sealwright's policy as {@link parseSealwrightPolicy} reads it: JSON, two spaces, without what is a default.
 */
export function formatSealwrightPolicy(policy: SealwrightPolicy): string {
  const document = {
    $schema: SEALWRIGHT_POLICY_SCHEMA,
    version: policy.version,
    expires: formatDate(policy.expires),
    registries: policy.registries,
    otherwise: policy.otherwise,
    signers: Object.fromEntries(
      Object.entries(policy.signers).map(([name, signer]) => [name, signerDocument(signer)]),
    ),
    statements: policy.statements.map(statementDocument),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function signerDocument(signer: PolicySigner): object {
  switch (signer.kind) {
    case 'certificates':
      return { certificates: { stores: signer.stores, identities: signer.identities } }
    case 'key':
      return { keyFile: signer.file, key: signer.fingerprint, notAfter: formatDate(signer.notAfter) }
    case 'sigstore': {
      const { kind: _, ...members } = signer
      return { sigstore: members }
    }
  }
}

function statementDocument(statement: PolicyStatement): object {
  const { timestamp, revocation } = statement
  return {
    name: statement.name,
    scopes: statement.files ? undefined : statement.scopes,
    files: statement.files || undefined,
    default: statement.default || undefined,
    require: requirementDocument(statement.require),
    timestamp: present({
      require: timestamp.require === 'afterCertExpiry' ? undefined : timestamp.require,
      authorities: timestamp.authorities.length === 0 ? undefined : timestamp.authorities,
      atLeast: timestamp.atLeast === 1 ? undefined : timestamp.atLeast,
    }),
    revocation: present({
      mode: revocation.mode === 'enforce' ? undefined : revocation.mode,
      maxAge: durationOf(revocation.maxAgeMs),
      afterExpiry: revocation.afterExpiry === 'proven' ? undefined : revocation.afterExpiry,
    }),
  }
}

function requirementDocument(requirement: Requirement): object {
  switch (requirement.kind) {
    case 'all':
      return { all: requirement.of.map(requirementDocument) }
    case 'any':
      return { any: requirement.of.map(requirementDocument) }
    case 'atLeast':
      return { atLeast: requirement.count, of: requirement.of.map(requirementDocument) }
    case 'signer':
      return {
        signer: requirement.signer,
        maxAge: durationOf(requirement.maxAgeMs),
        metadata: requirement.metadata,
      }
    case 'attestation':
      return {
        attestation: predicateName(requirement.predicateType) ?? requirement.predicateType,
        by: requirement.by,
        where: requirement.where,
        verifier: requirement.verifiers,
        maxAge: durationOf(requirement.maxAgeMs),
      }
  }
}

/** An object, unless it has no member. */
function present(members: Readonly<Record<string, unknown>>): object | undefined {
  return Object.values(members).some(value => value !== undefined) ? members : undefined
}

function durationOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : formatDuration(ms)
}

/** RFC 3339, without a fraction that is zero. */
function formatDate(date: Date | undefined): string | undefined {
  return date?.toISOString().replace('.000Z', 'Z')
}
