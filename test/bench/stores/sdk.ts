import { createRequire } from 'node:module'
import type { StoreName } from './served.ts'

/** The packages that a provider has installed, as it would load them. */
export function requireOf(store: StoreName | 'pkcs11'): NodeJS.Require {
  return createRequire(new URL(`../../../packages/provider-${store}/package.json`, import.meta.url))
}

/** What each store's SDK is called. */
export const SDKS: Readonly<Record<StoreName, string>> = {
  'aws-kms': '@aws-sdk/client-kms',
  'azure-key-vault': '@azure/keyvault-keys',
  'gcp-kms': '@google-cloud/kms',
  'hashicorp-vault': 'node-vault',
}
