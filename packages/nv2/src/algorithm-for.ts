import {
  type AlgorithmId,
  type KeyDescriptor,
  type KeyType,
  keyType,
  SealwrightError,
} from '@sealwright/core'

const OF_RSA = ['RS256', 'RS384', 'RS512'] as const
const OF_CURVE: Readonly<Partial<Record<KeyType, AlgorithmId>>> = {
  'EC-P256': 'ES256',
  'EC-P384': 'ES384',
  'EC-P521': 'ES512',
}

/** Whether nv2 signatures are made with an algorithm: RSASSA-PKCS1-v1_5 or ECDSA on a NIST curve. */
export function isNv2Algorithm(id: string): id is AlgorithmId {
  return (OF_RSA as readonly string[]).includes(id) || Object.values<string>(OF_CURVE).includes(id)
}

/**
 * The algorithm for a key, as docker/libtrust chooses: ECDSA by its curve, and RS256 for RSA of any size. A key whose store
 * allows RS384 or RS512 only signs with that, which the prototype verifies too.
 *
 * @throws {@link SealwrightError} `VALIDATION`, naming the algorithms of nv2, for other keys and for keys bound to RSASSA-PSS.
 */
export function nv2AlgorithmFor(key: KeyDescriptor): AlgorithmId {
  const type = keyType(key.publicKey)
  const found = type.startsWith('RSA-') ? OF_RSA.find(id => key.algorithms[id]) : OF_CURVE[type]
  if (found !== undefined) return found
  throw new SealwrightError('VALIDATION', 'nv2 signatures are not made with this key', {
    why: `it is of type ${type} and allows ${Object.keys(key.algorithms).join(', ') || 'no algorithm'}`,
    fix: `use a key for ${[...OF_RSA, ...Object.values(OF_CURVE)].join(', ')}`,
  })
}
