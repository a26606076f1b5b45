import { invalid } from './invalid.ts'

/** Standard base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64')
}

/**
 * Reads standard base64 (RFC 4648 §4), canonical only: padded exactly, no whitespace, no other alphabet, no spare bits set.
 *
 * @param label - Names the input in the message.
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { decodeBase64 } from '@sealwright/core/encoding'
 *
 * decodeBase64('aGVsbG8=', 'the payload') // the bytes of "hello"
 * ```
 */
export function decodeBase64(text: string, label: string): Uint8Array {
  return canonical(text, 'base64', label)
}

/** base64url without padding (RFC 4648 §5, RFC 7515 §2). */
export function encodeBase64url(bytes: Uint8Array): string {
  return view(bytes).toString('base64url')
}

/**
 * Reads base64url (RFC 4648 §5, RFC 7515 §2), canonical only: no padding, no whitespace, no other alphabet, no spare
 * bits set.
 *
 * @param label - Names the input in the message.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function decodeBase64url(text: string, label: string): Uint8Array {
  return canonical(text, 'base64url', label)
}

function canonical(text: string, encoding: 'base64' | 'base64url', label: string): Uint8Array {
  const decoded = Buffer.from(text, encoding)
  // Node skips what it does not know and takes either alphabet; only the one spelling that it would write itself is taken.
  if (decoded.toString(encoding) !== text) throw invalid(label, `not canonical ${encoding}`)
  // A small Buffer is part of a pool, which all share; a large one has its memory for itself, and need not be copied.
  return decoded.length === decoded.buffer.byteLength
    ? new Uint8Array(decoded.buffer)
    : new Uint8Array(decoded)
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
