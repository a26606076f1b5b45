import type { KeyProvider } from '@sealwright/core'

/**
 * IAM permissions. `cryptoKeyVersions.list` is for a reference without a version alone. To say in which state a version
 * is that does not sign, `cryptoKeyVersions.get` is asked, and done without where that is refused.
 */
export const permissions: KeyProvider['permissions'] = {
  open: ['cloudkms.cryptoKeyVersions.viewPublicKey', 'cloudkms.cryptoKeyVersions.list'],
  sign: ['cloudkms.cryptoKeyVersions.useToSign'],
  identify: [],
  list: ['cloudkms.keyRings.list', 'cloudkms.cryptoKeys.list', 'cloudkms.cryptoKeyVersions.list'],
  create: ['cloudkms.cryptoKeys.create', 'cloudkms.cryptoKeyVersions.get'],
  rotate: ['cloudkms.cryptoKeys.get', 'cloudkms.cryptoKeyVersions.create', 'cloudkms.cryptoKeyVersions.get'],
}
