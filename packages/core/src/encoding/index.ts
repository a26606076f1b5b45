export { decodeBase64, decodeBase64url, encodeBase64, encodeBase64url } from './base64.ts'
export type { DerValue } from './der.ts'
export { readDer } from './der.ts'
export type { DerBits } from './der-types.ts'
export {
  DER_TAGS,
  derBitString,
  derBoolean,
  derContents,
  derExplicit,
  derInteger,
  derNull,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derSmallInteger,
  derText,
  derTime,
  derUnsigned,
} from './der-types.ts'
export type { DerWriter } from './der-writer.ts'
export { der } from './der-writer.ts'
export { ecdsaFromDer, ecdsaToDer } from './ecdsa.ts'
export { invalid } from './invalid.ts'
export {
  decodeJson,
  decodeJsonWithPositions,
  encodeJson,
  isJsonObject,
  type JsonObject,
  type JsonOptions,
  type JsonTextOptions,
  type JsonValue,
  type PositionedJson,
  skipJson,
} from './json.ts'
export type { JsonPosition } from './json-scanner.ts'
export type { PemBlock } from './pem.ts'
export { decodePem, encodePem } from './pem.ts'
export { formatRfc3339, parseRfc3339 } from './rfc3339.ts'
export { shellQuote } from './shell-quote.ts'
export { decodeUtf8, encodeUtf8 } from './utf8.ts'
