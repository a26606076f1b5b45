import { invalid } from '../encoding/invalid.ts'
import type { ExtendedAttribute, NotaryAttributes } from './attributes.ts'
import { LABELS } from './labels.ts'

type Key = string | number

/** A protected header, decoded, before its attributes are judged. */
export interface ProtectedHeader {
  /** Names the header in messages. */
  readonly label: string
  readonly entries: ReadonlyMap<Key, unknown>
  /** Keys of the encoding itself, read by the format: algorithm, content type, list of critical keys. */
  readonly own: ReadonlySet<Key>
  /** The list of critical keys, as it came. */
  readonly critical: unknown
  /** Reads a time in the way of the encoding, or throws `VALIDATION`. */
  time(value: unknown, name: string): Date
}

/** What the reference takes for "no time given". */
const ZERO = /* @__PURE__ */ Date.parse('0001-01-01T00:00:00Z')
const SYSTEM: ReadonlySet<Key> = /* @__PURE__ */ new Set<Key>([
  LABELS.signingScheme,
  LABELS.signingTime,
  LABELS.authenticSigningTime,
  LABELS.expiry,
])
const MAY_BE_CRITICAL: ReadonlySet<Key> = /* @__PURE__ */ new Set<Key>([
  LABELS.signingScheme,
  LABELS.authenticSigningTime,
  LABELS.expiry,
])

/**
 * Reads the signed attributes and holds the rules of the Notary signature specification that need no key: which are
 * required with which scheme, which must be critical, expiry after signing. Attributes that it does not define come back
 * as `extended`; whether a critical one is understood is for the verifier to say.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readSignedAttributes(header: ProtectedHeader): NotaryAttributes {
  const { entries, label } = header
  const signingScheme = entries.get(LABELS.signingScheme)
  if (signingScheme !== 'notary.x509' && signingScheme !== 'notary.x509.signingAuthority') {
    throw invalid(label, `${LABELS.signingScheme} is missing or unknown`)
  }
  const byAuthority = signingScheme === 'notary.x509.signingAuthority'
  const timeName = byAuthority ? LABELS.authenticSigningTime : LABELS.signingTime
  const otherName = byAuthority ? LABELS.signingTime : LABELS.authenticSigningTime
  if (!entries.has(timeName)) throw invalid(label, `${timeName} is missing`)
  if (entries.has(otherName)) throw invalid(label, `${otherName} does not go with ${signingScheme}`)
  const signingTime = readTime(header, timeName)
  const expiry = entries.has(LABELS.expiry) ? readTime(header, LABELS.expiry) : undefined
  if (expiry !== undefined && expiry <= signingTime)
    throw invalid(label, 'the expiry is not after the signing time')
  const critical = readCritical(header)
  for (const name of [
    LABELS.signingScheme,
    ...(byAuthority ? [timeName] : []),
    ...(expiry ? [LABELS.expiry] : []),
  ]) {
    if (!critical.has(name)) throw invalid(label, `${name} is not marked critical`)
  }
  const extended = [...entries]
    .filter(([key]) => !header.own.has(key) && !SYSTEM.has(key))
    .map(([key, value]): ExtendedAttribute => ({ key, value, critical: critical.has(key) }))
  return {
    signingScheme,
    signingTime,
    ...(expiry ? { expiry } : {}),
    ...(extended.length > 0 ? { extended } : {}),
  }
}

function readTime(header: ProtectedHeader, name: string): Date {
  const time = header.time(header.entries.get(name), name)
  if (time.getTime() === ZERO) throw invalid(header.label, `${name} is Go's zero time, which stands for none`)
  return time
}

function readCritical(header: ProtectedHeader): ReadonlySet<Key> {
  const { critical, entries, label } = header
  if (!Array.isArray(critical) || critical.length === 0)
    throw invalid(label, 'no list of critical attributes')
  const found = new Set<Key>()
  for (const key of critical) {
    if (typeof key !== 'string' && typeof key !== 'number')
      throw invalid(label, 'critical key of a wrong type')
    if (found.has(key)) throw invalid(label, 'critical key listed twice')
    if (!entries.has(key)) throw invalid(label, 'critical attribute listed but not there')
    if (header.own.has(key) || (SYSTEM.has(key) && !MAY_BE_CRITICAL.has(key))) {
      throw invalid(label, `${JSON.stringify(key)} must not be listed as critical`)
    }
    found.add(key)
  }
  return found
}
