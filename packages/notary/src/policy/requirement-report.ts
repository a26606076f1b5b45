import type { RequirementLeaf } from './policy.ts'

/** Whether a requirement is met. `unknown`: it could not be found out. */
export type RequirementState = 'met' | 'unmet' | 'unknown'

/** One signature or attestation that was judged for one leaf. */
export interface LeafCandidate {
  readonly state: RequirementState
  /** Digest of the manifest that attaches it, or of the envelope if it is detached. */
  readonly signature: string
  /**
   * What identifies the principal who signed: `key:sha256:…`; for certificates also `subject:<store> <DN>`; for Sigstore
   * `sigstore:<issuer> <identity>`. Two candidates that share any of them are by one principal. Empty if not trusted.
   */
  readonly principal: readonly string[]
  /** The signer is trusted, and what fails is only what the policy asks beyond trust: age, metadata, timestamp. */
  readonly trusted: boolean
  /** What was found instead, for people: `signed, but revoked 2026-11-02 (OCSP)`. Absent if it is met. */
  readonly why?: string | undefined
}

/** What was found for one leaf. */
export interface LeafFinding {
  readonly candidates: readonly LeafCandidate[]
  /** Why the leaf might be met by something that could not be judged: the list was cut off, a trust store is unusable. */
  readonly unknown?: string | undefined
}

export type LeafFindings = ReadonlyMap<RequirementLeaf, LeafFinding>

/** The tree of a statement with the state of each node: plain data, as in the JSON report. */
export type RequirementReport =
  | GroupReport<'all'>
  | GroupReport<'any'>
  | (GroupReport<'atLeast'> & { readonly count: number })
  | LeafReport

interface GroupReport<Kind extends string> {
  readonly kind: Kind
  readonly state: RequirementState
  readonly of: readonly RequirementReport[]
}

export interface LeafReport {
  readonly kind: 'signer' | 'attestation'
  readonly state: RequirementState
  /** Of a signer leaf. */
  readonly signer?: string | undefined
  /** Of an attestation leaf: predicate type and who may sign it. */
  readonly predicateType?: string | undefined
  readonly by?: readonly string[] | undefined
  /** The signature that meets the leaf, by its digest. */
  readonly signature?: string | undefined
  /** What was found instead. */
  readonly why?: string | undefined
}

/** A leaf that is not met, by what was found instead. */
export interface UnmetLeaf {
  /** `alice`; `attestation https://slsa.dev/provenance/v1 by builder`. */
  readonly leaf: string
  readonly state: 'unmet' | 'unknown'
  /** What was found instead: `no signature`, `signed, but revoked 2026-11-02 (OCSP)`. */
  readonly why: string
}

/** A leaf that belongs to a smallest set whose fulfilment, by principals of their own, would make the target verified. */
export interface MissingLeaf extends UnmetLeaf {
  /** Where it stands in the tree: the index of the child at each level. Empty if the leaf is the whole tree. */
  readonly path: readonly number[]
  /** Its group, if other leaves of the group would do as well. */
  readonly choice?: MissingChoice | undefined
}

/** A group of which some leaves are missing, and it does not matter which. */
export interface MissingChoice {
  /** How many children of the group must be met. */
  readonly need: number
  /** How many children it has. */
  readonly size: number
  /** Those that are met. */
  readonly met: readonly string[]
  /** How many of `among` must be met besides. */
  readonly missing: number
  readonly among: readonly UnmetLeaf[]
}

/** What was found for a leaf for which nothing was found. */
export const NOTHING: Readonly<Record<LeafReport['kind'], string>> = {
  signer: 'no signature',
  attestation: 'no attestation',
}

/**
 * Makes a line of each leaf or group that is missing: `alice: signed, but revoked 2026-11-02 (OCSP)`,
 * `2 of 3: bob; missing one of alice, carol`. After a group come lines for those of its leaves for which something was
 * found. The lines have texts from signatures: escape them for terminals and pages.
 */
export function describeMissing(missing: readonly MissingLeaf[]): readonly string[] {
  const groups = new Set<string>()
  return missing.flatMap(({ path, choice, leaf, why }) => {
    if (choice === undefined) return [`${leaf}: ${why}`]
    const group = path.slice(0, -1).join()
    if (groups.has(group)) return []
    groups.add(group)
    const found = choice.among.filter(({ why: text }) => !Object.values(NOTHING).includes(text))
    return [describeChoice(choice), ...found.map(each => `${each.leaf}: ${each.why}`)]
  })
}

function describeChoice({ need, size, met, missing, among }: MissingChoice): string {
  const undecided = among.every(({ state }) => state === 'unknown')
  const names = among.map(({ leaf }) => leaf).join(', ')
  const lack = `${undecided ? 'not known for' : 'missing'} ${missing === 1 ? 'one' : missing} of ${names}`
  return `${need} of ${size}: ${[...(met.length === 0 ? [] : [met.join(', ')]), lack].join('; ')}`
}
