import { createHash } from 'node:crypto'

/**
 * What a public key is known by: `sha256:` and 64 lower-case hexadecimal digits.
 *
 * @param publicKey - DER SubjectPublicKeyInfo; its bytes are hashed as they are.
 */
export function fingerprint(publicKey: Uint8Array): string {
  return `sha256:${createHash('sha256').update(publicKey).digest('hex')}`
}
