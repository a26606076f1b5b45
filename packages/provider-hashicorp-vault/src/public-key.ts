import { type KeyType, keyType, SealwrightError } from '@sealwright/core'
import { decodeBase64, decodePem, der } from '@sealwright/core/encoding'

/** OIDs of the key types that transit gives as raw bytes in base64, and the length of those (RFC 8410, RFC 9881). */
const RAW: Readonly<Partial<Record<KeyType, { readonly oid: string; readonly length: number }>>> = {
  Ed25519: { oid: '1.3.101.112', length: 32 },
  'ML-DSA-44': { oid: '2.16.840.1.101.3.4.3.17', length: 1312 },
  'ML-DSA-65': { oid: '2.16.840.1.101.3.4.3.18', length: 1952 },
  'ML-DSA-87': { oid: '2.16.840.1.101.3.4.3.19', length: 2592 },
}

/**
 * The SubjectPublicKeyInfo of what transit calls `public_key`: PEM, or the raw key in base64.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for what is no public key of that type.
 */
export function publicKeyOf(type: KeyType, text: unknown): Uint8Array {
  try {
    if (typeof text !== 'string' || text === '') throw new TypeError('no public key')
    const spki = text.startsWith('-----') ? fromPem(text) : fromRaw(type, text)
    if (keyType(spki) !== type) throw new TypeError('another type')
    return spki
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', 'Vault described a key by a public key that cannot be used', {
      why: `it is no public key of type ${type}`,
      cause,
    })
  }
}

function fromPem(text: string): Uint8Array {
  const [block, ...others] = decodePem(text, 'public key')
  if (block?.label !== 'PUBLIC KEY' || others.length > 0) throw new TypeError('not one public key')
  return block.bytes
}

function fromRaw(type: KeyType, text: string): Uint8Array {
  const raw = RAW[type]
  const bytes = decodeBase64(text, 'public key')
  if (raw === undefined || bytes.length !== raw.length) throw new TypeError('not a raw key')
  return der.sequence(der.sequence(der.oid(raw.oid)), der.bitString(bytes))
}
