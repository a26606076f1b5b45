import { describe, expect, it } from 'vitest'
import { type ConditionVariables, conditionFault, evaluateCondition } from '../../src/policy/condition.ts'

const variables: ConditionVariables = {
  predicate: {
    count: 3,
    builder: { id: 'https://builder.example/release' },
    list: [1, 2],
    ['__proto__']: { admin: true },
    text: 'a'.repeat(1000),
  },
  predicateType: 'https://slsa.dev/provenance/v1',
  subject: [{ name: 'app', digest: { sha256: 'ab' } }],
  signer: { name: 'builder', subject: 'CN=builder', fingerprint: 'sha256:00' },
}

const zeros = `[${Array(40).fill('0').join(',')}]`
/** Each doubles what it is applied to. */
const doubled = (start: string, times: number): string => `[${start}]${'.map(x, x + x)'.repeat(times)}`

describe('a condition is refused when the policy is read', () => {
  it.for([
    ['predicate.count ==', 'line 1, column 17: '],
    ['', 'found end of input'],
    ['predicat.count == 3', '"predicat" is not a variable'],
    ['predicate.list.all(x, y > 0)', '"y" is not a variable'],
    ['readFile("/etc/passwd") == ""', '"readFile" is not a function of CEL'],
    ['predicate.text.fetch() == ""', '"fetch" is not a function of CEL'],
    ['process.env.HOME == ""', '"process" is not a variable'],
    [`${'('.repeat(2000)}true${')'.repeat(2000)}`, 'call stack'],
    [`true${' '.repeat(5000)}`, 'longer than 4096'],
  ])('%s', async ([where, why]) => {
    expect(await conditionFault(where!)).toContain(why)
  })

  it.for([
    "predicate.builder.id.startsWith('https://builder.example/')",
    'subject.exists(each, each.digest.sha256 == "ab")',
    'has(predicate.builder) && type(predicate.count) == double',
    'timestamp("2026-01-01T00:00:00Z") < timestamp("2026-01-02T00:00:00Z")',
  ])('but not %s', async where => {
    expect(await conditionFault(where)).toBeUndefined()
    expect(await evaluateCondition(where, variables)).toEqual({ met: true })
  })
})

describe('a condition', () => {
  it.for([
    ['int(predicate.count) == 3'],
    ['predicate.count > 2 && predicate.list.size() == 2'],
    ['signer.name == "builder" && signer.subject == "CN=builder" && signer.fingerprint != ""'],
    ['predicateType.matches("^https://slsa[.]dev/")'],
    // Not the prototype: a member like another.
    ['predicate.__proto__.admin'],
    // Linear in the text, whatever the pattern.
    ['!predicate.text.matches("^(a+)+$b")'],
  ])('is met: %s', async ([where]) => {
    expect(await evaluateCondition(where!, variables)).toEqual({ met: true })
  })

  it.for([
    ['predicate.count == 4', 'the condition is false'],
    ['predicate.missing', 'has no value: field not found: missing'],
    ['predicate.constructor', 'has no value: field not found'],
    ['predicate.count', 'neither true nor false'],
    ['"true"', 'neither true nor false'],
    ['1 / 0 == 1', 'has no value'],
    ['predicate.count + "x" == ""', 'has no value'],
  ])('is not met: %s', async ([where, why]) => {
    const result = await evaluateCondition(where!, variables)
    expect(result).toEqual({ met: false, why: expect.stringContaining(why!) })
  })

  it.for([
    [
      'that loops',
      `${zeros}.all(a,${zeros}.all(b,${zeros}.all(c,${zeros}.all(d,${zeros}.all(e,a+b+c+d+e==0)))))`,
    ],
    [
      'that makes lists of lists',
      `${zeros}.map(a,${zeros}.map(b,${zeros}.map(c,${zeros}.map(d,[a,b,c,d])))).size()==1`,
    ],
    ['that doubles a text', `${doubled('"aaaaaaaa"', 24)}.exists(x, x.contains("b"))`],
    ['that doubles a text without end', `${doubled('"aaaaaaaa"', 60)}.exists(x, x.contains("b"))`],
    ['that doubles bytes', `${doubled('b"aaaaaaaa"', 40)}.exists(x, x == b"")`],
    ['that doubles a list', `${doubled('[0]', 40)}.exists(x, x.size() == 1)`],
    ['that doubles what the predicate holds', `${doubled('predicate.text', 40)}.exists(x, x == "b")`],
    [
      'that compares shared lists',
      `[[0]]${'.map(x, [x, x])'.repeat(40)} == [[0]]${'.map(x, [x, x])'.repeat(40)}`,
    ],
    ['whose pattern is large', 'predicate.text.matches("((((a{1,100}){1,100}){1,100}){1,100})b")'],
  ])('%s ends, and the process goes on', async ([, where]) => {
    const result = await evaluateCondition(where!, variables)
    expect(result).toEqual({ met: false, why: expect.stringMatching(/has no value|condition is false/) })
    expect(await evaluateCondition('predicate.count == 3.0', variables)).toEqual({ met: true })
  })

  it('speaks of a predicate of 1 MiB, and not of a larger one', async () => {
    const of = (length: number): ConditionVariables => ({
      ...variables,
      predicate: { text: 'a'.repeat(length) },
    })
    const where = 'predicate.text.endsWith("a")'
    expect(await evaluateCondition(where, of(1024 * 1024 - 64))).toEqual({ met: true })
    const why = 'the predicate is larger than 1 MiB'
    expect(await evaluateCondition(where, of(1024 * 1024 + 1))).toEqual({ met: false, why })
  })

  it('is evaluated with others at the same time, each by itself', async () => {
    const loops = `${zeros}.all(a,${zeros}.all(b,${zeros}.all(c,${zeros}.all(d,${zeros}.all(e,a+b+c+d+e==0)))))`
    const results = await Promise.all(
      [loops, 'true', 'false', loops, 'true'].map(where => evaluateCondition(where, variables)),
    )
    expect(results.map(({ met }) => met)).toEqual([false, true, false, false, true])
  })
})
