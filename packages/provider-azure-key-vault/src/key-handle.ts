import { type KeyHandle, SealwrightError } from '@sealwright/core'
import { decodeBase64url } from '@sealwright/core/encoding'
import { chainOf } from './certificates.ts'
import { answeredVersion, type KeyBundle } from './key-bundle.ts'
import { formatReference } from './reference.ts'
import type { Vault } from './vault.ts'

/** A handle on one version of a key. It holds nothing: connections are the provider's. */
export function keyHandle(vault: Vault, { reference, key, validity }: KeyBundle): KeyHandle {
  const sign = vault.signing(reference, validity)
  const { certificates } = vault
  return {
    key,
    signRaw: async ({ algorithm, bytes }, call) => {
      const { body, requestId } = await sign(algorithm.id, bytes, call)
      const id = requestId === undefined ? {} : { requestId }
      return {
        bytes: signatureIn(body.value, key.reference, id),
        encoding: 'raw',
        reference: formatReference(answeredVersion(vault, reference, body.kid)),
        ...id,
      }
    },
    ...(certificates === undefined
      ? {}
      : { certificates: call => chainOf(certificates, reference, key.publicKey, call) }),
  }
}

function signatureIn(value: unknown, name: string, options: { readonly requestId?: string }): Uint8Array {
  try {
    if (typeof value === 'string' && value !== '') return decodeBase64url(value, 'signature')
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', `Azure Key Vault answered without a signature by ${name}`, {
      cause,
      ...options,
    })
  }
  throw new SealwrightError('INTEGRITY', `Azure Key Vault answered without a signature by ${name}`, options)
}
