import { isSealwrightError } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { decodeJson, isJsonObject, type JsonObject } from '@sealwright/core/encoding'
import { ReferrerTypes } from '@sealwright/oci'
import { BUNDLE_TYPE, isBundleType } from '@sealwright/sigstore'
import { notaryCose, notaryJws } from '../binding.ts'
import { MAX_ENVELOPE_BYTES } from '../find-signatures.ts'

const BUNDLE = /^application\/vnd\.dev\.sigstore\.bundle/

/** CBOR's tag of a COSE_Sign1, and the array of four without it (RFC 9052 section 4.2). */
const COSE_SIGN1: readonly number[] = [0xd2, 0x84]

/**
 * Returns the media type of an envelope or a bill of materials by its content, for bytes in a file, of which nobody says it:
 * Notary Project, DSSE, Sigstore bundle, simple signing, SPDX, CycloneDX. `undefined` for anything else.
 */
export function envelopeTypeOf(bytes: Uint8Array): string | undefined {
  const first = bytes.find(byte => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  if (first === 0x7b) return jsonType(bytes)
  return bytes[0] !== undefined && COSE_SIGN1.includes(bytes[0]) ? notaryCose.mediaType : undefined
}

function jsonType(bytes: Uint8Array): string | undefined {
  const value = objectIn(bytes)
  if (value === undefined) return undefined
  const { mediaType } = value
  if (typeof mediaType === 'string' && BUNDLE.test(mediaType))
    return isBundleType(mediaType) ? mediaType : BUNDLE_TYPE
  if (value.payloadType !== undefined && value.signatures !== undefined) return dsse.mediaType
  if (value.critical !== undefined) return ReferrerTypes.simpleSigning
  if (value.spdxVersion !== undefined) return ReferrerTypes.spdxJson
  if (value.bomFormat !== undefined) return ReferrerTypes.cyclonedxJson
  return value.payload !== undefined && value.signature !== undefined ? notaryJws.mediaType : undefined
}

/** Returns `undefined` if the bytes are not a JSON object. */
function objectIn(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value = decodeJson(bytes, { label: 'the file', maxBytes: MAX_ENVELOPE_BYTES, maxDepth: 256 })
    return isJsonObject(value) ? value : undefined
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}
