import { type KeyDescriptor, type KeyHandle, SealwrightError, type SignRequest } from '@sealwright/core'
import type { Row } from './algorithms.ts'
import type { Kms, SignRequest as KmsRequest } from './client.ts'
import { crc32c } from './crc32c.ts'
import { digestInfo } from './digest-info.ts'
import { assertChecksum, assertName, assertVerified, damaged } from './integrity.ts'
import { withState } from './key-state.ts'
import { referenceTo } from './reference.ts'

/** A handle on one version, by its resource name. It holds nothing: connections are the provider's. */
export function keyHandle(kms: Kms, name: string, row: Row, key: KeyDescriptor): KeyHandle {
  return {
    key,
    signRaw: async (request, call) => {
      const message = requestOf(name, row, request)
      const reply = await withState(kms, name, call, () => kms.asymmetricSign(message, call))
      assertName(name, reply.name)
      assertVerified(name, message.digest ? reply.verifiedDigestCrc32c : reply.verifiedDataCrc32c)
      const { signature } = reply
      if (!(signature instanceof Uint8Array) || signature.length === 0) {
        throw damaged(name, 'it holds no signature')
      }
      assertChecksum(name, 'signature', signature, reply.signatureCrc32c)
      return {
        bytes: signature,
        encoding: request.algorithm.family === 'ECDSA' ? 'der' : 'raw',
        reference: referenceTo(reply.name),
      }
    },
  }
}

function requestOf(name: string, row: Row, { algorithm, input, bytes }: SignRequest): KmsRequest {
  switch (input) {
    case 'message':
      return { name, data: bytes, dataCrc32c: { value: crc32c(bytes) } }
    case 'mu':
      return { name, digest: { externalMu: bytes }, digestCrc32c: { value: crc32c(bytes) } }
    case 'digest': {
      const { hash, digestLength, id } = algorithm
      if (hash === undefined || bytes.length !== digestLength) {
        throw new SealwrightError('VALIDATION', `this is not a digest for ${id}`)
      }
      if (row.input !== 'digestInfo') {
        return { name, digest: { [hash]: bytes }, digestCrc32c: { value: crc32c(bytes) } }
      }
      const data = digestInfo(hash, bytes)
      return { name, data, dataCrc32c: { value: crc32c(data) } }
    }
  }
}
