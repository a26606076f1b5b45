import { type Call, type KeySpec, SealwrightError } from '@sealwright/core'
import { algorithmFor } from './algorithms.ts'
import type { Connection } from './connection.ts'
import { assertName } from './integrity.ts'
import { parseReference, referenceTo, versionName } from './reference.ts'
import { waitForVersion } from './wait-for-version.ts'

/** Cloud KMS has this curve in HSMs alone. */
const HSM_ONLY = 'EC-secp256k1'

/**
 * Makes a key in a key ring that exists, and waits until its first version can sign.
 *
 * @param spec - `reference`: `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K`.
 * @returns The reference of the first version.
 */
export async function createKey(connection: Connection, spec: KeySpec, call: Call): Promise<string> {
  const { key, version } = parseReference(spec.reference)
  if (version !== undefined) {
    throw new SealwrightError('VALIDATION', 'Cloud KMS numbers the versions of a key itself', {
      fix: 'name the key without a version; a further version is made by rotation',
    })
  }
  const algorithm = algorithmFor(spec)
  const protectionLevel = protectionFor(spec)
  const [parent = '', cryptoKeyId = ''] = key.split('/cryptoKeys/')
  const cryptoKey = { purpose: 'ASYMMETRIC_SIGN', versionTemplate: { algorithm, protectionLevel } }
  const kms = await connection.kms(call)
  const made = await kms.createCryptoKey({ parent, cryptoKeyId, cryptoKey }, call)
  assertName(key, made.name)
  const first = versionName(made.name, '1')
  await waitForVersion(kms, first, call)
  return referenceTo(first)
}

function protectionFor({ type, protection }: KeySpec): 'SOFTWARE' | 'HSM' {
  if (type === HSM_ONLY && protection === 'software') {
    throw new SealwrightError('UNSUPPORTED', `Cloud KMS keeps keys of type ${type} in an HSM only`, {
      fix: 'leave the protection out, or ask for hsm',
    })
  }
  return protection === 'hsm' || type === HSM_ONLY ? 'HSM' : 'SOFTWARE'
}
