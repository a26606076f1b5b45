import type { GetPublicKeyResponse, MessageType } from '@aws-sdk/client-kms'
import {
  type Call,
  isSealwrightError,
  type KeyDescriptor,
  type KeyHandle,
  type KeyType,
  keyType,
  SealwrightError,
  type SignRequest,
} from '@sealwright/core'
import { requestIdIn } from '@sealwright/core/adapter'
import { acceptedBy, signingAlgorithm, typeOf } from './algorithms.ts'
import type { Kms } from './client.ts'
import { assertCanSign, describeKey, protectionOf, withState } from './key-state.ts'
import { type KeyReference, keyArn, referenceTo } from './reference.ts'

/**
 * Opens one key. An alias is resolved here, once: all later requests name the key by its ARN.
 *
 * @throws {@link SealwrightError} `KEY_MISMATCH` when KMS answers for another key, `INTEGRITY` for an answer that cannot
 * be, `UNSUPPORTED` for a key that does not sign, `KEY_STATE` for one that may not now.
 */
export async function openKey(kms: Kms, reference: KeyReference, call: Call): Promise<KeyHandle> {
  const { keyId } = reference
  const reply = await withState(kms, keyId, call, () => kms.getPublicKey({ KeyId: keyId }, call))
  const arn = answeredKey(kms, reference, reply.KeyId)
  const metadata = await describeKey(kms, arn, call)
  if (metadata !== undefined && metadata.Arn !== arn) throw otherKey(arn, metadata.Arn)
  assertCanSign(arn, metadata)
  return keyHandle(kms, arn, descriptorOf(arn, reply, protectionOf(metadata)))
}

/** The ARN of the key that an answer is about, if that can be the key that was asked for. */
export function answeredKey(kms: Kms, { keyId, kind }: KeyReference, answered: unknown): string {
  const key = keyArn(answered)
  if (typeof answered !== 'string' || key === undefined) {
    throw new SealwrightError('INTEGRITY', `AWS KMS answered for ${keyId} without saying for which key`)
  }
  const isPossible = {
    'key-arn': answered === keyId,
    id: key.id === keyId && key.region === kms.region,
    // Alias and key are of one account and region.
    'alias-arn': answered.split(':').slice(0, 5).join(':') === keyId.split(':').slice(0, 5).join(':'),
    alias: key.region === kms.region,
  }[kind]
  if (!isPossible) throw otherKey(keyId, answered)
  return answered
}

function descriptorOf(
  arn: string,
  { PublicKey, KeySpec, KeyUsage, SigningAlgorithms }: GetPublicKeyResponse,
  protection: KeyDescriptor['protection'],
): KeyDescriptor {
  if (!(PublicKey instanceof Uint8Array) || KeySpec === undefined || KeyUsage === undefined) {
    throw new SealwrightError('INTEGRITY', `AWS KMS described ${arn} incompletely`)
  }
  const type = typeOf(KeySpec)
  if (KeyUsage !== 'SIGN_VERIFY' || type === undefined) {
    throw new SealwrightError('UNSUPPORTED', `${arn} is not a key to sign with here`, {
      why: `it is a key of ${KeySpec} for ${KeyUsage}`,
      fix: 'create one for SIGN_VERIFY of type RSA, ECC_NIST, ECC_SECG_P256K1 or ML_DSA',
    })
  }
  assertType(arn, PublicKey, type)
  return {
    reference: referenceTo(arn),
    publicKey: PublicKey,
    algorithms: acceptedBy(type, SigningAlgorithms ?? []),
    protection,
  }
}

function assertType(arn: string, publicKey: Uint8Array, type: KeyType): void {
  let actual: KeyType
  try {
    actual = keyType(publicKey)
  } catch (cause) {
    if (isSealwrightError(cause) && cause.code === 'UNSUPPORTED') throw cause
    throw new SealwrightError('INTEGRITY', `AWS KMS gave no public key for ${arn}`, { cause })
  }
  if (actual === type) return
  throw new SealwrightError('INTEGRITY', `AWS KMS described ${arn} as another kind of key than it is`, {
    why: `it says ${type}, and its public key is of ${actual}`,
  })
}

function otherKey(asked: string, answered: unknown): SealwrightError {
  return new SealwrightError('KEY_MISMATCH', 'AWS KMS answered for another key than was asked for', {
    why: `asked for ${asked}, got ${keyArn(answered) === undefined ? 'no key' : answered}`,
    fix: 'check the endpoint; nothing was signed',
  })
}

const MESSAGE_TYPE: Readonly<Record<SignRequest['input'], MessageType>> = {
  digest: 'DIGEST',
  message: 'RAW',
  mu: 'EXTERNAL_MU',
}

/** A handle on one key, by its ARN. It holds nothing: connections are the provider's. */
function keyHandle(kms: Kms, arn: string, key: KeyDescriptor): KeyHandle {
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
