import type { KeyProvider } from '@sealwright/core'

const READ = 'Microsoft.KeyVault/vaults/keys/read (role Key Vault Crypto User)'

/**
 * Data actions of Azure RBAC, each with the narrowest built-in role that has it. For Managed HSM they begin with
 * `Microsoft.KeyVault/managedHsm/`, and the role is Managed HSM Crypto User. Under access policies they are the key
 * permissions get, sign, list, create and rotate, the certificate permission get and the secret permission get.
 */
export const permissions: KeyProvider['permissions'] = {
  open: [READ],
  sign: ['Microsoft.KeyVault/vaults/keys/sign/action (role Key Vault Crypto User)'],
  certificates: [
    'Microsoft.KeyVault/vaults/certificates/read (role Key Vault Certificate User)',
    'Microsoft.KeyVault/vaults/secrets/getSecret/action (role Key Vault Certificate User; optional: without it the leaf alone)',
  ],
  identify: [],
  list: [READ],
  create: ['Microsoft.KeyVault/vaults/keys/create/action (role Key Vault Crypto Officer)', READ],
  rotate: ['Microsoft.KeyVault/vaults/keys/rotate/action (role Key Vault Crypto Officer)'],
}
