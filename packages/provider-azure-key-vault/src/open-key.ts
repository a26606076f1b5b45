import { type Call, type KeyHandle, SealwrightError } from '@sealwright/core'
import { decodeBase64url } from '@sealwright/core/encoding'
import { chainOf } from './certificates.ts'
import { answeredVersion, assertCanSign, type KeyBundle, readBundle } from './key-bundle.ts'
import { formatReference, type KeyReference } from './reference.ts'
import type { Vault } from './vault.ts'

/**
 * Opens one version of a key. Without a version the latest is taken, here and once: all later requests name it.
 *
 * @throws {@link SealwrightError} `KEY_STATE` for a version that may not sign now, and as {@link readBundle} does.
 */
export async function openKey(vault: Vault, reference: KeyReference, call: Call): Promise<KeyHandle> {
  const bundle = readBundle(vault, reference, await vault.getKey(reference, call))
  assertCanSign(bundle)
  return keyHandle(vault, bundle)
}

/** A handle on one version of a key. It holds nothing: connections are the provider's. */
function keyHandle(vault: Vault, { reference, key, validity }: KeyBundle): KeyHandle {
  const sign = vault.signing(reference, validity)
  const { certificates } = vault
  return {
    key,
    signRaw: async ({ algorithm, bytes }, call) => {
      const { body, requestId } = await sign(algorithm.id, bytes, call)
      return {
        bytes: signatureIn(body.value, key.reference, requestId),
        encoding: 'raw',
        reference: formatReference(answeredVersion(vault, reference, body.kid)),
        requestId,
      }
    },
    ...(certificates && {
      certificates: call => chainOf(certificates, reference, key.publicKey, call),
    }),
  }
}

function signatureIn(value: unknown, name: string, requestId: string | undefined): Uint8Array {
  try {
    if (typeof value === 'string' && value !== '') return decodeBase64url(value, 'signature')
  } catch (cause) {
    throw new SealwrightError('INTEGRITY', `Azure Key Vault answered without a signature by ${name}`, {
      cause,
      requestId,
    })
  }
  throw new SealwrightError('INTEGRITY', `Azure Key Vault answered without a signature by ${name}`, {
    requestId,
  })
}
