import type { KeyProvider } from '@sealwright/core'
import { assertClientOptions, connectionOf } from './connection.ts'
import { createKey } from './create-key.ts'
import { identify } from './credentials.ts'
import { classify } from './failure.ts'
import { listKeys } from './list-keys.ts'
import type { ClientOptions } from './make-client.ts'
import { openKey } from './open-key.ts'
import { permissions } from './permissions.ts'
import { canonical, parseReference } from './reference.ts'
import { rotateKey } from './rotate-key.ts'

export interface GcpKmsOptions extends ClientOptions {}

/**
 * Google Cloud KMS as a key store. References are
 * `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/N`; without a version the one with the
 * highest number that is enabled is opened, and pinned.
 *
 * Credentials are found as Google's SDK finds them (Application Default Credentials), where options do not say otherwise.
 * Disposing of the provider ends the calls in progress and closes its connections; a client that it was given it leaves
 * open.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { gcpKms } from '@sealwright/provider-gcp-kms'
 *
 * const key = 'gcpkms://projects/acme/locations/europe-west3/keyRings/release/cryptoKeys/app'
 * const signer = await openSigner(gcpKms(), key)
 * ```
 */
export function gcpKms(options: GcpKmsOptions = {}): KeyProvider {
  assertClientOptions(options)
  const connection = connectionOf(options)
  return {
    contract: 1,
    name: 'gcp-kms',
    title: 'Cloud KMS',
    schemes: ['gcpkms', 'cloudkms', 'gcp-kms'],
    permissions,
    canonical,
    open: async (given, call) => {
      const reference = parseReference(given)
      return openKey(await connection.kms(call), reference, call)
    },
    classify,
    identify: async call => identify(await connection.kms(call), options.endpoint, call),
    admin: {
      list: ({ prefix }, call) => listKeys(connection, prefix, call),
      create: (spec, call) => createKey(connection, spec, call),
      rotate: (reference, call) => rotateKey(connection, reference, call),
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
}
