import { SealwrightError } from '@sealwright/core'
import type { Reason, Verdict } from '../verify/report.ts'
import { type Choice, cheapestPlan, MISSING } from './distinct-principals.ts'
import type { Requirement, RequirementLeaf } from './policy.ts'
import {
  describeMissing,
  type LeafCandidate,
  type LeafFindings,
  type MissingLeaf,
  type RequirementReport,
  type RequirementState,
} from './requirement-report.ts'
import {
  byIdentity,
  distance,
  type JudgedLeaf,
  type JudgedNode,
  marksOf,
  type Outcome,
  reportRequirement,
} from './requirement-tree.ts'

export interface JudgeOptions {
  /** How much work each of at most three searches may do, in steps. Default: 1,000,000. */
  readonly budget?: number | undefined
}

export interface JudgedRequirement {
  readonly verdict: Exclude<Verdict, 'skipped'>
  /** Absent if it is verified. */
  readonly reason?: Reason | undefined
  readonly report: RequirementReport
  /**
   * A smallest set of leaves whose fulfilment, each by a principal of its own, would make the target verified; of an
   * unknown one, leaves that would have to turn out to be met. Empty if it is verified.
   */
  readonly missing: readonly MissingLeaf[]
  /** False if the budget ended before it was certain that no smaller set would do. */
  readonly smallest: boolean
  /** The signatures and attestations that meet leaves; the signatures are by pairwise different principals. */
  readonly used: ReadonlyMap<RequirementLeaf, LeafCandidate>
  /** Work done, the same for the same findings in any order. */
  readonly steps: number
}

const BUDGET = 1_000_000
const MAX_LEAVES = 128
const MAX_DEPTH = 9
/** Lines of a reason; the report has all of them. */
const MAX_LINES = 6

/**
 * Judges a requirement by what was found for its leaves. Signature leaves are met by pairwise different principals,
 * wherever they stand in the tree; an attestation leaf may be met by a principal that also signed.
 *
 * To decide this is a search, because signers may overlap. Its budget is counted in steps, not in time: beyond it the
 * verdict is `unknown` with `LIMIT`. The order of candidates has no effect.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an empty group, a count that a group cannot reach, more than 128
 * leaves or a depth over 9: twice the leaves of a policy and a level more, for what a caller demands besides.
 */
export function judgeRequirement(
  requirement: Requirement,
  findings: LeafFindings,
  { budget = BUDGET }: JudgeOptions = {},
): JudgedRequirement {
  const leaves: JudgedLeaf[] = []
  const tree = compile(requirement, findings, leaves, [])
  let steps = 0
  const search = (choicesOf: (leaf: JudgedLeaf) => readonly LeafChoice[]) => {
    const result = cheapestPlan(tree, leaves.map(choicesOf), budget)
    steps += result.steps
    return result
  }
  const conclude = (verdict: JudgedRequirement['verdict'], outcome: Outcome): JudgedRequirement => {
    const { used, ...told } = reportRequirement(tree, leaves, outcome)
    // What was found when the budget ended is a proof all the same, if it meets the requirement.
    if (told.report.state === 'met')
      return { ...told, verdict: 'verified', missing: [], smallest: true, used, steps }
    const { limit = false, smallest } = outcome
    const why = limit
      ? `signers overlap: after ${budget} steps it is not known whether different principals meet the requirement`
      : explain(verdict, told.missing, smallest)
    return { verdict, reason: { code: limit ? 'LIMIT' : 'REQUIREMENT', why }, ...told, smallest, used, steps }
  }

  const sure = search(metChoices)
  if (sure.plan !== undefined) return conclude('verified', { plan: sure.plan, smallest: true })
  const hoped = sure.complete && leaves.some(isOpen) ? search(possibleChoices) : sure
  if (hoped.plan !== undefined) {
    return conclude('unknown', { plan: hoped.plan, smallest: hoped.complete, onlyUnknown: true })
  }
  const missed = search(freshChoices)
  // Everybody can be replaced by somebody new, so there is a plan.
  const plan = missed.plan!
  if (!hoped.complete) return conclude('unknown', { plan, smallest: false, limit: true })
  return conclude(leaves.some(isDenied) ? 'denied' : 'notVerified', { plan, smallest: missed.complete })
}

function compile(
  requirement: Requirement,
  findings: LeafFindings,
  leaves: JudgedLeaf[],
  path: readonly number[],
): JudgedNode {
  if (requirement.kind === 'signer' || requirement.kind === 'attestation') {
    if (leaves.length === MAX_LEAVES) throw unusable(`it has more than ${MAX_LEAVES} leaves`)
    const { candidates, unknown } = findings.get(requirement) ?? { candidates: [] }
    const inState = (state: RequirementState) =>
      candidates.filter(candidate => candidate.state === state).sort(byIdentity)
    const leaf: JudgedLeaf = {
      leaf: leaves.length,
      requirement,
      path,
      met: inState('met'),
      unknown: inState('unknown'),
      unmet: candidates.filter(({ state }) => state === 'unmet'),
      unseen: unknown,
    }
    leaves.push(leaf)
    return leaf
  }
  if (path.length === MAX_DEPTH) throw unusable(`its groups are nested more than ${MAX_DEPTH} deep`)
  const { length } = requirement.of
  const need = requirement.kind === 'all' ? length : requirement.kind === 'any' ? 1 : requirement.count
  if (!Number.isSafeInteger(need) || need < 1 || need > length) {
    throw unusable(`a group needs ${need} of its ${length} children`)
  }
  const of = requirement.of.map((child, index) => compile(child, findings, leaves, [...path, index]))
  return { requirement, path, need, of }
}

function unusable(why: string): SealwrightError {
  return new SealwrightError('VALIDATION', 'the requirement cannot be judged', { why })
}

/** A candidate, or nobody in particular. */
type LeafChoice = Choice<LeafCandidate | undefined>

function metChoices(leaf: JudgedLeaf): readonly LeafChoice[] {
  return leaf.met.map(candidate => ({ cost: 0, marks: marksOf(leaf, candidate), by: candidate }))
}

/** With what might turn out to meet the leaf. */
function possibleChoices(leaf: JudgedLeaf): readonly LeafChoice[] {
  const cost = MISSING
  const unknown = leaf.unknown.map(candidate => ({ cost, marks: marksOf(leaf, candidate), by: candidate }))
  const unseen = leaf.unseen === undefined ? [] : [{ cost, marks: [], by: undefined }]
  return [...metChoices(leaf), ...unknown, ...unseen]
}

/** With somebody new who meets the leaf; rather one that was nearly met than one for which nothing was found. */
function freshChoices(leaf: JudgedLeaf): readonly LeafChoice[] {
  const nearest = isOpen(leaf) ? 0 : Math.min(4, ...leaf.unmet.map(distance))
  return [...metChoices(leaf), { cost: MISSING + nearest, marks: [], by: undefined }]
}

/** Whether something might meet the leaf that could not be judged. */
function isOpen({ unknown, unseen }: JudgedLeaf): boolean {
  return unknown.length > 0 || unseen !== undefined
}

function isDenied({ met, unmet }: JudgedLeaf): boolean {
  return met.length > 0 || unmet.some(({ trusted }) => trusted)
}

function explain(
  verdict: JudgedRequirement['verdict'],
  missing: readonly MissingLeaf[],
  smallest: boolean,
): string {
  const lines = describeMissing(missing)
  const more = lines.length > MAX_LINES ? [`${lines.length - MAX_LINES} more`] : []
  const what =
    verdict === 'unknown' ? 'it is not known whether the requirement is met' : 'the requirement is not met'
  const less = smallest ? '' : ' (fewer may do)'
  return `${what}${less}: ${[...lines.slice(0, MAX_LINES), ...more].join('; ')}`
}
