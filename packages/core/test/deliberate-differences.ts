/** A kind of envelope that we refuse on purpose and the reference accepts: ids of cases and the reason. */
interface Difference {
  readonly ids: RegExp
  readonly why: string
  /** No published case shows it. */
  readonly unseen?: true
}

/** Never the reverse: what the reference refuses, we refuse. All are refused by `open` or `content`, before any trust. */
const differences: readonly Difference[] = [
  {
    ids: /^envelope\/(jws\/(env|hdr)-case-[\w-]+|verify\/(header-case|payload-[\w-]+-case))$/,
    why: 'a member name has one spelling (RFC 8259); Go reads others as the same member',
  },
  {
    ids: /^envelope\/(jws\/(env|hdr)-dup-[\w-]+|verify\/payload-dup-[\w-]+)$/,
    why: 'a member stands once in an object (RFC 7515 §4); Go takes the last',
  },
  {
    ids: /^envelope\/jws\/(enc|pay|x5c|sig)-([\w-]+-)?(newline|cr|crlf|spare-bits|line-breaks)$/,
    why: 'one text for the same bytes (RFC 7515 §2: no line breaks, RFC 4648 §3.5: no spare bits)',
  },
  {
    ids: /^envelope\/jws\/(hdr-ext-x5c|header-(extra|alg|both|crit|cty|scheme|signing-time))$|^envelope\/cose\/(dup-across(-\w+)?|hdr-ext-x5chain-protected)$/,
    why: 'a name stands in one of the two headers (RFC 7515 §7.2.2, RFC 9052 §3)',
  },
  {
    ids: /^envelope\/jws\/hdr-crit-b64$/,
    why: 'RFC 7797 changes which bytes are signed; the payload is base64url here',
  },
  {
    ids: /^envelope\/jws\/hdr-(time|expiry|sa-time)-(comma-fraction|one-digit-hour)$/,
    why: 'RFC 3339 has a point before the fraction and two digits for the hour',
  },
  {
    ids: /^envelope\/cose\/(([\w-]+-)?(bytes-long|long-(head|int|label|length|tag|text))|(hdr|unprot)-([\w-]+-)?(half|simple))$/,
    why: 'numbers, lengths and tags have one encoding (RFC 8949 §4.2.1, which the specification asks for)',
  },
  {
    ids: /^envelope\/cose\/(hdr-time-both|hdr-sa-with-signing-time)$/,
    unseen: true,
    why: 'each scheme has its own time, and no other (specification); the reference holds its JWS to that, not its COSE',
  },
  {
    ids: /^envelope\/cose\/hdr-crit-(alg|crit|cty|signing-time|([\w-]+-)?twice)$/,
    why: 'the specification lists what is critical; the reference holds its JWS to that, not its COSE',
  },
  {
    ids: /^envelope\/(jws|cose)\/pay-(null|not-json|trailing|empty-object|no-target|dup-[\w-]+|(bad|invalid)-utf8)$/,
    why: 'the payload is read as the format defines it, before anybody is asked to trust it',
  },
]

/** Why we refuse the envelope of this case although the reference accepts it; `undefined` where we must agree. */
export function deliberateDifference(id: string): string | undefined {
  return differences.find(({ ids }) => ids.test(id))?.why
}

/** Patterns that no given id matches: a list that has grown stale. */
export function unusedDifferences(ids: readonly string[]): readonly RegExp[] {
  return differences
    .filter(({ unseen }) => unseen === undefined)
    .map(difference => difference.ids)
    .filter(pattern => !ids.some(id => pattern.test(id)))
}
