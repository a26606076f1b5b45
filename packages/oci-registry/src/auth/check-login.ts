import type { StoreCall } from '@sealwright/oci'
import type { Credential } from '../credentials/credential.ts'
import { RegistryClient } from '../http/client.ts'
import { apiOrigin } from '../http/origin.ts'
import { transportOf } from '../http/transport.ts'
import type { RegistryOptions } from '../registry.ts'

/**
 * Asks a registry whether it knows a credential, at `/v2/` (distribution-spec, "Determining Support"), where it is not
 * about any repository.
 *
 * @param registry - As in a reference: `registry.example:5000`.
 * @returns False if the registry did not want to know who asks: then nothing is known of the credential.
 * @throws {@link SealwrightError} `UNAUTHENTICATED` or `ACCESS_DENIED` if it is refused; `UNAVAILABLE`, `VALIDATION`, ….
 */
export async function checkLogin(
  registry: string,
  credential: Credential,
  options: Omit<RegistryOptions, 'credentials' | 'referrers'> = {},
  call: StoreCall = {},
): Promise<boolean> {
  const origin = apiOrigin(registry, options.plainHttp)
  let challenged = false
  const client = new RegistryClient({
    origin,
    registry,
    repository: '',
    retry: options.retry ?? {},
    transport: transportOf(options),
    credentials: {
      get: async () => {
        challenged = true
        return credential
      },
    },
  })
  const answer = await client.retrying(call, () =>
    client.request(
      { method: 'GET', url: new URL('/v2/', origin), action: 'pull', what: 'the login', expected: [200] },
      call,
    ),
  )
  await answer.cancel()
  return challenged
}
