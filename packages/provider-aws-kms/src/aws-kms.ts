import type { KeyProvider } from '@sealwright/core'
import { clientsOf } from './clients.ts'
import { createKey } from './create-key.ts'
import { identify } from './credentials.ts'
import { classify } from './failure.ts'
import { listKeys } from './list-keys.ts'
import { openKey } from './open-key.ts'
import { type AwsKmsOptions, assertOptions } from './options.ts'
import { permissions } from './permissions.ts'
import { canonical, parseReference } from './reference.ts'
import { rotateKey } from './rotate-key.ts'

/**
 * AWS KMS as a key store. References are `awskms:///ARN`, `awskms:///alias/NAME` and `awskms:///ID`.
 *
 * Credentials, region and endpoint are found as the AWS SDK finds them, where options do not say otherwise. The provider
 * makes one client for each region, and disposing of it closes their connections, except those of a client that you passed.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { awsKms } from '@sealwright/provider-aws-kms'
 *
 * const signer = await openSigner(awsKms(), 'awskms:///alias/release', { algorithm: 'ES256' })
 * ```
 */
export function awsKms(options: AwsKmsOptions = {}): KeyProvider & AsyncDisposable {
  assertOptions(options)
  const clients = clientsOf(options)
  return {
    contract: 1,
    name: 'aws-kms',
    title: 'AWS KMS',
    schemes: ['awskms'],
    permissions,
    canonical,
    open: async (given, call) => {
      const reference = parseReference(given)
      return openKey(await clients.kms(reference.region), reference, call)
    },
    classify,
    identify: async call => {
      const { region } = await clients.kms(undefined)
      return identify(await clients.client(undefined), region, call, options.credentials !== undefined)
    },
    admin: {
      list: ({ prefix }, call) => listKeys(clients, prefix, call),
      create: (spec, call) => createKey(clients, spec, call),
      rotate: (reference, call) => rotateKey(clients, reference, call),
    },
    [Symbol.asyncDispose]: () => clients[Symbol.asyncDispose](),
  }
}
