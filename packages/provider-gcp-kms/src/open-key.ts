import { type Call, type KeyHandle, SealwrightError } from '@sealwright/core'
import { acceptedBy, signingRow } from './algorithms.ts'
import type { CryptoKeyVersion, Kms } from './client.ts'
import { classify } from './failure.ts'
import { damaged } from './integrity.ts'
import { keyHandle } from './key-handle.ts'
import { pagesOf } from './pages.ts'
import { readPublicKey } from './public-key.ts'
import { isSameResource, isVersionName, type KeyReference, referenceTo, versionName } from './reference.ts'

/**
 * Opens one version of a key. Without a version in the reference it is the enabled one with the highest number, looked up
 * here, once: keys that sign have no primary version.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for an answer that was damaged or is another key's, `UNSUPPORTED` for a key
 * that does not sign, `KEY_STATE` for one that may not now.
 */
export async function openKey(kms: Kms, reference: KeyReference, call: Call): Promise<KeyHandle> {
  const { name, algorithm } =
    reference.version === undefined
      ? await newestEnabled(kms, reference.key, call)
      : { name: versionName(reference.key, reference.version), algorithm: undefined }
  const { publicKey, row, protection, name: actual } = await readPublicKey(kms, name, algorithm, call)
  const descriptor = {
    reference: referenceTo(actual),
    publicKey,
    algorithms: acceptedBy(row, protection),
    protection,
  }
  return keyHandle(kms, actual, row, descriptor)
}

async function newestEnabled(
  kms: Kms,
  key: string,
  call: Call,
): Promise<{ readonly name: string; readonly algorithm: unknown }> {
  let newest: CryptoKeyVersion | undefined
  const request = { parent: key, filter: 'state=ENABLED' }
  for await (const version of pagesOf(key, token =>
    kms.listCryptoKeyVersions({ ...request, ...token }, call),
  )) {
    if (version.state !== 'ENABLED') continue
    if (newest === undefined || numberOf(version) > numberOf(newest)) newest = version
  }
  if (newest === undefined) {
    await assertThere(kms, key, call)
    throw new SealwrightError('KEY_STATE', `no version of ${key} can sign`, {
      why: 'none is enabled',
      fix: 'enable a version, or make another',
    })
  }
  const { name, algorithm } = newest
  if (!isVersionName(name) || !isSameResource(key, keyOf(name))) {
    throw damaged(key, 'it lists a version of another key')
  }
  signingRow(name, algorithm)
  return { name, algorithm }
}

/** Cloud KMS says NOT_FOUND to who lists the versions of a key that is not there; emulators list none. */
async function assertThere(kms: Kms, key: string, call: Call): Promise<void> {
  try {
    await kms.getCryptoKey({ name: key }, call)
  } catch (error) {
    // Opening needs no right to look at the key itself.
    if (classify(error)?.code === 'ACCESS_DENIED') return
    throw error
  }
}

function keyOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/cryptoKeyVersions/'))
}

function numberOf({ name }: CryptoKeyVersion): bigint {
  return isVersionName(name) ? BigInt(name.slice(name.lastIndexOf('/') + 1)) : -1n
}
