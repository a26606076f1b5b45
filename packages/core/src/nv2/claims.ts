import { decodeJson, encodeJson, encodeUtf8, isJsonObject, type JsonObject } from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import { readReferences } from './references.ts'
import { readSeconds, secondsOf } from './seconds.ts'

/** The manifest that an nv2 signature is over. */
export interface Nv2Content {
  readonly mediaType: string
  /** `sha256:`, `sha384:` or `sha512:` and the hash in lower-case hexadecimal. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  /** Where the signer says that the manifest comes from: `registry.example/app:v1`. At least one, or absent. */
  readonly references?: readonly string[]
}

/** As {@link Nv2Content}: the first form of the prototype did not sign the media type. */
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

/** What a form signs, in the order in which it writes it. */
export type ClaimOrder = readonly ClaimName[]

export interface Claims<Content> {
  readonly content: Content
  readonly attributes: Nv2Attributes
}

/** Most bytes of the claims. */
const MAX_BYTES = 256 * 1024
const DIGEST = /^(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

/**
 * The JSON text of the claims, byte for byte as Go's `encoding/json` writes the prototype's structures.
 *
 * @throws {@link SealwrightError} `VALIDATION` for content and times that no reader would take.
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
  if (typeof digest !== 'string' || !DIGEST.test(digest)) throw invalid(label, 'no digest')
  if (typeof size !== 'number' || size < 0) throw invalid(label, 'no size')
  if (typed && (typeof mediaType !== 'string' || !MEDIA_TYPE.test(mediaType)))
    throw invalid(label, 'no media type')
  return {
    ...(typed ? { mediaType: mediaType as string } : {}),
    digest,
    size,
    ...(references === undefined ? {} : { references: readReferences(references, label) }),
  }
}
