import { coversSubject, parseSubject, type SubjectAttributes, splitIdentity } from '../trust/identity.ts'
import { type PolicyFaults, quoted } from '../trust/policy-faults.ts'
import { WILDCARD } from '../trust/scope.ts'
import type { PolicySigner, RequirementLeaf } from './policy.ts'
import type { ReadSigners } from './read-signer.ts'

/** Warns of signers that nothing uses, and of two in one requirement that one principal could both be. */
export function warnOfSigners(
  signers: ReadSigners,
  requirements: readonly (readonly RequirementLeaf[])[],
  faults: PolicyFaults,
): void {
  const used = new Set(requirements.flat().flatMap(leaf => (leaf.kind === 'signer' ? leaf.signer : leaf.by)))
  for (const name of signers.keys())
    if (!used.has(name)) faults.warning(['signers', name], `no requirement names signer ${quoted(name)}`)
  const told = new Set<string>()
  for (const leaves of requirements) {
    const names = [...new Set(leaves.flatMap(leaf => (leaf.kind === 'signer' ? [leaf.signer] : [])))]
    for (const [index, name] of names.entries()) {
      for (const other of names.slice(0, index)) {
        const [one, two] = [signers.get(other), signers.get(name)]
        const why = one && two && overlap(one, two)
        if (why === undefined || told.has(`${other} ${name}`)) continue
        told.add(`${other} ${name}`)
        warnOfOverlap(faults, [other, name], why)
      }
    }
  }
}

/** Warns of two signers that one principal could both be. */
export function warnOfOverlap(
  faults: PolicyFaults,
  [one, two]: readonly [one: string, two: string],
  why: string,
): void {
  faults.warning(
    ['signers', two],
    `signers ${quoted(one)} and ${quoted(two)} overlap: ${why}; one principal still fills one place only`,
  )
}

/** Why one principal could be both signers, as far as the policy shows it. */
function overlap(one: PolicySigner, two: PolicySigner): string | undefined {
  if (one.kind === 'key' && two.kind === 'key') {
    if (one.file !== undefined && one.file === two.file) return `both are the key in ${one.file}`
    if (one.fingerprint !== undefined && one.fingerprint === two.fingerprint) return 'both are the same key'
  }
  if (one.kind === 'certificates' && two.kind === 'certificates') {
    const store = one.stores.find(each => two.stores.includes(each))
    if (store !== undefined && one.identities.some(a => two.identities.some(b => mayBeOne(a, b))))
      return `both trust ${store}, and a subject may match both`
  }
  if (one.kind === 'sigstore' && two.kind === 'sigstore' && one.issuer === two.issuer) {
    if (matches(one.identity, two.identity) || matches(two.identity, one.identity))
      return 'both have the same issuer, and an identity may match both'
  }
  return undefined
}

/** Whether a subject may have the attributes of both identities. */
function mayBeOne(one: string, two: string): boolean {
  if (one === WILDCARD || two === WILDCARD) return true
  const [a, b] = [attributesOf(one), attributesOf(two)]
  if (a === undefined || b === undefined) return false
  const shared = new Map([...a].filter(([type]) => b.has(type)))
  return coversSubject(shared, b)
}

function attributesOf(identity: string): SubjectAttributes | undefined {
  return parseSubject(splitIdentity(identity)?.value ?? '').attributes
}

function matches(pattern: string, identity: string): boolean {
  return pattern.endsWith(WILDCARD) ? identity.startsWith(pattern.slice(0, -1)) : pattern === identity
}
