import { describe, expect, it } from 'vitest'
import { judgeRequirement } from '../../src/policy/judge-requirement.ts'
import { describeMissing } from '../../src/policy/requirement-report.ts'
import { found, fulfil, isSatisfiable, leafAt, leavesOf, smallestMissing, tree } from './requirements.ts'

type Verdict = 'verified' | 'denied' | 'notVerified' | 'unknown'

/** A tree, what was found for its leaves, the verdict, and the leaves that are missing. */
type Case = readonly [requirement: string, signatures: string, verdict: Verdict, missing?: string]

const CASES: Readonly<Record<string, readonly Case[]>> = {
  'one signer': [
    ['vendor', 'vendor=V', 'verified'],
    ['vendor', 'vendor=V vendor=W', 'verified'],
    ['vendor', 'vendor=V vendor-W vendor-', 'verified'],
    ['vendor', 'vendor=V vendor?W', 'verified'],
    ['vendor', 'vendor=V vendor...', 'verified'],
    ['vendor', '', 'notVerified', 'vendor'],
    ['vendor', 'vendor-', 'notVerified', 'vendor'],
    ['vendor', 'vendor-V', 'notVerified', 'vendor'],
    ['vendor', 'vendor!V', 'denied', 'vendor'],
    ['vendor', 'vendor!V vendor-', 'denied', 'vendor'],
    ['vendor', 'vendor?V', 'unknown', 'vendor'],
    ['vendor', 'vendor?', 'unknown', 'vendor'],
    ['vendor', 'vendor...', 'unknown', 'vendor'],
    ['vendor', 'vendor!V vendor...', 'unknown', 'vendor'],
    ['vendor', 'vendor-V vendor?W', 'unknown', 'vendor'],
  ],
  'one attestation': [
    ['@builder', '@builder=B', 'verified'],
    ['@builder', '@builder=', 'verified'],
    ['@builder', '', 'notVerified', '@builder'],
    ['@builder', '@builder!B', 'denied', '@builder'],
    ['@builder', '@builder-B', 'notVerified', '@builder'],
    ['@builder', '@builder?B', 'unknown', '@builder'],
    ['@builder', '@builder...', 'unknown', '@builder'],
  ],
  'all of some': [
    ['all(a)', 'a=A', 'verified'],
    ['all(a, b)', 'a=A b=B', 'verified'],
    ['all(a, b, c)', 'a=A b=B c=C', 'verified'],
    ['all(a, b)', 'a=A', 'denied', 'b'],
    ['all(a, b)', 'b=B', 'denied', 'a'],
    ['all(a, b)', '', 'notVerified', 'a b'],
    ['all(a, b)', 'a-A b-B', 'notVerified', 'a b'],
    ['all(a, b)', 'a!A', 'denied', 'a b'],
    ['all(a, b)', 'a=A b!B', 'denied', 'b'],
    ['all(a, b)', 'a=A b-B', 'denied', 'b'],
    ['all(a, b)', 'a=A b?B', 'unknown', 'b'],
    ['all(a, b)', 'a=A b...', 'unknown', 'b'],
    ['all(a, b)', 'a?A b?B', 'unknown', 'a b'],
    ['all(a, b)', 'a?A', 'notVerified', 'a b'],
    ['all(a, b)', 'a?A b!B', 'denied', 'a b'],
    ['all(a, b, c)', 'a=A b?B', 'denied', 'b c'],
    ['all(a, b)', 'a... b...', 'unknown', 'a b'],
  ],
  'any of some': [
    ['any(a)', 'a=A', 'verified'],
    ['any(a, b)', 'b=B', 'verified'],
    ['any(a, b)', 'a=A b=B', 'verified'],
    ['any(a, b)', 'a=A b-B', 'verified'],
    ['any(a, b)', 'a=A b?B', 'verified'],
    ['any(a, b)', '', 'notVerified', 'a'],
    ['any(a, b)', 'b-B', 'notVerified', 'b'],
    ['any(a, b)', 'b!B', 'denied', 'b'],
    ['any(a, b)', 'a-A b!B', 'denied', 'b'],
    ['any(a, b)', 'b?B', 'unknown', 'b'],
    ['any(a, b)', 'a!A b...', 'unknown', 'b'],
    ['any(a, @b)', '@b=B', 'verified'],
    ['any(all(a, b), c)', 'a=A', 'denied', 'b'],
    ['any(all(a, b), c)', '', 'notVerified', 'c'],
    ['any(all(a, b), all(c, d, e))', '', 'notVerified', 'a b'],
    ['any(all(a, b), all(c, d, e))', 'c=C d=D', 'denied', 'e'],
    ['any(all(a, b), all(c, d, e))', 'c?C d=D e?E', 'unknown', 'c e'],
    ['any(all(a, b), all(c, d))', 'a=A c=C', 'denied', 'b'],
  ],
  'at least n of some': [
    ['1(a, b, c)', 'c=C', 'verified'],
    ['2(a, b, c)', 'a=A c=C', 'verified'],
    ['2(a, b, c)', 'a=A b=B c=C', 'verified'],
    ['3(a, b, c)', 'a=A b=B c=C', 'verified'],
    ['2(a, b, c)', 'b=B', 'denied', 'a'],
    ['2(a, b, c)', 'b=B c-C', 'denied', 'c'],
    ['2(a, b, c)', 'b=B a-A c!C', 'denied', 'c'],
    ['2(a, b, c)', '', 'notVerified', 'a b'],
    ['2(a, b, c)', 'c-', 'notVerified', 'a c'],
    ['3(a, b, c)', 'a=A b=B', 'denied', 'c'],
    ['2(a, b, c)', 'a=A b?B', 'unknown', 'b'],
    ['2(a, b, c)', 'a?A b?B', 'unknown', 'a b'],
    ['2(a, b, c)', 'a?A b!B', 'denied', 'a b'],
    ['2(a, b, c)', 'a=A b... c...', 'unknown', 'b'],
    ['3(a, b, c, d)', 'a=A b?B c?C d?D', 'unknown', 'b c'],
    ['2(a, all(b, c))', 'a=A b=B', 'denied', 'c'],
    ['2(a, all(b, c), d)', 'a=A', 'denied', 'd'],
    ['2(all(a, b), all(c, d), all(e, f))', 'a=A c=C e=E f=F', 'denied', 'b'],
    ['2(any(a, b), any(c, d))', 'a=A b=B', 'denied', 'c'],
    ['2(any(a, b), any(c, d))', 'a=A d=D', 'verified'],
  ],
  'one principal in two places': [
    ['all(a, b)', 'a=K b=K', 'denied', 'b'],
    ['all(a, b)', 'a=K b=K b=L', 'verified'],
    ['all(a, b)', 'a=K a=L b=K b=L', 'verified'],
    ['all(a, b)', 'a=K a=L b=K', 'verified'],
    ['any(a, b)', 'a=K b=K', 'verified'],
    ['2(a, b, c)', 'a=K b=K', 'denied', 'b'],
    ['2(a, b, c)', 'a=K b=K c=K', 'denied', 'b'],
    ['2(a, b, c)', 'a=K b=K c=L', 'verified'],
    ['2(a, b)', 'a=K a=K b=K', 'denied', 'b'],
    ['all(a, 2(b, c, d))', 'a=K b=K c=L d=M', 'verified'],
    ['all(a, 2(b, c, d))', 'a=K b=K c=L', 'denied', 'b'],
    ['all(any(a, b), any(c, d))', 'a=K c=K', 'denied', 'c'],
    ['all(any(a, b), any(c, d))', 'a=K b=L c=K', 'verified'],
    ['all(any(a, b), any(c, d))', 'a=K b=K c=K d=K', 'denied', 'c'],
    ['all(a, b, c)', 'a=K a=L b=K b=L c=K c=L', 'denied', 'c'],
    ['all(a, b, c)', 'a=K a=L b=L b=M c=M c=K', 'verified'],
    ['any(all(a, b), all(c, d))', 'a=K b=K c=K d=L', 'verified'],
  ],
  'a principal by more than its key': [
    ['all(a, b)', 'a=K+alice b=L+alice', 'denied', 'b'],
    ['all(a, b)', 'a=K+alice b=K+bob', 'denied', 'b'],
    ['all(a, b)', 'a=K+alice b=L+bob', 'verified'],
    // The second shares the key of the first and the subject of the third, which share nothing.
    ['all(a, b)', 'a=K+alice b=L+bob a=K+bob', 'verified'],
    ['all(a, b, c)', 'a=K+alice b=K+bob c=L+bob', 'denied', 'b'],
    ['2(a, b, c)', 'a=K+alice b=K+bob c=L+bob', 'verified'],
    ['all(a, b)', 'a=K+alice b=K b=L', 'verified'],
    ['all(a, b)', 'a=K+alice+ali b=L+ali', 'denied', 'b'],
  ],
  'attestations beside signatures': [
    ['all(a, @a)', 'a=A @a=A', 'verified'],
    ['all(a, b, @builder)', 'a=A b=B @builder=A', 'verified'],
    ['all(@x, @y)', '@x=K @y=K', 'verified'],
    ['all(a, @builder)', 'a=A', 'denied', '@builder'],
    ['all(a, @builder)', '@builder=B', 'denied', 'a'],
    ['all(a, @builder)', 'a=A @builder?B', 'unknown', '@builder'],
    ['all(a, @builder)', 'a=A @builder!B', 'denied', '@builder'],
    ['2(a, b, @c)', 'a=K b=K @c=K', 'verified'],
    ['all(a, b, @c)', 'a=K b=K @c=K', 'denied', 'b'],
  ],
  'what could not be judged, by known and unknown principals': [
    ['all(a, b)', 'a=K b?K', 'denied', 'b'],
    ['all(a, b)', 'a?K b?K', 'notVerified', 'a b'],
    ['all(a, b)', 'a=K b?', 'unknown', 'b'],
    ['all(a, b)', 'a=K b?K b?L', 'unknown', 'b'],
    ['all(a, b)', 'a=K b?K b...', 'unknown', 'b'],
    ['all(a, b)', 'a=K a?L b=K', 'unknown', 'a'],
    ['2(a, b, c)', 'a=K b?K c?K', 'denied', 'b'],
    ['2(a, b, c)', 'a=K b?K c?L', 'unknown', 'c'],
    ['all(a, b)', 'a? b?', 'unknown', 'a b'],
  ],
  'the workflow of vendor, aggregator and customer': [
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub=H alice=A carol=C', 'verified'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub=H alice=A', 'denied', 'bob'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub!H alice=A bob=B', 'denied', 'hub'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V', 'denied', 'hub alice bob'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor-V hub=H alice=A bob=B', 'denied', 'vendor'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor- hub- alice-', 'notVerified', 'vendor hub alice bob'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub=H alice=A bob=A', 'denied', 'bob'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub=H alice=A bob=A carol=C', 'verified'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub=H alice=V bob=B', 'denied', 'alice'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub?H alice=A bob=B', 'unknown', 'hub'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub?H alice=A bob?B carol-C', 'unknown', 'hub bob'],
    ['all(vendor, hub, 2(alice, bob, carol))', 'vendor=V hub?H alice=A carol-C', 'denied', 'hub carol'],
    ['all(vendor, hub, 2(alice, bob, carol), @ci)', 'vendor=V hub=H alice=A bob=B', 'denied', '@ci'],
    ['all(vendor, hub, 2(alice, bob, carol), @ci)', 'vendor=V hub=H alice=A bob=B @ci=V', 'verified'],
  ],
}

const table = Object.entries(CASES).flatMap(([group, cases]) =>
  cases.map(
    ([requirement, signatures, verdict, missing]) =>
      [group, requirement, signatures, verdict, missing] as const,
  ),
)

describe('the verdict on a requirement', () => {
  it('has a table of at least 100 different cases', () => {
    const distinct = new Set(table.map(([, requirement, signatures]) => `${requirement}: ${signatures}`))
    expect(distinct.size).toBe(table.length)
    expect(distinct.size).toBeGreaterThanOrEqual(100)
  })

  it.each(table)('%s: %s with %j is %s', (_group, text, signatures, verdict, missing = '') => {
    const requirement = tree(text)
    const judged = judgeRequirement(requirement, found(requirement, signatures))
    expect(judged.verdict).toBe(verdict)
    expect(judged.missing.map(({ leaf }) => leaf.replace(/^attestation .* by /, '@')).join(' ')).toBe(missing)
    expect(judged.reason?.code).toBe(verdict === 'verified' ? undefined : 'REQUIREMENT')
    expect(judged.smallest).toBe(true)
  })
})

describe('the leaves that are named as missing', () => {
  const no = table.filter(([, , , verdict]) => verdict === 'denied' || verdict === 'notVerified')

  it('are tried in at least 40 situations', () => expect(no.length).toBeGreaterThanOrEqual(40))

  it.each(no)(
    '%s: %s with %j: exactly those make a yes of %s, and none of them can be left out',
    (...row) => {
      const [, text, signatures] = row
      const requirement = tree(text)
      const findings = found(requirement, signatures)
      const { missing } = judgeRequirement(requirement, findings)
      const leaves = missing.map(({ path }) => leafAt(requirement, path))
      expect(judgeRequirement(requirement, fulfil(findings, new Set(leaves))).verdict).toBe('verified')
      for (const leaf of leaves) {
        const others = new Set(leaves.filter(other => other !== leaf))
        expect(judgeRequirement(requirement, fulfil(findings, others)).verdict).not.toBe('verified')
      }
      // By trying out every smaller set.
      expect(leaves.length).toBe(smallestMissing(requirement, findings))
      // In their place, any other leaf of the same group does as well.
      for (const [index, { choice, leaf, path }] of missing.entries()) {
        for (const other of choice?.among ?? []) {
          const place = leavesOf(requirement).find(
            each => each.kind === 'signer' && each.signer === other.leaf,
          )!
          if (other.leaf !== leaf && leaves.includes(place)) continue
          const replaced = new Set(leaves.with(index, place))
          expect(path.length).toBeGreaterThan(0)
          expect(isSatisfiable(requirement, findings, ['met'], replaced)).toBe(true)
        }
      }
    },
  )
})

describe('the lines about what is missing', () => {
  const lines = (text: string, signatures: string) => {
    const requirement = tree(text)
    return describeMissing(judgeRequirement(requirement, found(requirement, signatures)).missing)
  }

  it.each([
    ['vendor', '', ['vendor: no signature']],
    ['vendor', 'vendor-V', ['vendor: revoked']],
    ['@ci', '', ['attestation https://slsa.dev/provenance/v1 by ci: no attestation']],
    ['all(a, b)', 'a!A', ['a: too old', 'b: no signature']],
    ['2(alice, bob, carol)', 'bob=B', ['2 of 3: bob; missing one of alice, carol']],
    ['2(alice, bob, carol)', 'bob=B carol-C', ['2 of 3: bob; missing one of alice, carol', 'carol: revoked']],
    ['3(a, b, c, d)', '', ['3 of 4: missing 3 of a, b, c, d']],
    ['2(a, b)', '', ['a: no signature', 'b: no signature']],
    ['any(a, b)', '', ['1 of 2: missing one of a, b']],
    ['any(a, all(b, c))', '', ['a: no signature']],
    ['2(all(a, b), c, d)', 'a=A b=B', ['2 of 3: all of (a, b); missing one of c, d']],
    [
      '2(a, b, c)',
      'a=A b?B c?C',
      [
        '2 of 3: a; not known for one of b, c',
        'b: not known whether revoked',
        'c: not known whether revoked',
      ],
    ],
    ['2(a, b, c)', 'a=A b?A c?C', ['c: not known whether revoked']],
    ['all(a, b)', 'a=K b=K', ['b: signed by the same principal as a: key:K']],
    ['all(a, b)', 'a=A b...', ['b: the list of signatures was cut off']],
    ['all(2(a, b, c), 1(d, e))', 'a=A', ['2 of 3: a; missing one of b, c', '1 of 2: missing one of d, e']],
  ] as const)('%s with %j', (text, signatures, expected) => {
    expect(lines(text, signatures)).toEqual(expected)
  })

  it('are the reason of the verdict', () => {
    const requirement = tree('all(vendor, 2(alice, bob, carol))')
    const why = (signatures: string) =>
      judgeRequirement(requirement, found(requirement, signatures)).reason?.why
    expect(why('bob=B')).toBe(
      'the requirement is not met: vendor: no signature; 2 of 3: bob; missing one of alice, carol',
    )
    expect(why('vendor?V bob=B alice=A')).toBe(
      'it is not known whether the requirement is met: vendor: not known whether revoked',
    )
    const many = tree(`all(${Array.from({ length: 20 }, (_, index) => `s${index}`).join(', ')})`)
    expect(judgeRequirement(many, found(many, '')).reason?.why).toMatch(/s5: no signature; 14 more$/)
  })
})

describe('the report on a requirement', () => {
  it('is the tree with the state of each node, and what meets each leaf', () => {
    const requirement = tree('all(vendor, 2(alice, bob, carol), any(@ci, hub))')
    const findings = found(requirement, 'vendor=V alice-A bob=B carol?C hub=V @ci=X')
    const { report, verdict } = judgeRequirement(requirement, findings)
    const of = (name: string) =>
      [...findings].find(([leaf]) =>
        leaf.kind === 'signer' ? leaf.signer === name : leaf.by[0] === name,
      )![1].candidates[0]!.signature
    expect(verdict).toBe('unknown')
    expect(report).toEqual({
      kind: 'all',
      state: 'unknown',
      of: [
        { kind: 'signer', signer: 'vendor', state: 'met', signature: of('vendor') },
        {
          kind: 'atLeast',
          count: 2,
          state: 'unknown',
          of: [
            { kind: 'signer', signer: 'alice', state: 'unmet', why: 'revoked' },
            { kind: 'signer', signer: 'bob', state: 'met', signature: of('bob') },
            { kind: 'signer', signer: 'carol', state: 'unknown', why: 'not known whether revoked' },
          ],
        },
        {
          kind: 'any',
          state: 'met',
          of: [
            {
              kind: 'attestation',
              predicateType: 'https://slsa.dev/provenance/v1',
              by: ['ci'],
              state: 'met',
              signature: of('ci'),
            },
            {
              kind: 'signer',
              signer: 'hub',
              state: 'unmet',
              why: 'signed by the same principal as vendor: key:V',
            },
          ],
        },
      ],
    })
  })

  it('shows of several failures the one that is nearest to a yes', () => {
    const requirement = tree('vendor')
    const { missing } = judgeRequirement(requirement, found(requirement, 'vendor- vendor-V vendor!V'))
    expect(missing[0]!.why).toBe('too old')
  })
})

describe('a requirement that cannot be judged', () => {
  it.each([
    ['an empty group', { kind: 'all', of: [] }, 'a group needs 0 of its 0 children'],
    ['an empty choice', { kind: 'any', of: [] }, 'a group needs 1 of its 0 children'],
    ['a count of 0', { kind: 'atLeast', count: 0, of: [tree('a')] }, 'a group needs 0 of its 1 children'],
    ['a count beyond the children', tree('3(a, b)'), 'a group needs 3 of its 2 children'],
    ['half a child', tree('1.5(a, b)'), 'a group needs 1.5 of its 2 children'],
    ['129 leaves', { kind: 'any', of: Array(129).fill(tree('a')) }, 'it has more than 128 leaves'],
    ['10 levels', tree(`${'all('.repeat(10)}a${')'.repeat(10)}`), 'its groups are nested more than 9 deep'],
  ] as const)('is refused for %s', (_what, requirement, why) => {
    expect(() => judgeRequirement(requirement, new Map())).toThrow(
      expect.objectContaining({ code: 'VALIDATION', why }),
    )
  })

  it('is not one of 128 leaves and 9 levels', () => {
    const leaves = Array.from({ length: 128 }, (_, index) => `s${index}`).join(', ')
    const requirement = tree(`${'all('.repeat(9)}${leaves}${')'.repeat(9)}`)
    expect(judgeRequirement(requirement, new Map()).missing).toHaveLength(128)
  })

  it('never counts a signature of nobody', () => {
    const requirement = tree('vendor')
    expect(() => judgeRequirement(requirement, found(requirement, 'vendor='))).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    )
  })
})
