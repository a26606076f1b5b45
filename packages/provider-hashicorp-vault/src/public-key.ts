import { type KeyType, keyType, SealwrightError } from '@sealwright/core'
import { spkiOf } from '@sealwright/core/adapter'
import { decodeBase64, decodePem } from '@sealwright/core/encoding'

/**
 * The SubjectPublicKeyInfo of what transit calls `public_key`: PEM, or the raw key in base64.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for what is no public key of that type.
 */
export function publicKeyOf(type: KeyType, text: unknown): Uint8Array {
  try {
    if (typeof text !== 'string' || text === '') throw new TypeError('no public key')
    const spki = text.startsWith('-----') ? fromPem(text) : spkiOf(type, decodeBase64(text, 'public key'))
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
