import type { Case } from './vectors.ts'

/** What we may refuse although the reference accepts it: a pattern of case ids, and the reason. Never the reverse. */
interface Difference {
  readonly ids: RegExp
  readonly why: string
}

export const differences: readonly Difference[] = [
  {
    ids: /^policy\/\w+\/text-(duplicate|two-documents|trailing)/,
    why: 'RFC 8259: one value, no member twice',
  },
  { ids: /^policy\/\w+\/text-(level-)?member-case$/, why: 'member names have one spelling' },
  { ids: /^policy\/\w+\/store-(dot|dotdot)$/, why: 'a store is a folder of its own' },
  {
    ids: /^policy\/blob\/doc-global-skip$/,
    why: 'the specification forbids it; the code misses it by comparing a string with a structure',
  },
  { ids: /^policy\/\w+\/verifyTimestamp-$/, why: 'an empty value is none of the two' },

  {
    ids: /^envelope\/(jws|verify)\/([\w-]+-)?case(-[\w-]+)?$/,
    why: 'member names have one spelling',
  },
  { ids: /^envelope\/(jws|verify)\/([\w-]+-)?dup-/, why: 'RFC 8259: no member twice' },
  {
    ids: /^envelope\/jws\/(enc|pay|x5c)-([\w-]+-)?(newline|cr|spare-bits|line-breaks)$/,
    why: 'base64 has one spelling',
  },
  {
    ids: /^envelope\/jws\/alg-ps256-salt-/,
    why: 'the salt is as long as the digest (specification); in COSE the reference demands it too',
  },
  { ids: /^envelope\/jws\/hdr-crit-b64$/, why: 'RFC 7797: b64 changes which bytes are signed' },
  { ids: /^envelope\/jws\/(hdr-ext-x5c|header-extra)$/, why: 'RFC 7515 §7.2.1: no name in both headers' },
  {
    ids: /^envelope\/jws\/hdr-(time|expiry|sa-time)-(comma-fraction|one-digit-hour)$/,
    why: 'times are RFC 3339',
  },
  {
    ids: /^envelope\/cose\/(dup-across|hdr-ext-x5chain-protected)$/,
    why: 'RFC 9052 §3: no label in both headers',
  },
  {
    ids: /^envelope\/cose\/(enc-prot-(bytes-long|long-head)|hdr-time-long-int)$/,
    why: 'CBOR is core-deterministic (specification)',
  },
  {
    ids: /^envelope\/cose\/hdr-(time|expiry|sa-time)-float$/,
    why: 'times are whole seconds (specification)',
  },
  {
    ids: /^envelope\/cose\/hdr-crit-/,
    why: 'crit lists each label that has to be there, once, and no other',
  },
  {
    ids: /^envelope\/verify\/ext-[\w-]+-critical$/,
    why: 'a critical attribute that is not understood fails (specification)',
  },
]

/** Why we may refuse this case although the reference accepts it; `undefined` where we must agree. */
function deliberateDifference(id: string): string | undefined {
  return differences.find(({ ids }) => ids.test(id))?.why
}

/** What is wrong with our verdict; `undefined` if it agrees, or differs on purpose. */
export function disagreement({ id, note, expected }: Case, accepted: boolean): string | undefined {
  if (accepted === (expected.outcome === 'accept')) return undefined
  if (accepted) return `we accept what the reference refuses (${note}): ${expected.reason}`
  return deliberateDifference(id) === undefined ? `we refuse what the reference accepts (${note})` : undefined
}
