import { type AlgorithmId, type KeyDescriptor, keyType } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'

/**
 * Returns the default algorithm for attestations: the key's only algorithm, else ES256, ES384 or ES512 by its curve, and
 * RS256 for RSA, the only RSA algorithm that cosign reads.
 *
 * @throws {@link SealwrightError} `VALIDATION` if the key allows none of these; it names those that the key allows.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { attestationAlgorithm } from '@sealwright/notary'
 * import { awsKms } from '@sealwright/provider-aws-kms'
 *
 * const signer = await openSigner(awsKms(), 'awskms:///alias/release', { algorithm: attestationAlgorithm })
 * ```
 */
export function attestationAlgorithm(key: KeyDescriptor): AlgorithmId {
  const usual: AlgorithmId = USUAL[keyType(key.publicKey)] ?? 'RS256'
  return Object.keys(key.algorithms).length > 1 && key.algorithms[usual] !== undefined
    ? usual
    : dsse.algorithmFor(key)
}

const USUAL: Readonly<Record<string, AlgorithmId>> = {
  'EC-P256': 'ES256',
  'EC-P384': 'ES384',
  'EC-P521': 'ES512',
}
