import { decodeJson, isJsonObject } from '../encoding/index.ts'
import type { UnverifiedEnvelope } from '../envelope.ts'
import type { Nv2Attributes, Nv2Content, Nv2FirstContent } from './claims.ts'
import { MAX_ENVELOPE_BYTES } from './limits.ts'
import { nv2, nv2First } from './nv2.ts'
import { nv2Jwt } from './nv2-jwt.ts'

/** The forms of an nv2 signature: the overview's JSON, the prototype's first JSON, its token. */
export type Nv2Form = 'json' | 'first-json' | 'jwt'

/** An nv2 signature of any form; nothing of it is true before its signature holds under a trusted key. */
export interface OpenedNv2 {
  readonly form: Nv2Form
  /** As a registry stores it. */
  readonly mediaType: string
  /** Exactly one signature. */
  readonly envelope: UnverifiedEnvelope<Nv2Content | Nv2FirstContent, Nv2Attributes>
}

/**
 * Reads an nv2 signature of whichever form it is, as strictly as the form's own reader.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function openNv2(bytes: Uint8Array): OpenedNv2 {
  // A token has dots and letters of base64url only, and begins with the base64url of a brace.
  if (bytes[0] === 0x65) return { form: 'jwt', mediaType: nv2Jwt.mediaType, envelope: nv2Jwt.open(bytes) }
  const form = isTyped(bytes) ? 'json' : 'first-json'
  const format = form === 'json' ? nv2 : nv2First
  return { form, mediaType: format.mediaType, envelope: format.open(bytes) }
}

function isTyped(bytes: Uint8Array): boolean {
  const value = decodeJson(bytes, { label: 'nv2 envelope', maxBytes: MAX_ENVELOPE_BYTES, maxDepth: 4 })
  const signed = isJsonObject(value) ? value.signed : undefined
  return isJsonObject(signed) && signed.mediaType !== undefined
}
