import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { judgeRequirement } from '../../src/policy/judge-requirement.ts'
import type { Requirement, RequirementLeaf } from '../../src/policy/policy.ts'
import type { LeafCandidate, LeafFinding, LeafFindings } from '../../src/policy/requirement-report.ts'
import {
  candidate,
  fulfil,
  isSatisfiable,
  leafAt,
  leavesOf,
  satisfies,
  sharesMark,
  smallestMissing,
} from './requirements.ts'

const MAX_LEAVES = 6

const { tree } = fc.letrec<{ tree: Requirement; leaf: Requirement; group: Requirement }>(tie => ({
  leaf: fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('signer' as const), signer: fc.constant('') }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('attestation' as const),
        predicateType: fc.constant('https://slsa.dev/provenance/v1'),
        by: fc.constant(['builder']),
      }),
    },
  ),
  group: fc
    .tuple(
      fc.constantFrom('all', 'any', 'atLeast'),
      fc.array(tie('tree'), { minLength: 1, maxLength: 4 }),
      fc.nat(),
    )
    .map(([kind, of, count]) =>
      kind === 'atLeast' ? { kind, count: 1 + (count % of.length), of } : { kind: kind as 'all' | 'any', of },
    ),
  tree: fc.oneof({ maxDepth: 2, depthSize: 'small' }, tie('leaf'), tie('group'), tie('group')),
}))

/** With a name of its own for each signer. */
function named(requirement: Requirement, count = { value: 0 }): Requirement {
  if ('of' in requirement) return { ...requirement, of: requirement.of.map(child => named(child, count)) }
  return requirement.kind === 'signer' ? { ...requirement, signer: `s${count.value++}` } : { ...requirement }
}

const smallTree = tree.filter(each => leavesOf(each).length <= MAX_LEAVES).map(each => named(each))

/** Few keys and few subjects, so that principals overlap in every way. */
const marks = fc.uniqueArray(
  fc.constantFrom('key:1', 'key:2', 'key:3', 'subject:a', 'subject:b', 'subject:c'),
  {
    minLength: 1,
    maxLength: 2,
  },
)

const someCandidate: fc.Arbitrary<LeafCandidate> = fc
  .tuple(fc.constantFrom('met', 'met', 'unmet', 'unknown'), marks, fc.boolean(), fc.boolean())
  .map(([state, principal, trusted, unread]) =>
    candidate(state, state === 'unknown' && unread ? [] : principal, state === 'unmet' ? { trusted } : {}),
  )

const finding: fc.Arbitrary<LeafFinding> = fc.record({
  candidates: fc.array(someCandidate, { maxLength: 3 }),
  unknown: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant('cut off') },
  ),
})

interface Situation {
  readonly requirement: Requirement
  readonly findings: LeafFindings
}

const situation: fc.Arbitrary<Situation> = smallTree.chain(requirement => {
  const leaves = leavesOf(requirement)
  return fc
    .array(finding, { minLength: leaves.length, maxLength: leaves.length })
    .map(found => ({ requirement, findings: new Map(leaves.map((leaf, index) => [leaf, found[index]!])) }))
})

const isYes = ({ requirement, findings }: Situation) =>
  judgeRequirement(requirement, findings).verdict === 'verified'

function check(property: (situation: Situation) => void): void {
  fc.assert(fc.property(situation, property), { numRuns })
}

describe('the verdict on a requirement', () => {
  it('is that of the rule, tried out', () => {
    const seen = new Set<string>()
    check(({ requirement, findings }) => {
      const { verdict, smallest } = judgeRequirement(requirement, findings)
      const candidates = [...findings.values()].flatMap(each => each.candidates)
      const signedBeyondTrust = candidates.some(
        ({ state, trusted }) => state === 'met' || (state === 'unmet' && trusted),
      )
      const expected = isSatisfiable(requirement, findings, ['met'])
        ? 'verified'
        : isSatisfiable(requirement, findings, ['met', 'unknown'])
          ? 'unknown'
          : signedBeyondTrust
            ? 'denied'
            : 'notVerified'
      expect(verdict).toBe(expected)
      expect(smallest).toBe(true)
      seen.add(verdict)
    })
    expect([...seen].sort()).toEqual(['denied', 'notVerified', 'unknown', 'verified'])
  })

  it('comes with a report whose states agree with it', () => {
    check(({ requirement, findings }) => {
      const { verdict, report, missing, used } = judgeRequirement(requirement, findings)
      const states = { verified: 'met', unknown: 'unknown', denied: 'unmet', notVerified: 'unmet' } as const
      expect(report.state).toBe(states[verdict])
      expect(missing.length === 0).toBe(verdict === 'verified')
      expect(satisfies(requirement, new Set(used.keys()))).toBe(verdict === 'verified')
      const signatures = [...used].filter(([{ kind }]) => kind === 'signer').map(([, by]) => by)
      for (const [index, one] of signatures.entries())
        expect(signatures.slice(index + 1).some(other => sharesMark(one, other))).toBe(false)
    })
  })

  it('names a smallest set of leaves that turns a no into a yes', () => {
    check(({ requirement, findings }) => {
      const { verdict, missing } = judgeRequirement(requirement, findings)
      if (verdict !== 'denied' && verdict !== 'notVerified') return
      const fulfilled = new Set(missing.map(({ path }) => leafAt(requirement, path)))
      expect(isYes({ requirement, findings: fulfil(findings, fulfilled) })).toBe(true)
      expect(missing.length).toBe(smallestMissing(requirement, findings))
    })
  })

  it('names a smallest set of leaves that turns an unknown into a yes', () => {
    check(({ requirement, findings }) => {
      const { verdict, missing } = judgeRequirement(requirement, findings)
      if (verdict !== 'unknown') return
      const resolve = (leaves: ReadonlySet<RequirementLeaf>): LeafFindings =>
        new Map(
          [...findings].map(([leaf, { candidates, unknown }]) => [
            leaf,
            {
              candidates: candidates
                .concat(unknown === undefined ? [] : [candidate('unknown', [])])
                .map(each =>
                  leaves.has(leaf) && each.state === 'unknown'
                    ? {
                        ...candidate('met', [`key:new-${leavesOf(requirement).indexOf(leaf)}`]),
                        ...(each.principal.length > 0 ? { principal: each.principal } : {}),
                      }
                    : each,
                ),
            },
          ]),
        )
      const named = missing.map(({ path }) => leafAt(requirement, path))
      expect(isSatisfiable(requirement, resolve(new Set(named)), ['met'])).toBe(true)
      for (const leaf of named) {
        const fewer = new Set(named.filter(other => other !== leaf))
        expect(isSatisfiable(requirement, resolve(fewer), ['met'])).toBe(false)
      }
    })
  })

  it('accepts any of the leaves among which a group has a choice', () => {
    check(({ requirement, findings }) => {
      const { missing } = judgeRequirement(requirement, findings)
      for (const { path, choice } of missing) {
        if (choice === undefined) continue
        const names = missing
          .filter(other => other.path.slice(0, -1).join() === path.slice(0, -1).join())
          .map(({ leaf }) => leaf)
        expect(choice.missing).toBe(names.length)
        expect(choice.among.map(({ leaf }) => leaf)).toEqual(expect.arrayContaining(names))
        expect(choice.among.length).toBeGreaterThan(choice.missing)
      }
    })
  })
})

describe('the verdict stays', () => {
  it('yes when a valid signature more is found', () => {
    fc.assert(
      fc.property(situation, fc.nat(), marks, ({ requirement, findings }, nth, principal) => {
        if (!isYes({ requirement, findings })) return
        const leaves = leavesOf(requirement)
        const leaf = leaves[nth % leaves.length]!
        const found = findings.get(leaf)!
        const more = new Map(findings).set(leaf, {
          ...found,
          candidates: [candidate('met', principal), ...found.candidates],
        })
        expect(isYes({ requirement, findings: more })).toBe(true)
      }),
      { numRuns },
    )
  })

  it('not yes when a trusted candidate less is found', () => {
    fc.assert(
      fc.property(situation, fc.nat(), fc.nat(), ({ requirement, findings }, nth, which) => {
        if (isYes({ requirement, findings })) return
        const leaves = leavesOf(requirement)
        const leaf = leaves[nth % leaves.length]!
        const found = findings.get(leaf)!
        const less = new Map(findings).set(leaf, {
          ...found,
          candidates: found.candidates.filter((_, index) => index !== which % found.candidates.length),
        })
        expect(isYes({ requirement, findings: less })).toBe(false)
      }),
      { numRuns },
    )
  })

  it('not yes when a principal is no longer trusted', () => {
    check(({ requirement, findings }) => {
      if (isYes({ requirement, findings })) return
      for (const mark of ['key:1', 'subject:a']) {
        const without = new Map(
          [...findings].map(([leaf, found]) => [
            leaf,
            { ...found, candidates: found.candidates.filter(({ principal }) => !principal.includes(mark)) },
          ]),
        )
        expect(isYes({ requirement, findings: without })).toBe(false)
      }
    })
  })

  it('the same in all its parts when signatures come in another order', () => {
    fc.assert(
      fc.property(situation, fc.infiniteStream(fc.nat()), ({ requirement, findings }, random) => {
        const shuffled = new Map(
          [...findings]
            .map(
              ([leaf, found]) => [leaf, { ...found, candidates: shuffle(found.candidates, random) }] as const,
            )
            .reverse(),
        )
        expect(judgeRequirement(requirement, shuffled)).toEqual(judgeRequirement(requirement, findings))
      }),
      { numRuns },
    )
  })

  it('the same when a signature is repeated by the same key', () => {
    check(({ requirement, findings }) => {
      const twice = new Map(
        [...findings].map(([leaf, found]) => [
          leaf,
          {
            ...found,
            candidates: found.candidates.flatMap(each => [
              each,
              { ...each, signature: `${each.signature}0` },
            ]),
          },
        ]),
      )
      expect(judgeRequirement(requirement, twice).verdict).toBe(
        judgeRequirement(requirement, findings).verdict,
      )
    })
  })
})

describe('a budget that ends', () => {
  it('never makes a yes of a no, nor a no of a yes', () => {
    let ended = 0
    fc.assert(
      fc.property(situation, fc.nat({ max: 100 }), ({ requirement, findings }, percent) => {
        const whole = judgeRequirement(requirement, findings)
        const budget = Math.floor((whole.steps * percent) / 100)
        const cut = judgeRequirement(requirement, findings, { budget })
        if (cut.reason?.code === 'LIMIT') {
          ended++
          expect(cut.verdict).toBe('unknown')
          expect(cut.report.state).toBe('unknown')
          expect(cut.missing.length).toBeGreaterThan(0)
        } else expect(cut.verdict).toBe(whole.verdict)
        if (cut.smallest) expect(cut.missing.length).toBe(whole.missing.length)
        expect(cut.steps).toBeLessThanOrEqual(whole.steps + 10_000)
      }),
      { numRuns },
    )
    expect(ended).toBeGreaterThan(0)
  })
})

function shuffle<T>(items: readonly T[], random: IterableIterator<number>): readonly T[] {
  return items
    .map(item => ({ item, at: random.next().value as number }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
