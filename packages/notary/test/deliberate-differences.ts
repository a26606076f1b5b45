/** Where we refuse, on purpose, what the reference accepts: a pattern of case ids and the reason. */
interface Difference {
  readonly ids: RegExp
  readonly why: string
}

/** Never the reverse: what the reference refuses, we refuse. */
const differences: readonly Difference[] = [
  {
    ids: /^policy\/\w+\/text-(duplicate|two-documents|trailing-garbage)/,
    why: 'RFC 8259: one value, no member twice',
  },
  { ids: /^policy\/\w+\/text-(level-)?member-case$/, why: 'member names have one spelling' },
  { ids: /^policy\/\w+\/store-(dot|dotdot)$/, why: 'a store is a folder of its own' },
  {
    ids: /^policy\/blob\/doc-global-skip$/,
    why: 'the specification forbids it; the code misses it by comparing a string with a structure',
  },
  { ids: /^policy\/\w+\/verifyTimestamp-$/, why: 'an empty value is none of the two' },
]

/** Why we refuse this case although the reference accepts it; `undefined` where we must agree. */
export function deliberateDifference(id: string): string | undefined {
  return differences.find(({ ids }) => ids.test(id))?.why
}

/** Both refuse, at different checks. */
const otherChecks: readonly Difference[] = []

/** Why the check that refuses is another one than the reference's; `undefined` where they must be the same. */
export function differentChecks(id: string): string | undefined {
  return otherChecks.find(({ ids }) => ids.test(id))?.why
}
