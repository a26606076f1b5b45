// Signs an image in an OCI image layout with a key of Azure Key Vault or Managed HSM:
// `node examples/azure-key-vault.ts azurekms://acme.vault.azure.net/release LAYOUT TAG CHAIN-FILE [ENDPOINT]`
// The credential is found as the Azure SDK finds it: a workload identity, a managed identity, the Azure CLI, …
// ENDPOINT is asked in the place of the vault's host: an emulator.
import { azureKeyVault } from '@sealwright/provider-azure-key-vault'
import { signImage } from './shared/sign-image.ts'

const [
  reference = 'azurekms://acme.vault.azure.net/release',
  layout = 'image',
  tag = 'v1',
  chainFile = 'release.crt',
  endpoint,
] = process.argv.slice(2)

const keys = azureKeyVault(endpoint === undefined ? {} : { endpoint })
await signImage(keys, { reference, layout, tag, chainFile })
await keys[Symbol.asyncDispose]?.()
