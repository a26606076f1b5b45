import { createHash } from 'node:crypto'

/** Is in every message: a payload must not show in an error either. */
export const PAYLOAD_CANARY = 'payload-canary-5d1f0c'

let count = 0

/** A message that no other case signs, of `size` bytes. */
export function newMessage(size = 100): Uint8Array {
  count++
  const seed = createHash('sha256').update(`${PAYLOAD_CANARY} ${count}`).digest()
  const message = Buffer.alloc(size, seed)
  Buffer.from(PAYLOAD_CANARY).copy(message, seed.length)
  return message
}
