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
 * vault, and disposing of it closes their connections; a client that it was given it leaves open.
 *
 * @throws {@link SealwrightError} `VALIDATION` for options that cannot be, or that would be ignored.
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
