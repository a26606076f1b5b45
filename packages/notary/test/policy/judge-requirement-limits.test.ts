import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeRequirement } from '../../src/policy/judge-requirement.ts'
import type { Requirement } from '../../src/policy/policy.ts'
import type { LeafCandidate, LeafFindings } from '../../src/policy/requirement-report.ts'
import { candidate, leavesOf, satisfies, sharesMark, tree } from './requirements.ts'

const LEAVES = 64
const SIGNATURES = 100
const BUDGET = 1_000_000
/** Three searches, each of which may end its last look at the tree. */
const MOST_STEPS = 3 * (BUDGET + 1_000_000)

const names = Array.from({ length: LEAVES }, (_, index) => `s${index}`)
const allOf = tree(`all(${names.join(', ')})`)
const half = tree(`32(${names.join(', ')})`)
const groups = tree(
  `all(${names.map((name, index) => (index % 8 === 0 ? `4(${name}` : name) + (index % 8 === 7 ? ')' : '')).join(', ')})`,
)

/** The same number of candidates for every leaf. */
function findings(
  requirement: Requirement,
  principalOf: (leaf: number, index: number) => readonly string[],
  { count = SIGNATURES, state = 'met' }: { count?: number; state?: LeafCandidate['state'] } = {},
): LeafFindings {
  const found = (leaf: number) =>
    Array.from({ length: count }, (_, index) => candidate(state, principalOf(leaf, index)))
  return new Map(leavesOf(requirement).map((leaf, index) => [leaf, { candidates: found(index) }]))
}

describe('64 leaves and 100 signatures for each', () => {
  it.each([
    ['different signers', allOf, (leaf: number) => [`key:${leaf}`], 'verified', 0],
    ['one signer of all', allOf, () => ['key:1'], 'denied', 63],
    ['100 signers of all', allOf, (_: number, index: number) => [`key:${index}`], 'verified', 0],
    ['64 signers of all', allOf, (_: number, index: number) => [`key:${index % 64}`], 'verified', 0],
    ['one signer too few', allOf, (_: number, index: number) => [`key:${index % 63}`], 'denied', 1],
    ['half of the signers', allOf, (_: number, index: number) => [`key:${index % 32}`], 'denied', 32],
    ['32 of them by 32', half, (_: number, index: number) => [`key:${index % 32}`], 'verified', 0],
    ['32 of them by 31', half, (_: number, index: number) => [`key:${index % 31}`], 'denied', 1],
    ['eight groups by 32', groups, (_: number, index: number) => [`key:${index % 32}`], 'verified', 0],
    ['eight groups by 31', groups, (_: number, index: number) => [`key:${index % 31}`], 'denied', 1],
    [
      'persons with several keys, one too few',
      allOf,
      (_: number, index: number) => [`key:${index}`, `subject:${Math.min(62, index >> 1)}`],
      'denied',
      64 - 50,
    ],
    [
      'keys with several names',
      allOf,
      (_: number, index: number) => [`key:${index % 60}`, `subject:${index}`],
      'denied',
      4,
    ],
  ] as const)(
    '%s: judged exactly, within the budget',
    (_what, requirement, principalOf, verdict, missing) => {
      const judged = judgeRequirement(requirement, findings(requirement, principalOf))
      expect(judged.verdict).toBe(verdict)
      expect(judged.missing).toHaveLength(missing)
      expect(judged.smallest).toBe(true)
      expect(judged.steps).toBeLessThan(BUDGET)
    },
  )

  it('whoever signed: never more steps than the budget allows, never a wrong yes', () => {
    const verdicts = new Set<string>()
    fc.assert(
      fc.property(
        fc.constantFrom(allOf, half, groups),
        fc.constantFrom(1, 2, 5, SIGNATURES),
        fc.constantFrom<LeafCandidate['state'][]>(['met'], ['met', 'unknown']),
        fc.integer({ min: 20, max: 100 }),
        fc.infiniteStream(fc.nat()),
        (requirement, count, states, pool, random) => {
          const next = (below: number) => (random.next().value as number) % below
          const found: LeafFindings = new Map(
            leavesOf(requirement).map(leaf => [
              leaf,
              {
                candidates: Array.from({ length: count }, () =>
                  candidate(states[next(states.length)]!, [`key:${next(pool)}`, `subject:${next(pool)}`]),
                ),
              },
            ]),
          )
          const { verdict, reason, steps, used } = judgeRequirement(requirement, found)
          verdicts.add(reason?.code === 'LIMIT' ? 'limit' : verdict)
          expect(steps).toBeLessThan(MOST_STEPS)
          expect(satisfies(requirement, new Set(used.keys()))).toBe(verdict === 'verified')
          const by = [...used.values()]
          expect(by.some((one, index) => by.slice(index + 1).some(other => sharesMark(one, other)))).toBe(
            false,
          )
        },
      ),
      { numRuns: 50 },
    )
    expect(verdicts.has('verified')).toBe(true)
    expect(verdicts.has('denied')).toBe(true)
  })

  it('signers that overlap in every way: unknown, and the report says why', () => {
    const next = numbers()
    const found = findings(allOf, () => [`key:${next(64)}`, `subject:${next(64)}`])
    const judged = judgeRequirement(allOf, found)
    expect(judged).toMatchObject({ verdict: 'unknown', reason: { code: 'LIMIT' }, smallest: false })
    expect(judged.reason!.why).toBe(
      'signers overlap: after 1000000 steps it is not known whether different principals meet the requirement',
    )
    expect(judged.report.state).toBe('unknown')
    expect(judged.missing.length).toBeGreaterThan(0)
    expect(judged.steps).toBeGreaterThan(BUDGET)
    expect(judged.steps).toBeLessThan(MOST_STEPS)
  })

  it('takes steps that do not grow with signatures by the same signers', () => {
    const steps = (count: number, state: LeafCandidate['state']) =>
      judgeRequirement(
        allOf,
        findings(allOf, leaf => [`key:${leaf % 60}`], { count, state }),
      ).steps
    for (const state of ['met', 'unmet', 'unknown'] as const) expect(steps(100, state)).toBe(steps(1, state))
  })
})

describe('a budget that ends', () => {
  it('leaves a smallest set unproven, and says so', () => {
    const requirement = tree(
      `all(${Array.from({ length: 10 }, (_, i) => `any(all(a${i}, b${i}, c${i}), all(d${i}, e${i}, f${i}))`).join(', ')})`,
    )
    // Each alternative needs some signers that others need.
    const next = numbers()
    const found: LeafFindings = new Map(
      leavesOf(requirement).map(leaf => [leaf, { candidates: [candidate('met', [`key:${next(30)}`])] }]),
    )
    const judged = judgeRequirement(requirement, found, { budget: 20_000 })
    expect(judged).toMatchObject({ verdict: 'denied', smallest: false })
    expect(judged.reason!.why).toContain('(fewer may do)')
    expect(judged.missing.length).toBeGreaterThanOrEqual(1)
  })
})

/** The same numbers each time, without a pattern. */
function numbers(): (below: number) => number {
  let state = 1
  return below => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
}
