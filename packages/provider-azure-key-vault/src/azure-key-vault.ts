import type { KeyProvider } from '@sealwright/core'
import { keyAdmin } from './admin.ts'
import { classify } from './failure.ts'
import { identify } from './identify.ts'
import { openKey } from './open-key.ts'
import { type AzureKeyVaultOptions, assertOptions } from './options.ts'
import { permissions } from './permissions.ts'
import { formatReference, parseReference } from './reference.ts'
import { vaultsOf } from './vaults.ts'

/**
 * Azure Key Vault and Managed HSM as a key store. References are `azurekms://HOST/NAME[/VERSION]`.
 *
 * The credential is found as the Azure SDK finds it where options do not say otherwise. The provider makes clients for each
 * vault, and disposing of it closes their connections, except those of a client that you passed.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options, and for options that would be ignored.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { azureKeyVault } from '@sealwright/provider-azure-key-vault'
 *
 * const signer = await openSigner(azureKeyVault(), 'azurekms://acme.vault.azure.net/release', { algorithm: 'ES256' })
 * ```
 */
export function azureKeyVault(options: AzureKeyVaultOptions = {}): KeyProvider & AsyncDisposable {
  assertOptions(options)
  const { hosts = [], endpoint } = options
  const vaults = vaultsOf(options)
  return {
    contract: 1,
    name: 'azure-key-vault',
    title: 'Azure Key Vault',
    schemes: ['azurekms'],
    permissions,
    canonical: reference => formatReference(parseReference(reference, hosts)),
    open: async (given, call) => {
      const reference = parseReference(given, hosts)
      return openKey(await vaults.vault(reference.host), reference, call)
    },
    classify,
    identify: async (call, reference) => {
      const host = reference === undefined ? undefined : parseReference(reference, hosts).host
      const tokens = await vaults.tokens()
      return tokens === undefined
        ? { source: 'the client that was given' }
        : identify(tokens, vaults.scope(host), endpoint, call)
    },
    admin: keyAdmin(host => vaults.vault(host), hosts),
    [Symbol.asyncDispose]: () => vaults[Symbol.asyncDispose](),
  }
}
