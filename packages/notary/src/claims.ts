import { isSealwrightError } from '@sealwright/core'
import { skipJson } from '@sealwright/core/encoding'

const MAX_BYTES = 4 * 1024 * 1024
/** As deep as the reference reads. */
const MAX_DEPTH = 10_000

/**
 * Whether the payload of a JWS begins with an object or `null`. The reference reads it as JWT claims when it looks at the
 * signature, and passes over what follows them, members twice and bytes that are not UTF-8; what is signed is another
 * question, which `content` answers strictly.
 */
export function isClaims(payload: Uint8Array): boolean {
  if (payload.byteLength > MAX_BYTES) return false
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(payload).replace(/^[ \t\r\n]+/, '')
  return text.startsWith('null') || (text.startsWith('{') && beginsWithJson(text))
}

function beginsWithJson(text: string): boolean {
  try {
    skipJson(text, 'payload', MAX_DEPTH)
    return true
  } catch (error) {
    if (isSealwrightError(error)) return false
    throw error
  }
}
