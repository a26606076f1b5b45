import type { MessageType } from '@aws-sdk/client-kms'
import { type KeyDescriptor, type KeyHandle, SealwrightError, type SignRequest } from '@sealwright/core'
import { requestIdIn } from '@sealwright/core/adapter'
import { signingAlgorithm } from './algorithms.ts'
import type { Kms } from './client.ts'
import { withState } from './key-state.ts'
import { keyArn, referenceTo } from './reference.ts'

const MESSAGE_TYPE: Readonly<Record<SignRequest['input'], MessageType>> = {
  digest: 'DIGEST',
  message: 'RAW',
  mu: 'EXTERNAL_MU',
}

/** A handle on one key, by its ARN. It holds nothing: connections are the provider's. */
export function keyHandle(kms: Kms, arn: string, key: KeyDescriptor): KeyHandle {
  return {
    key,
    signRaw: async ({ algorithm, input, bytes }, call) => {
      const request = {
        KeyId: arn,
        Message: bytes,
        MessageType: MESSAGE_TYPE[input],
        SigningAlgorithm: signingAlgorithm(algorithm.id),
      }
      const reply = await withState(kms, arn, call, () => kms.sign(request, call))
      const requestId = requestIdIn(reply.$metadata.requestId)
      if (keyArn(reply.KeyId) === undefined || !(reply.Signature instanceof Uint8Array)) {
        throw new SealwrightError('INTEGRITY', `AWS KMS answered without a signature by ${arn}`, requestId)
      }
      return {
        bytes: reply.Signature,
        encoding: algorithm.family === 'ECDSA' ? 'der' : 'raw',
        reference: referenceTo(reply.KeyId!),
        ...requestId,
      }
    },
  }
}
