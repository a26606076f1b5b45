import type { AlgorithmId, KeyDescriptor, KeyProvider, Signer } from '@sealwright/core'
import { openSigner } from '@sealwright/core'
import { newMessage } from './messages.ts'
import { assertSignature } from './verification.ts'

/** Whatever the key signs with: for cases in which any algorithm will do. */
export function firstAlgorithm({ algorithms }: Pick<KeyDescriptor, 'algorithms'>): AlgorithmId {
  return Object.keys(algorithms)[0] as AlgorithmId
}

/** Runs `task` with a Signer, and disposes of it. */
export async function withSigner<T>(
  provider: KeyProvider,
  reference: string,
  task: (signer: Signer) => Promise<T>,
): Promise<T> {
  const signer = await openSigner(provider, reference, { algorithm: firstAlgorithm })
  try {
    return await task(signer)
  } finally {
    await signer[Symbol.asyncDispose]()
  }
}

/** Signs a message and judges the signature. */
export async function assertSigns({ sign, key, algorithm }: Signer): Promise<void> {
  const message = newMessage()
  const { bytes } = await sign(message)
  assertSignature(algorithm.id, key.publicKey, message, bytes)
}
