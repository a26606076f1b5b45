import { type KeyProvider, SealwrightError } from '@sealwright/core'
import { keyAdmin } from './admin.ts'
import { assertAuth, type Secret, type VaultAuth } from './auth.ts'
import type { VaultClient } from './client.ts'
import { type Connected, connect } from './connect.ts'
import { classify } from './failure.ts'
import { identify } from './identify.ts'
import { openKey } from './open-key.ts'
import { permissions, permissionsOf } from './permissions.ts'
import { canonical, namespaceOf, parseReference, SCHEMES } from './reference.ts'
import type { ConnectionOptions } from './settings.ts'

export interface HashicorpVaultOptions extends ConnectionOptions {
  /** A token that somebody else renews, or that lives long enough. Default `VAULT_TOKEN`, then `~/.vault-token`. */
  readonly token?: Secret | undefined
  /** Logs in, renews what it got at two thirds of its life, and logs in again where that cannot be. */
  readonly auth?: VaultAuth | undefined
  /** Opens keys whose private key Vault hands out (`exportable`, `allow_plaintext_backup`). */
  readonly allowExportable?: boolean | undefined
  /** A ready client of node-vault, with its own address, token and TLS; given instead of all of them. */
  readonly client?: VaultClient | undefined
}

/**
 * Keys of the transit engine of HashiCorp Vault and OpenBao. References are
 * `hashivault://[MOUNT/]KEY[?version=N][&namespace=NS]`; the last segment is the key, the mount is `transit` when absent.
 *
 * A reference without a version is the latest when it is opened, and that version from then on.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid options. Vault's own variables are read when the first
 * key is opened.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { hashicorpVault } from '@sealwright/provider-hashicorp-vault'
 *
 * const vault = hashicorpVault({ address: 'https://vault.acme.internal:8200' })
 * const signer = await openSigner(vault, 'hashivault://release', { algorithm: 'ES256' })
 * ```
 */
export function hashicorpVault(options: HashicorpVaultOptions = {}): KeyProvider & AsyncDisposable {
  assertOptions(options)
  const { allowExportable = false } = options
  let connected: Promise<Connected> | undefined
  let disposal: Promise<void> | undefined

  async function vault() {
    if (disposal !== undefined) throw new SealwrightError('VALIDATION', 'the provider was disposed of')
    connected ??= connect(options).catch(error => {
      connected = undefined
      throw error
    })
    return (await connected).vault
  }

  return {
    contract: 1,
    name: 'hashicorp-vault',
    title: 'Vault',
    schemes: SCHEMES,
    permissions,
    permissionsOf,
    canonical,
    open: async (reference, call) => {
      const parsed = parseReference(reference)
      call.signal.throwIfAborted()
      return openKey(await vault(), parsed, { allowExportable }, call)
    },
    classify,
    identify: async call => identify(await vault(), call),
    admin: keyAdmin(vault),
    [Symbol.asyncDispose]: () => {
      disposal ??=
        connected?.then(
          ({ close }) => close(),
          () => {},
        ) ?? Promise.resolve()
      return disposal
    },
  }
}

const OF_CONNECTION = [
  'address',
  'namespace',
  'ca',
  'clientCert',
  'clientKey',
  'serverName',
  'allowPlainHttp',
  'proxyEnv',
  'token',
  'auth',
] as const

function assertOptions(options: HashicorpVaultOptions): void {
  const { token, auth, client, namespace } = options
  if (namespace !== undefined) namespaceOf(namespace, 'the option `namespace`')
  if (auth !== undefined) assertAuth(auth)
  if (token !== undefined && auth !== undefined) {
    throw new SealwrightError('VALIDATION', 'Vault is given a token and a log-in', {
      fix: 'give one of them',
    })
  }
  const unused = client === undefined ? undefined : OF_CONNECTION.find(name => options[name] !== undefined)
  if (unused === undefined) return
  throw new SealwrightError(
    'VALIDATION',
    `a ready client of Vault leaves the option \`${unused}\` without effect`,
    {
      fix: 'set it where the client is made',
    },
  )
}
