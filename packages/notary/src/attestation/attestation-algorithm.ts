import { type AlgorithmId, type KeyDescriptor, keyType } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'

/**
 * What an attestation is signed with where nobody says: the key's only algorithm, else ES256, ES384 or ES512 by its curve,
 * and RS256 for RSA, which is all of RSA that cosign reads.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming what the key allows where that is none of these.
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
