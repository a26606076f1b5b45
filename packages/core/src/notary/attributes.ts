import { invalid } from '../encoding/invalid.ts'
import { SealwrightError } from '../errors.ts'

/** What a Notary Project signature says of itself, beside its payload. */
export interface NotaryAttributes {
  /** Default `notary.x509`. */
  readonly signingScheme?: 'notary.x509' | 'notary.x509.signingAuthority' | undefined
  /** To the second when signing. `authenticSigningTime` under `notary.x509.signingAuthority`, else untrusted. */
  readonly signingTime: Date
  /** To the second when signing; later than `signingTime`. */
  readonly expiry?: Date | undefined
  /** Signed attributes that the Notary specification does not define, verification plug-ins included. */
  readonly extended?: readonly ExtendedAttribute[] | undefined
  /** What made the envelope, as product and version. Unsigned. */
  readonly signingAgent?: string | undefined
}

export interface ExtendedAttribute {
  /** An integer in COSE only. */
  readonly key: string | number
  /** JSON in a JWS; in COSE what `decodeCbor` gives and `encodeCbor` takes. */
  readonly value: unknown
  /** A verifier that does not understand it must refuse the signature. */
  readonly critical: boolean
}

/** Attribute names of the Notary Project signature specification, the same in JWS and COSE. */
export const LABELS = {
  signingScheme: 'io.cncf.notary.signingScheme',
  signingTime: 'io.cncf.notary.signingTime',
  authenticSigningTime: 'io.cncf.notary.authenticSigningTime',
  expiry: 'io.cncf.notary.expiry',
  timestampSignature: 'io.cncf.notary.timestampSignature',
  signingAgent: 'io.cncf.notary.signingAgent',
} as const

/** Keys of the payload's annotations that start so are the specification's own. */
export const RESERVED_ANNOTATIONS = 'io.cncf.notary'

export const PAYLOAD_TYPE = 'application/vnd.cncf.notary.payload.v1+json'

/** Most bytes of an envelope; real ones have a few thousand. */
export const MAX_ENVELOPE_BYTES: number = 4 * 1024 * 1024

type Key = string | number

/** A protected header, decoded, before its attributes are judged. */
interface ProtectedHeader {
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

/** Attributes fit to be signed, with the defaults filled in. Times are to the second. */
export interface CheckedAttributes {
  readonly signingScheme: 'notary.x509' | 'notary.x509.signingAuthority'
  /** The label that the signing time goes under. */
  readonly timeLabel: string
  readonly signingTime: Date
  readonly expiry?: Date | undefined
  readonly extended: readonly ExtendedAttribute[]
  readonly signingAgent?: string | undefined
}

/** A clock that says anything else is wrong; and both encodings can say all of these. */
const FIRST_TIME = /* @__PURE__ */ Date.UTC(1970, 0, 1)
const LAST_TIME = /* @__PURE__ */ Date.UTC(9999, 11, 31, 23, 59, 59)

const ALL_LABELS: ReadonlySet<string | number> = /* @__PURE__ */ new Set(Object.values(LABELS))

/**
 * Checks what a signer asked to have signed.
 *
 * @param own - Keys of the encoding itself, which no extended attribute may take.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function checkAttributes(
  attributes: NotaryAttributes,
  own: ReadonlySet<string | number>,
): CheckedAttributes {
  const { signingScheme = 'notary.x509', extended = [], signingAgent } = attributes
  if (signingScheme !== 'notary.x509' && signingScheme !== 'notary.x509.signingAuthority') {
    throw refused('the signing scheme is neither notary.x509 nor notary.x509.signingAuthority')
  }
  const byAuthority = signingScheme === 'notary.x509.signingAuthority'
  const signingTime = toSecond(attributes.signingTime, 'signing time')
  const expiry = attributes.expiry && toSecond(attributes.expiry, 'expiry')
  if (expiry && expiry <= signingTime) throw refused('the expiry is not after the signing time')
  if (signingAgent !== undefined && !signingAgent.isWellFormed())
    throw refused('lone surrogate in the signing agent')
  const keys = new Set<string | number>()
  for (const { key } of extended) {
    if (own.has(key) || ALL_LABELS.has(key) || keys.has(key))
      throw refused(`the attribute ${JSON.stringify(key)} is reserved or given twice`)
    if (typeof key === 'number' && !Number.isSafeInteger(key))
      throw refused('an attribute key is not a safe integer')
    keys.add(key)
  }
  return {
    signingScheme,
    timeLabel: byAuthority ? LABELS.authenticSigningTime : LABELS.signingTime,
    signingTime,
    ...(expiry ? { expiry } : {}),
    extended,
    signingAgent,
  }
}

function toSecond(time: Date, what: string): Date {
  const milliseconds = time.getTime()
  if (!(milliseconds >= FIRST_TIME && milliseconds <= LAST_TIME))
    throw refused(`the ${what} is not a time from 1970 to 9999`)
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}

function refused(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', fault)
}
