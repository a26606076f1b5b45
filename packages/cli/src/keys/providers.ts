import type { KeyProvider } from '@sealwright/core'
import type { ProviderSource } from '@sealwright/keyring'
import type { Settings } from '../config/settings.ts'
import type { PassphraseSource } from './passphrase.ts'

/** How file keys are encrypted when they are made. */
export type FileEncryption = 'passphrase' | 'none'

/** A store that is a package of its own, installed by whoever uses it. */
interface StorePackage {
  readonly schemes: readonly string[]
  readonly package: string
  /** The export that makes the provider. */
  readonly factory: string
}

const STORES: readonly StorePackage[] = [
  { schemes: ['awskms'], package: '@sealwright/provider-aws-kms', factory: 'awsKms' },
  { schemes: ['azurekms'], package: '@sealwright/provider-azure-key-vault', factory: 'azureKeyVault' },
  { schemes: ['gcpkms'], package: '@sealwright/provider-gcp-kms', factory: 'gcpKms' },
  { schemes: ['hashivault'], package: '@sealwright/provider-hashicorp-vault', factory: 'hashicorpVault' },
  { schemes: ['pkcs11'], package: '@sealwright/provider-pkcs11', factory: 'pkcs11' },
]

/** Every store by its schemes; none is loaded before its scheme is used. */
export function providerSources(
  settings: Pick<Settings, 'providers'>,
  passphrase: PassphraseSource,
  encryption: FileEncryption = 'passphrase',
): readonly ProviderSource[] {
  return [
    {
      schemes: ['file'],
      package: '@sealwright/provider-file',
      load: async () => {
        const { fileKeys } = await import('@sealwright/provider-file')
        return fileKeys({
          passphrase: request => passphrase(request),
          ...(encryption === 'none' ? { encryption: 'none' as const } : {}),
        })
      },
    },
    ...STORES.map(store => ({
      schemes: store.schemes,
      package: store.package,
      load: async (): Promise<KeyProvider> => {
        const module = (await import(store.package)) as Readonly<
          Record<string, (options: unknown) => KeyProvider>
        >
        return (module[store.factory] as (options: unknown) => KeyProvider)(
          settings.providers[store.package] ?? {},
        )
      },
    })),
  ]
}
