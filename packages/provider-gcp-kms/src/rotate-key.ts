import { type Call, SealwrightError } from '@sealwright/core'
import { signingRow } from './algorithms.ts'
import type { CryptoKey } from './client.ts'
import type { Connection } from './connection.ts'
import { damaged } from './integrity.ts'
import { protectionOf } from './public-key.ts'
import { isSameResource, isVersionName, parseReference, referenceTo, versionName } from './reference.ts'
import { waitForVersion } from './wait-for-version.ts'

/**
 * Makes a further version of a key and waits until it can sign. Older versions stay as they are; a reference without a
 * version opens the new one from now on.
 *
 * @returns The reference of the new version.
 */
export async function rotateKey(connection: Connection, given: string, call: Call): Promise<string> {
  const { key } = parseReference(given)
  const kms = await connection.kms(call)
  const found = await kms.getCryptoKey({ name: key }, call)
  assertRotatable(key, found)
  const { name } = await kms.createCryptoKeyVersion({ parent: key, cryptoKeyVersion: {} }, call)
  const number = isVersionName(name) ? name.slice(name.lastIndexOf('/') + 1) : ''
  if (!isVersionName(name) || !isSameResource(versionName(key, number), name)) {
    throw damaged(key, 'a version was created, and the response does not name it')
  }
  await waitForVersion(kms, name, call)
  return referenceTo(name)
}

function assertRotatable(key: string, { purpose, versionTemplate, importOnly }: CryptoKey): void {
  if (purpose === 'ASYMMETRIC_SIGN') signingRow(key, versionTemplate?.algorithm)
  const why =
    purpose !== 'ASYMMETRIC_SIGN'
      ? 'it is not a key to sign with'
      : importOnly
        ? 'its versions are imported'
        : protectionOf(versionTemplate?.protectionLevel) === 'external'
          ? 'its versions are kept in a key manager outside Google Cloud'
          : undefined
  if (why === undefined) return
  throw new SealwrightError('UNSUPPORTED', `a version of ${key} cannot be made here`, {
    why,
    fix: 'make the new version with gcloud, and use its reference',
  })
}
