import { encodeUtf8 } from '../encoding/index.ts'

/**
 * DSSE's pre-authentication encoding: the bytes that are signed, `DSSEv1 <length> <payloadType> <length> <payload>`.
 *
 * @see DSSE v1.0.2, protocol.md, "Signature Definition"
 * @throws {@link SealwrightError} `VALIDATION` for a payload type with a lone surrogate.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const label = 'DSSE payload type'
  const type = encodeUtf8(payloadType, label)
  const head = encodeUtf8(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `, label)
  const encoded = new Uint8Array(head.length + payload.length)
  encoded.set(head)
  encoded.set(payload, head.length)
  return encoded
}
