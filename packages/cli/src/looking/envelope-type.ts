import { isSealwrightError } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { decodeJson, isJsonObject, type JsonObject } from '@sealwright/core/encoding'
import { nv2, nv2Jwt } from '@sealwright/core/nv2'
import { BUNDLE_TYPE, isBundleType, notaryCose, notaryJws } from '@sealwright/notary'
import { MAX_ENVELOPE_BYTES } from '../judging/envelope-file.ts'

/** Layers under cosign's old tag `.sig`: a statement in JSON, signed in the annotations of its layer. */
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json'
export const SPDX_JSON = 'application/spdx+json'
export const CYCLONEDX_JSON = 'application/vnd.cyclonedx+json'

const TOKEN = /^[\w-]+\.[\w-]+\.[\w-]+\s*$/
const MAX_TOKEN_BYTES = 1024 * 1024
const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/

/** CBOR's tag of a COSE_Sign1, and the array of four without it (RFC 9052 section 4.2). */
const COSE_SIGN1: readonly number[] = [0xd2, 0x84]

/** What bytes in a file are, by their content: nobody says their media type. Nothing for what is none of them. */
export function contentType(bytes: Uint8Array): string | undefined {
  const first = bytes.find(byte => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  if (first === 0x7b) return jsonType(bytes)
  const isToken =
    first === 0x65 && bytes.byteLength <= MAX_TOKEN_BYTES && TOKEN.test(Buffer.from(bytes).toString('latin1'))
  if (isToken) return nv2Jwt.mediaType
  return bytes[0] !== undefined && COSE_SIGN1.includes(bytes[0]) ? notaryCose.mediaType : undefined
}

function jsonType(bytes: Uint8Array): string | undefined {
  const value = objectIn(bytes)
  if (value === undefined) return undefined
  const { mediaType } = value
  if (typeof mediaType === 'string' && BUNDLE.test(mediaType))
    return isBundleType(mediaType) ? mediaType : BUNDLE_TYPE
  if (value.payloadType !== undefined && value.signatures !== undefined) return dsse.mediaType
  if (value.signed !== undefined && value.signature !== undefined) return nv2.mediaType
  if (value.critical !== undefined) return SIMPLE_SIGNING
  if (value.spdxVersion !== undefined) return SPDX_JSON
  if (value.bomFormat !== undefined) return CYCLONEDX_JSON
  return value.payload !== undefined && value.signature !== undefined ? notaryJws.mediaType : undefined
}

/** Nothing for what is no JSON object. */
function objectIn(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value = decodeJson(bytes, { label: 'the file', maxBytes: MAX_ENVELOPE_BYTES, maxDepth: 256 })
    return isJsonObject(value) ? value : undefined
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}
