import { type KeyDescriptor, type KeyHandle, SealwrightError, type SignRequest } from '@sealwright/core'
import { encodeBase64 } from '@sealwright/core/encoding'
import { chainOf } from './certificates.ts'
import { type KeyVersion, pathOf } from './key-info.ts'
import { signParameters } from './key-types.ts'
import { signatureOf } from './signature.ts'
import type { Vault } from './vault.ts'

/** A handle on one version of a key. It holds no secret and no connection of its own. */
export function keyHandle(vault: Vault, { reference, data }: KeyVersion, key: KeyDescriptor): KeyHandle {
  const { version, namespace } = reference
  const path = pathOf(reference, 'sign')
  const chain = chainOf(data)
  let isClosed = false
  return {
    key,
    signRaw: async (request, call) => {
      if (isClosed) throw new SealwrightError('VALIDATION', `${key.reference} is closed`)
      assertInput(key, request)
      const body = {
        input: encodeBase64(request.bytes),
        key_version: version,
        ...signParameters(request.algorithm),
      }
      const reply = await vault.request({ method: 'POST', path, body, namespace }, call)
      return {
        bytes: signatureOf(reply, version),
        encoding: request.algorithm.family === 'ECDSA' ? 'der' : 'raw',
        reference: key.reference,
        ...(reply.requestId === undefined ? {} : { requestId: reply.requestId }),
      }
    },
    ...(chain === undefined ? {} : { certificates: async () => chain }),
    [Symbol.asyncDispose]: async () => {
      isClosed = true
    },
  }
}

/** Vault signs with ECDSA what is given as a digest, however long it is. */
function assertInput(
  { algorithms, reference }: KeyDescriptor,
  { algorithm, input, bytes }: SignRequest,
): void {
  const accepts = algorithms[algorithm.id]?.[input]
  if (accepts === undefined) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `${reference} does not sign with ${algorithm.id}, given the ${input}`,
    )
  }
  const isRight =
    input === 'digest' ? bytes.length === algorithm.digestLength : bytes.length <= Number(accepts)
  if (isRight) return
  throw new SealwrightError('VALIDATION', `${bytes.length} bytes are no ${input} that ${algorithm.id} signs`)
}
