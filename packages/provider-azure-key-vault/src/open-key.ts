import type { Call, KeyHandle } from '@sealwright/core'
import { assertCanSign, readBundle } from './key-bundle.ts'
import { keyHandle } from './key-handle.ts'
import type { KeyReference } from './reference.ts'
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
