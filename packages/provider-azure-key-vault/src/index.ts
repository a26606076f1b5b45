export { azureKeyVault } from './azure-key-vault.ts'
export type {
  AzureAccessToken,
  AzureCredential,
  AzureKeyClient,
  AzureKeyVaultOptions,
} from './options.ts'
