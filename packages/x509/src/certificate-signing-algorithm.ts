import { type AlgorithmId, type KeyDescriptor, SealwrightError } from '@sealwright/core'
import { publicKeyKind } from './public-key.ts'

/** Bits of the hash that RFC 7518 pairs with the strength of the key. */
const RSA_HASH: Readonly<Record<number, 256 | 384 | 512>> = { 2048: 256, 3072: 384, 4096: 512 }

/** That hash first, and PKCS #1, which every reader of certificates knows, before PSS. */
function rsaChoices(bits: number): readonly AlgorithmId[] {
  const hash = RSA_HASH[bits]
  if (hash === undefined) return []
  const hashes = [hash, ...([256, 384, 512] as const).filter(other => other !== hash)]
  return hashes.flatMap((size): AlgorithmId[] => [`RS${size}`, `PS${size}`])
}

/** Every other key signs certificates with the one algorithm of its type. */
const OTHERS: readonly AlgorithmId[] = [
  'ES256',
  'ES384',
  'ES512',
  'ES256K',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
]

/**
 * The algorithm that a key should sign certificates and requests with: of those that its store accepts, ECDSA by curve,
 * RSA with PKCS #1 before PSS and the hash by size.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` when the store accepts none of them for this key.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { awsKms } from '@sealwright/provider-aws-kms'
 * import { certificateSigningAlgorithm } from '@sealwright/x509'
 *
 * const signer = await openSigner(awsKms(), 'awskms:///alias/ca', { algorithm: certificateSigningAlgorithm })
 * ```
 */
export function certificateSigningAlgorithm(key: KeyDescriptor): AlgorithmId {
  const kind = publicKeyKind(key.publicKey)
  const choices = kind.kind === 'RSA' ? rsaChoices(kind.bits) : OTHERS
  const choice = choices.find(algorithm => key.algorithms[algorithm] !== undefined)
  if (choice !== undefined) return choice
  const accepted = Object.keys(key.algorithms).join(', ') || 'nothing'
  throw new SealwrightError('UNSUPPORTED', 'the key cannot sign certificates', {
    why: `its store lets it sign with ${accepted}`,
    fix: `use a key that may sign with ${choices.join(' or ') || 'RS256 (RSA of 2048, 3072 or 4096 bits)'}`,
  })
}
