import {
  decodeBase64,
  decodeJsonWithPositions,
  encodeUtf8,
  isJsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'

const LABEL = 'DSSE envelope'
/** Attestations carry whole SBOMs. */
const MAX_BYTES = 32 * 1024 * 1024
/** Each may cost a verification. */
export const MAX_SIGNATURES = 256

/** A DSSE envelope, read. */
export interface DsseEnvelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatures: readonly DsseSignature[]
  /** The envelope with one more signature, given as JSON; all else stays as it was written. */
  with(signature: string): Uint8Array
}

interface DsseSignature {
  readonly bytes: Uint8Array
  readonly keyId?: string
}

/**
 * Reads the JSON of a DSSE v1 envelope. Members that DSSE does not define are passed over, as it asks.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readDsseEnvelope(bytes: Uint8Array): DsseEnvelope {
  const json = decodeJsonWithPositions(bytes, {
    label: LABEL,
    maxBytes: MAX_BYTES,
    only: ['payloadType', 'payload', 'signatures'],
  })
  const { value: members } = json
  if (!isJsonObject(members)) throw invalid(LABEL, 'not an object')
  const { payloadType, payload, signatures } = members
  if (typeof payloadType !== 'string' || payloadType === '')
    throw invalid(LABEL, 'payloadType is missing, empty or not text')
  if (typeof payload !== 'string') throw invalid(LABEL, 'payload is missing or not text')
  if (!isList(signatures) || signatures.length === 0)
    throw invalid(LABEL, 'signatures is missing, empty or not a list')
  if (signatures.length > MAX_SIGNATURES) throw invalid(LABEL, `more than ${MAX_SIGNATURES} signatures`)
  return {
    payloadType,
    payload: decodeEither(payload, `${LABEL}, payload`),
    signatures: signatures.map(readSignature),
    with(signature) {
      const before = json.text(['signatures'])!.slice(0, -1).trimEnd()
      return encodeUtf8(json.replace(['signatures'], `${before},${signature}]`), LABEL)
    },
  }
}

function readSignature(signature: JsonValue, index: number): DsseSignature {
  const label = `signature ${index + 1}`
  if (!isJsonObject(signature)) throw invalid(LABEL, `${label} is not an object`)
  const { sig, keyid } = signature
  if (typeof sig !== 'string' || sig === '') throw invalid(LABEL, `${label} has no sig`)
  if (keyid !== undefined && typeof keyid !== 'string')
    throw invalid(LABEL, `${label} has a keyid that is not text`)
  const bytes = decodeEither(sig, `${LABEL}, ${label}`)
  // "If keyid is unset or empty": the two mean the same.
  return keyid ? { bytes, keyId: keyid } : { bytes }
}

/** DSSE lets a writer choose between the standard and the URL-safe alphabet of base64, so a reader takes both, padded. */
function decodeEither(text: string, label: string): Uint8Array {
  if (!/[-_]/.test(text)) return decodeBase64(text, label)
  if (/[+/]/.test(text)) throw invalid(LABEL, 'base64 of two alphabets')
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'), label)
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}
