import { formatDistinguishedName } from '@sealwright/x509'
import type { SoundEnvelope } from '../sound-envelope.ts'
import { coversSubject, parseSubject, splitIdentity, X509_SUBJECT } from '../trust/identity.ts'
import type { Statement, StoreType } from '../trust/policy.ts'
import { WILDCARD } from '../trust/scope.ts'
import { type Finding, failed, passed } from './finding.ts'
import type { StoreIndex } from './store-index.ts'

/** Where a chain is trusted: the first store that holds one of its certificates. */
export interface Authenticity {
  readonly finding: Finding
  readonly trustStore?: string
}

/** What somebody signed, with the chain that vouches for the key. */
export type Vouched = Pick<SoundEnvelope, 'chain' | 'attributes' | 'timestamps'>

/** Whether a store that the statement names holds a certificate of the chain, and the leaf's subject is an identity of it. */
export function checkAuthenticity(envelope: Vouched, statement: Statement, stores: StoreIndex): Authenticity {
  const store = findStore(envelope, statement, stores)
  // Identities are judged even where the store's failure is only logged: the report then says both.
  const identity = identityFault(envelope, statement)
  const faults = [store.fault, identity].filter(fault => fault !== undefined)
  return {
    finding:
      faults.length > 0 ? failed('UNTRUSTED', faults.join('; ')) : passed(`${store.name} holds its chain`),
    ...(store.name === undefined ? {} : { trustStore: store.name }),
  }
}

/** The public key itself is trusted, in place of stores and identities. */
export function checkKey(envelope: SoundEnvelope, key: Uint8Array): Authenticity {
  const same = Buffer.compare(envelope.chain[0]!.publicKey, key) === 0
  return {
    finding: same ? passed('signed by the trusted key') : failed('UNTRUSTED', 'signed by another key'),
  }
}

function findStore(
  { chain, attributes }: Vouched,
  statement: Statement,
  stores: StoreIndex,
): { name?: string; fault?: string } {
  const type: StoreType =
    attributes.signingScheme === 'notary.x509.signingAuthority' ? 'signingAuthority' : 'ca'
  const references = statement.trustStores.filter(reference => reference.startsWith(`${type}:`))
  if (references.length === 0) return { fault: `the statement names no trust store of type ${type}` }
  let held = 0
  let found: string | undefined
  for (const reference of new Set(references)) {
    const { fingerprints, fault } = stores.get(reference)
    // One unusable store fails them all, as in notation: its certificates may be the ones that were meant.
    if (fingerprints === undefined) return { fault: `trust store ${reference}: ${fault}` }
    held += fingerprints.size
    if (found === undefined && chain.some(certificate => fingerprints.has(certificate.fingerprint)))
      found = reference
  }
  if (found !== undefined) return { name: found }
  const root = chain.at(-1)!.fingerprint
  return {
    fault: `root sha256:${root} is not in ${references.join(', ')} (${held} certificate${held === 1 ? '' : 's'})`,
  }
}

function identityFault({ chain }: Vouched, { trustedIdentities }: Statement): string | undefined {
  if (trustedIdentities.includes(WILDCARD)) return undefined
  const identities = trustedIdentities.flatMap(identity => {
    const parts = splitIdentity(identity)
    return parts?.prefix === X509_SUBJECT ? [parseSubject(parts.value)] : []
  })
  if (identities.length === 0)
    return 'the statement has no trusted identity that can be judged without a plug-in'
  const subject = parseSubject(formatDistinguishedName(chain[0]!.subject))
  if (subject.attributes === undefined)
    return `the subject cannot be compared with trusted identities: ${subject.fault}`
  const { attributes } = subject
  if (
    identities.some(
      identity => identity.attributes !== undefined && coversSubject(identity.attributes, attributes),
    )
  ) {
    return undefined
  }
  return `the subject is not among the trusted identities (${identities.length})`
}
