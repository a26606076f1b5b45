import { hash } from 'node:crypto'
import { der, derBitString, derOctetString, derSequence, readDer } from '@sealwright/core/encoding'

/**
 * The identifier that certificates made here give a key: the leftmost 20 bytes of SHA-256 over the bits of
 * subjectPublicKey (RFC 7093, section 2, method 1).
 *
 * @param spki - DER SubjectPublicKeyInfo.
 */
export function keyIdentifier(spki: Uint8Array): Uint8Array {
  const [, bits] = derSequence(readDer(spki, 'public key'), 'public key')
  const digest = hash('sha256', derBitString(bits, 'public key').bytes, 'buffer')
  return new Uint8Array(digest.subarray(0, 20))
}

/** RFC 5280, section 4.2.1.2. */
export function readSubjectKeyIdentifier(value: Uint8Array, label: string): Uint8Array {
  return derOctetString(readDer(value, label), label)
}

/** The keyIdentifier of an AuthorityKeyIdentifier (RFC 5280, section 4.2.1.1), if it has one. */
export function readAuthorityKeyIdentifier(value: Uint8Array, label: string): Uint8Array | undefined {
  return derSequence(readDer(value, label), label).find(({ tag }) => tag === 0x80)?.contents
}

export function encodeAuthorityKeyIdentifier(identifier: Uint8Array): Uint8Array {
  return der.sequence(der.implicit(0, der.octetString(identifier)))
}
