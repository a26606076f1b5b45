import { hash } from 'node:crypto'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const KEY_ID = /^(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}$/

/**
 * The key id of docker/libtrust, by which the prototype names keys: the first 240 bits of the SHA-256 of the public key in
 * base32, in 12 groups of 4 with colons between.
 *
 * @param publicKey - DER SubjectPublicKeyInfo.
 */
export function nv2KeyId(publicKey: Uint8Array): string {
  const digest = BigInt(`0x${hash('sha256', publicKey).slice(0, 60)}`)
  let text = ''
  for (let at = 0; at < 48; at++) text += ALPHABET[Number((digest >> BigInt(5 * (47 - at))) & 31n)]
  return (text.match(/.{4}/g) as string[]).join(':')
}

/** Whether a text could be the id of a key. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text)
}
