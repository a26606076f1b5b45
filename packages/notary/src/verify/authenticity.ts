import { fingerprint, type SealwrightError } from '@sealwright/core'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { CarriedStatements } from '../revocation/check-chain.ts'
import type { SoundEnvelope, TimestampClaim } from '../sound-envelope.ts'
import {
  coversSubject,
  type ParsedSubject,
  parseSubject,
  splitIdentity,
  X509_SUBJECT,
} from '../trust/identity.ts'
import type { Statement, StoreType } from '../trust/policy.ts'
import { WILDCARD } from '../trust/scope.ts'
import { type Finding, failed, passed } from './finding.ts'
import type { StoreIndex } from './store-index.ts'

/** Where a chain is trusted: the first store that holds one of its certificates. */
export interface Authenticity {
  readonly finding: Finding
  readonly trustStore?: string | undefined
}

/** What somebody signed, with the chain that vouches for the key. */
export interface Vouched extends Pick<SoundEnvelope, 'chain' | 'attributes' | 'timestamps'> {
  /** What came with it, besides. */
  carried(): Promise<Carried>
}

/** Evidence that came with a signature, stapled or attached. */
interface Carried extends CarriedStatements {
  /** Those that are attached. */
  readonly timestamps: readonly TimestampClaim[]
}

/** Whether a store that the statement names holds a certificate of the chain, and the leaf's subject is an identity of it. */
export function checkAuthenticity(
  envelope: Omit<Vouched, 'carried'>,
  statement: Statement,
  stores: StoreIndex,
): Authenticity {
  const store = findStore(envelope, statement, stores)
  if (store.error !== undefined) return { finding: unusableStore(store.error) }
  // Identities are judged even where the store's failure is only logged: the report then says both.
  const faults = [store.fault, identityFault(envelope, statement)].filter(fault => fault !== undefined)
  const [first] = faults
  const finding =
    first === undefined
      ? passed(`${store.name} holds its chain`)
      : failed('UNTRUSTED', faults.map(({ why }) => why).join('; '), first.fix)
  return { finding, trustStore: store.name }
}

/** Whether the signer is trusted cannot be told. */
export function unusableStore(error: SealwrightError): Finding {
  const { message, why, fix } = error
  const detail = `${message}: ${why}`
  return { outcome: 'unknown', code: 'TRUST_STORE', detail, error, fix }
}

/** The public key itself is trusted, in place of stores and identities. */
export function checkKey(envelope: SoundEnvelope, key: Uint8Array): Authenticity {
  const { publicKey } = envelope.chain[0]!
  if (Buffer.compare(publicKey, key) === 0) return { finding: passed('signed by the trusted key') }
  const why = `signed by another key: ${fingerprint(publicKey)}, not ${fingerprint(key)}`
  return { finding: failed('UNTRUSTED', why, OTHER_KEY) }
}

/** What to do about a signature of another key than the one that was given. */
export const OTHER_KEY =
  'check that the right key was given; if it was, ask the publisher, over another channel, for the fingerprint of theirs'

/** The type of the stores that vouch for signatures of this scheme. */
function storeTypeOf({ signingScheme }: Vouched['attributes']): StoreType {
  return signingScheme === 'notary.x509.signingAuthority' ? 'signingAuthority' : 'ca'
}

function findStore(
  { chain, attributes }: Omit<Vouched, 'carried'>,
  statement: Statement,
  stores: StoreIndex,
): { name?: string; fault?: Fault; error?: SealwrightError } {
  const type = storeTypeOf(attributes)
  const references = statement.trustStores.filter(reference => reference.startsWith(`${type}:`))
  if (references.length === 0) {
    const why = `the statement names no trust store of type ${type}`
    return {
      fault: {
        why,
        fix: `ask the owner of the policy: the signature is of the scheme that ${type} stores are for`,
      },
    }
  }
  let held = 0
  let found: string | undefined
  for (const reference of new Set(references)) {
    const { fingerprints, fault } = stores.get(reference)
    // One unusable store fails them all, as in notation: its certificates may be the ones that were meant.
    if (fingerprints === undefined) return { error: fault }
    held += fingerprints.size
    if (found === undefined && chain.some(certificate => fingerprints.has(certificate.fingerprint)))
      found = reference
  }
  if (found !== undefined) return { name: found }
  const root = chain.at(-1)!.fingerprint
  const why = `root sha256:${root} is not in ${references.join(', ')} (${held} certificate${held === 1 ? '' : 's'})`
  return { fault: { why, fix: UNKNOWN_ROOT } }
}

const UNKNOWN_ROOT =
  "compare the root's fingerprint with its owner over another channel before adding anything"

interface Fault {
  readonly why: string
  readonly fix: string
}

/**
 * Whether the chain is in none of the stores that the statement names, or its subject is not an identity of it: false also
 * if a store cannot be used. It decides as {@link checkAuthenticity} and gives no reason, for the many signers of a policy.
 */
export function isNotBy(
  { chain, attributes }: Omit<Vouched, 'carried'>,
  { trustStores, trustedIdentities }: Statement,
  stores: StoreIndex,
): boolean {
  const prefix = `${storeTypeOf(attributes)}:`
  let isHeld = false
  for (const reference of trustStores) {
    if (!reference.startsWith(prefix)) continue
    const { fingerprints } = stores.get(reference)
    if (fingerprints === undefined) return false
    isHeld ||= chain.some(certificate => fingerprints.has(certificate.fingerprint))
  }
  return !isHeld || !isIdentity(chain[0]!, trustedIdentities)
}

function isIdentity(leaf: Certificate, trustedIdentities: readonly string[]): boolean {
  if (trustedIdentities.includes(WILDCARD)) return true
  const { attributes } = subjectOf(leaf)
  if (attributes === undefined) return false
  return subjectsOf(trustedIdentities).some(
    identity => identity.attributes !== undefined && coversSubject(identity.attributes, attributes),
  )
}

function identityFault(
  { chain }: Pick<Vouched, 'chain'>,
  { trustedIdentities }: Statement,
): Fault | undefined {
  const [leaf] = chain as [Certificate]
  if (isIdentity(leaf, trustedIdentities)) return undefined
  const identities = subjectsOf(trustedIdentities)
  if (identities.length === 0) {
    const why = 'the statement has no trusted identity that can be judged without a plug-in'
    return { why, fix: 'ask the owner of the policy for an identity of the form x509.subject: DN' }
  }
  const name = formatDistinguishedName(leaf.subject)
  const { fault } = subjectOf(leaf)
  if (fault !== undefined) {
    const why = `the subject cannot be compared with trusted identities: ${fault}`
    return { why, fix: `ask the signer for a certificate whose subject can be compared; ${name} cannot` }
  }
  const why = `the subject is not among the trusted identities (${identities.length})`
  return { why, fix: `ask the publisher whether ${name} signs for them, and then the owner of the policy` }
}

/** Names are read once: a policy with many signers compares each signature with all of them. */
const subjects = /* @__PURE__ */ new WeakMap<Certificate, ParsedSubject>()
const identitySubjects = /* @__PURE__ */ new WeakMap<readonly string[], readonly ParsedSubject[]>()

function subjectOf(certificate: Certificate): ParsedSubject {
  let known = subjects.get(certificate)
  if (known === undefined) {
    known = parseSubject(formatDistinguishedName(certificate.subject))
    subjects.set(certificate, known)
  }
  return known
}

/** The subjects that identities name, as far as they can be judged without a plug-in. */
function subjectsOf(trustedIdentities: readonly string[]): readonly ParsedSubject[] {
  let known = identitySubjects.get(trustedIdentities)
  if (known === undefined) {
    known = trustedIdentities.flatMap(identity => {
      const parts = splitIdentity(identity)
      return parts?.prefix === X509_SUBJECT ? [parseSubject(parts.value)] : []
    })
    identitySubjects.set(trustedIdentities, known)
  }
  return known
}
