import { encodeBase64url, encodePem } from './encoding/index.ts'
import { parsePublicKey } from './public-key.ts'
import { RAW_KEYS } from './raw-public-key.ts'

/** A public key as JSON Web Key (RFC 7517). */
export type PublicJwk =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | {
      readonly kty: 'EC'
      readonly crv: 'P-256' | 'P-384' | 'P-521' | 'secp256k1'
      readonly x: string
      readonly y: string
    }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string }
  | { readonly kty: 'AKP'; readonly alg: 'ML-DSA-44' | 'ML-DSA-65' | 'ML-DSA-87'; readonly pub: string }

/**
 * Returns a public key as PEM, `BEGIN PUBLIC KEY`, as openssl and every verifier read it.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, such as `signer.key.publicKey`.
 * @throws {@link SealwrightError} `VALIDATION` for what is no public key; `UNSUPPORTED` for another kind of key.
 */
export function toPem(publicKey: Uint8Array): string {
  parsePublicKey(publicKey)
  return encodePem('PUBLIC KEY', publicKey)
}

/**
 * Returns a public key as JSON Web Key: RSA and EC by RFC 7518, secp256k1 by RFC 8812, Ed25519 by RFC 8037, ML-DSA by
 * draft-ietf-cose-dilithium (`AKP`). It says nothing of use, algorithm or key id, but for `alg` of ML-DSA, which demands it.
 *
 * @param publicKey - DER SubjectPublicKeyInfo, such as `signer.key.publicKey`.
 * @throws {@link SealwrightError} as {@link toPem}; `UNSUPPORTED` for ML-DSA where the running Node.js has none.
 */
export function toJwk(publicKey: Uint8Array): PublicJwk {
  const { object, type } = parsePublicKey(publicKey)
  if (type === 'ML-DSA-44' || type === 'ML-DSA-65' || type === 'ML-DSA-87') {
    // The raw key is the end of its SubjectPublicKeyInfo, FIPS 204.
    return { kty: 'AKP', alg: type, pub: encodeBase64url(publicKey.subarray(-RAW_KEYS[type].length)) }
  }
  const { kty, crv, n, e, x, y } = object.export({ format: 'jwk' })
  if (kty === 'RSA') return { kty, n: n!, e: e! }
  if (kty === 'OKP') return { kty, crv: 'Ed25519', x: x! }
  return { kty: 'EC', crv: crv as 'P-256', x: x!, y: y! }
}
