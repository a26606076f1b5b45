import type { Certificate } from '@sealwright/x509'
import type { Trust } from '../src/index.ts'
import type {
  PolicySigner,
  PolicyStatement,
  Requirement,
  SealwrightPolicy,
  SignerLeaf,
} from '../src/policy/policy.ts'
import type { Party } from './party.ts'

export interface RequirementTrustOptions {
  readonly require: Requirement
  readonly signers: Readonly<Record<string, PolicySigner>>
  readonly statement?: Partial<PolicyStatement>
  readonly policy?: Partial<SealwrightPolicy>
  /** Certificates by store. */
  readonly stores?: Readonly<Record<string, readonly Certificate[]>>
  /** Whose keys the key files of signers hold. */
  readonly keys?: Readonly<Record<string, Party>>
}

/** Trust by a policy of Sealwright of one statement, for every artifact unless told otherwise. */
export function requirementTrust({
  require,
  signers,
  statement,
  policy,
  stores = {},
  keys = {},
}: RequirementTrustOptions): Trust {
  const own: PolicyStatement = {
    name: 'production',
    scopes: ['*'],
    files: false,
    default: false,
    require,
    timestamp: { require: 'afterCertExpiry', authorities: [], atLeast: 1 },
    revocation: { mode: 'enforce', afterExpiry: 'proven' },
    ...statement,
  }
  return {
    source: 'test',
    sealwright: {
      file: 'trustpolicy.sealwright.json',
      faults: [],
      policy: { version: 'sealwright/1', otherwise: 'deny', signers, statements: [own], ...policy },
      keys: Object.fromEntries(
        Object.entries(keys).map(([name, { signer }]) => [name, signer.key.publicKey]),
      ),
    },
    stores: Object.fromEntries(
      Object.entries(stores).map(([name, certificates]) => [
        name,
        { certificates: certificates.map(({ der }) => der) },
      ]),
    ),
  }
}

/** Whoever has a certificate of these stores, with this subject. */
export function certified(stores: readonly string[], identity = '*'): PolicySigner {
  return { kind: 'certificates', stores, identities: [identity === '*' ? '*' : `x509.subject: ${identity}`] }
}

export function signer(name: string, more: Partial<SignerLeaf> = {}): SignerLeaf {
  return { kind: 'signer', signer: name, ...more }
}
