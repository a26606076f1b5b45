import { invalid } from './invalid.ts'

const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = /* @__PURE__ */ new TextEncoder()

/**
 * Reads UTF-8. A byte order mark is kept as a character.
 *
 * @throws {@link SealwrightError} `VALIDATION` for bytes that are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, label: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw invalid(label, 'not UTF-8')
  }
}

/** @throws {@link SealwrightError} `VALIDATION` for a lone surrogate, which UTF-8 has no bytes for. */
export function encodeUtf8(text: string, label: string): Uint8Array {
  if (!text.isWellFormed()) throw invalid(label, 'lone surrogate')
  return encoder.encode(text)
}
