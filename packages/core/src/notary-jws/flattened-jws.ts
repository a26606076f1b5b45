import { decodeJson, isJsonObject, type JsonObject, type JsonValue } from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import { assertExactNames } from '../notary/exact-names.ts'
import { LABELS, MAX_ENVELOPE_BYTES } from '../notary/labels.ts'

const LABEL = 'Notary JWS envelope'

/** The members of a flattened JWS (RFC 7515 §7.2.2), all required and none empty, still in base64url. */
export interface FlattenedJws {
  readonly payload: string
  readonly protected: string
  readonly header: JwsHeader
  readonly signature: string
}

/** An unprotected header. Its readers throw `VALIDATION` for a member of another type. */
export interface JwsHeader {
  /** `undefined` for `null` too, as the reference reads it. */
  text(name: string): string | undefined
  /** At least one text. */
  texts(name: string): readonly string[]
  /** RFC 7515 §7.2.2: no name stands in both headers. */
  assertDisjoint(protectedNames: readonly string[]): void
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function readFlattenedJws(bytes: Uint8Array): FlattenedJws {
  const envelope = decodeJson(bytes, { label: LABEL, maxBytes: MAX_ENVELOPE_BYTES })
  if (!isJsonObject(envelope)) throw invalid(LABEL, 'not an object')
  assertExactNames(envelope, ['payload', 'protected', 'header', 'signature'], LABEL)
  const { payload, protected: protectedHeader, header, signature } = envelope
  if (!isJsonObject(header)) throw invalid(LABEL, 'header is missing or not an object')
  assertExactNames(header, ['x5c', LABELS.timestampSignature], LABEL)
  return {
    payload: required(payload, 'payload'),
    protected: required(protectedHeader, 'protected'),
    header: readHeader(header),
    signature: required(signature, 'signature'),
  }
}

function readHeader(header: JsonObject): JwsHeader {
  return {
    text(name) {
      const value = header[name] ?? undefined
      if (value !== undefined && typeof value !== 'string') throw invalid(LABEL, `header ${name} is not text`)
      return value
    },
    texts(name) {
      const value = header[name]
      if (!isTexts(value) || value.length === 0)
        throw invalid(LABEL, `header ${name} is missing, empty or not a list of texts`)
      return value
    },
    assertDisjoint(protectedNames) {
      const both = protectedNames.find(name => Object.hasOwn(header, name))
      if (both !== undefined)
        throw invalid(LABEL, 'a name stands in the protected and in the unprotected header')
    },
  }
}

function required(value: JsonValue | undefined, name: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(LABEL, `${name} is missing, empty or not text`)
  return value
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}
