import {
  decodeJson,
  encodeJson,
  encodeUtf8,
  invalid,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'

/** The manifest that an nv2 signature signs. */
export interface Nv2Content {
  readonly mediaType: string
  /** `sha256:`, `sha384:` or `sha512:` and the hash in lower-case hexadecimal. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** Where the signer says that the manifest comes from: `registry.example/app:v1`. At least one, or absent. */
  readonly references?: readonly string[]
}

/** {@link Nv2Content} of the first form, which does not sign the media type. */
export type Nv2FirstContent = Omit<Nv2Content, 'mediaType'>

/** The signed times, in whole seconds; parts of a second are cut off. Nothing proves them. */
export interface Nv2Attributes {
  /** `iat`. The prototype always writes it. */
  readonly issuedAt?: Date
  /** `nbf`; the prototype writes it with `expiry` only. */
  readonly notBefore?: Date
  /** `exp`; after the two others. */
  readonly expiry?: Date
}

/** The names of all claims. */
type ClaimName = 'exp' | 'nbf' | 'iat' | 'mediaType' | 'digest' | 'size' | 'references'

/** The claims of a form, in the order in which it writes them. */
export type ClaimOrder = readonly ClaimName[]

export interface Claims<Content> {
  readonly content: Content
  readonly attributes: Nv2Attributes
}

/** Most bytes of the claims. */
const MAX_BYTES = 256 * 1024
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/
const MAX_REFERENCES = 256
const MAX_REFERENCE_LENGTH = 4096
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

/**
 * The JSON text of the claims, byte for byte as Go's `encoding/json` writes the prototype's structures.
 *
 * @throws {@link SealwrightError} `VALIDATION` for content and times that a reader would refuse.
 */
export function encodeClaims<Content extends Nv2FirstContent>(
  order: ClaimOrder,
  { content, attributes }: Claims<Content>,
  label: string,
): Uint8Array {
  const { issuedAt, notBefore, expiry } = attributes
  const claims: Partial<Record<ClaimName, string | number | readonly string[]>> = {
    ...content,
    ...(expiry === undefined ? {} : { exp: secondsOf(expiry, label) }),
    ...(notBefore === undefined ? {} : { nbf: secondsOf(notBefore, label) }),
    ...(issuedAt === undefined ? {} : { iat: secondsOf(issuedAt, label) }),
  }
  const stray = Object.keys(claims).find(name => !(order as readonly string[]).includes(name))
  if (stray !== undefined) throw invalid(label, `it has no place for ${stray}`)
  const { exp = Number.POSITIVE_INFINITY, nbf = 0, iat = 0 } = claims
  if (exp <= nbf || exp <= iat) throw invalid(label, 'it would expire before it is issued or valid')
  const named = order.filter(name => claims[name] !== undefined)
  const text = named.map(name => `"${name}":${encodeJson(claims[name]!, { label })}`).join(',')
  const bytes = encodeUtf8(`{${text}}`, label)
  // What we would not read back, we do not sign.
  readClaims(order, bytes, label)
  return bytes
}

/**
 * Reads claims, strictly: each of its type and within bounds, none that the form does not have.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readClaims<Content extends Nv2FirstContent>(
  order: ClaimOrder,
  bytes: Uint8Array,
  label: string,
): Claims<Content> {
  const claims = decodeJson(bytes, { label, maxBytes: MAX_BYTES, maxDepth: 2, integers: INTEGERS })
  if (!isJsonObject(claims)) throw invalid(label, 'the claims are not an object')
  if (Object.keys(claims).some(name => !(order as readonly string[]).includes(name)))
    throw invalid(label, 'a claim that this form does not have')
  return {
    content: readContent(claims, order.includes('mediaType'), label) as Content,
    attributes: {
      ...readSeconds(claims.iat, 'issuedAt', label),
      ...readSeconds(claims.nbf, 'notBefore', label),
      ...readSeconds(claims.exp, 'expiry', label),
    },
  }
}

const INTEGERS = ['size', 'exp', 'nbf', 'iat'] as const

function readContent(claims: JsonObject, typed: boolean, label: string): Nv2FirstContent | Nv2Content {
  const { mediaType, digest, size, references } = claims
  if (typeof digest !== 'string' || !DIGEST.test(digest)) throw invalid(label, 'digest is not a digest')
  if (typeof size !== 'number' || size < 0) throw invalid(label, 'size is not a size')
  if (typed && (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType)))
    throw invalid(label, 'mediaType is not a media type')
  return {
    ...(typed ? { mediaType: mediaType as string } : {}),
    digest,
    size,
    ...(references === undefined ? {} : { references: readReferences(references, label) }),
  }
}

/**
 * At least one reference, each one word without control characters. Whether a registry understands it is for whoever
 * compares it with a certificate.
 */
function readReferences(value: JsonValue, label: string): readonly string[] {
  if (!isList(value) || value.length === 0) throw invalid(label, 'references is empty or not a list')
  if (value.length > MAX_REFERENCES) throw invalid(label, `more than ${MAX_REFERENCES} references`)
  return value.map(item => {
    if (
      typeof item !== 'string' ||
      item === '' ||
      item.length > MAX_REFERENCE_LENGTH ||
      /[\s\p{C}]/u.test(item)
    )
      throw invalid(label, 'a reference is not a word of printable characters')
    return item
  })
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** The end of the year 9999, the last that every reader of times knows. */
const LAST = 253_402_300_799

/** A time as RFC 7519 has it, without its part of a second. Throws `VALIDATION` for one before 1970 or after 9999. */
function secondsOf(time: Date, label: string): number {
  const seconds = Math.floor(time.getTime() / 1000)
  if (!isTime(seconds)) throw invalid(label, 'a time out of range')
  return seconds
}

/** A member with the time, or none. The prototype's writer leaves a zero out, so none is read. Throws `VALIDATION`. */
function readSeconds<Name extends string>(
  value: JsonValue | undefined,
  name: Name,
  label: string,
): { readonly [name in Name]?: Date } {
  if (value === undefined) return {}
  if (!isTime(value)) throw invalid(label, `${name} is not a time in seconds`)
  return { [name]: new Date(value * 1000) } as { readonly [name in Name]: Date }
}

function isTime(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 1 && value <= LAST
}
