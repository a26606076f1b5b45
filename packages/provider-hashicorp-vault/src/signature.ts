import { SealwrightError } from '@sealwright/core'
import { decodeBase64 } from '@sealwright/core/encoding'
import { isVersion } from './key-info.ts'
import type { VaultReply } from './wire.ts'

/**
 * The signature of a reply to `sign`: `vault:vN:` and base64.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for anything else, and when the two places that tell the version of the key
 * disagree with each other or with `version`.
 */
export function signatureOf({ data }: VaultReply, version: number): Uint8Array {
  const { signature, key_version: told } = data
  const match = typeof signature === 'string' ? /^vault:v([1-9]\d{0,8}):([^:]+)$/.exec(signature) : null
  if (match === null) throw broken('it has no signature of the form vault:vN:…')
  const [, prefix, text] = match
  if (Number(prefix) !== version) throw broken(`version ${prefix} of the key signed, not ${version}`)
  // Vault before 1.10 does not tell it a second time.
  if (told !== undefined && !(isVersion(told) && told === version)) {
    throw broken(`its key_version is not ${version}`)
  }
  try {
    return decodeBase64(text!, 'signature')
  } catch (cause) {
    throw broken('its signature is not base64', cause)
  }
}

function broken(why: string, cause?: unknown): SealwrightError {
  return new SealwrightError('INTEGRITY', 'Vault gave a reply that is no signature of this key', {
    why,
    ...(cause === undefined ? {} : { cause }),
  })
}
