import { createHash, createPublicKey } from 'node:crypto'
import {
  type Accepts,
  type AlgorithmId,
  algorithms,
  type KeyHandle,
  type SignRequest,
} from '@sealwright/core'

/** What the pipeline would ask of the adapter, computed without it. */
export function signRequest(
  handle: KeyHandle,
  id: AlgorithmId,
  input: keyof Accepts,
  message: Uint8Array,
): SignRequest {
  const algorithm = algorithms[id]
  return { algorithm, input, bytes: Uint8Array.from(bytesOf()) }

  function bytesOf(): Uint8Array {
    switch (input) {
      case 'digest':
        return createHash(algorithm.hash!).update(message).digest()
      case 'mu':
        return messageRepresentative(handle.key.publicKey, message)
      case 'message':
        return message
    }
  }
}

/** The input that the key takes for an algorithm and a short message. */
export function anyInput(accepts: Accepts): keyof Accepts {
  if (accepts.digest) return 'digest'
  return accepts.message === undefined ? 'mu' : 'message'
}

/** μ of FIPS 204, algorithm 7, with an empty context. The public key is what JWK calls `pub` (RFC 9964). */
function messageRepresentative(spki: Uint8Array, message: Uint8Array): Uint8Array {
  const shake = () => createHash('shake256', { outputLength: 64 })
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const { pub } = key.export({ format: 'jwk' }) as { pub?: string }
  const tr = shake().update(Buffer.from(pub!, 'base64url')).digest()
  return shake().update(tr).update(Uint8Array.of(0, 0)).update(message).digest()
}
