import type { Certificate } from '@sealwright/x509'
import type { PolicyKind, Statement, Trust } from '../src/index.ts'

export interface TrustOptions {
  /** Members of the one statement that differ from strict trust of everybody in `ca:acme`. */
  readonly statement?: Partial<Statement>
  readonly kind?: PolicyKind
  /** Certificates by store. */
  readonly stores?: Readonly<Record<string, readonly Certificate[]>>
}

/** Trust of one statement, for every target unless told otherwise. */
export function trustOf({ statement, kind = 'oci', stores = {} }: TrustOptions): Trust {
  const own = kind === 'oci' ? { registryScopes: ['*'] } : { globalPolicy: true }
  const trustPolicies: Statement[] = [
    {
      name: 'prod',
      ...own,
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:acme'],
      trustedIdentities: ['*'],
      ...statement,
    },
  ]
  return {
    source: 'test',
    [kind]: { file: 'trustpolicy.json', faults: [], policy: { version: '1.0', trustPolicies } },
    stores: Object.fromEntries(
      Object.entries(stores).map(([name, certificates]) => [
        name,
        { certificates: certificates.map(({ der }) => der) },
      ]),
    ),
  }
}
