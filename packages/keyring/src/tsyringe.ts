import type { DependencyContainer, InjectionToken } from 'tsyringe'
import { emptyKeyLock, type KeyLock } from './key-lock.ts'
import { createKeyring, type Keyring, type KeyringOptions, type ProviderSource } from './keyring.ts'

// Registered symbols, so that two copies of this package speak of the same things.

/** Resolves to the keyring of the container that is asked. */
export const keyringToken: InjectionToken<Keyring> = Symbol.for('@sealwright/keyring')

/** What the keyring is made of; a child container may register its own. */
export const providersToken: InjectionToken<readonly ProviderSource[]> = Symbol.for(
  '@sealwright/keyring/providers',
)

/** As {@link providersToken}: the key lock, of one tenant perhaps. */
export const keyLockToken: InjectionToken<KeyLock> = Symbol.for('@sealwright/keyring/lock')

/**
 * Registers a keyring in a container, as a factory: it is made when it is first resolved, once for each container that
 * resolves it and never shared with another, from the providers and the lock which that container sees.
 *
 * The container does not dispose of it: whoever resolves it does, before the container is given up. Only types of tsyringe
 * are imported; the application loads it, and a Reflect polyfill.
 *
 * @param options - Registered under {@link providersToken} and {@link keyLockToken}; what is absent is left to be
 * registered by others. Without any the keyring has no providers and no names.
 *
 * @example
 * ```ts
 * import { emptyKeyLock } from '@sealwright/keyring'
 * import { keyringToken, registerKeyring } from '@sealwright/keyring/tsyringe'
 * import { fileKeys } from '@sealwright/provider-file'
 * import { container } from 'tsyringe'
 *
 * registerKeyring(container, { providers: [fileKeys()], keys: emptyKeyLock() })
 * const signer = await container.resolve(keyringToken).signer('file:release.key')
 * ```
 */
export function registerKeyring(container: DependencyContainer, options: Partial<KeyringOptions> = {}): void {
  if (options.providers !== undefined) container.register(providersToken, { useValue: options.providers })
  if (options.keys !== undefined) container.register(keyLockToken, { useValue: options.keys })
  const keyrings = new WeakMap<DependencyContainer, Keyring>()
  container.register(keyringToken, {
    useFactory: asked => {
      let keyring = keyrings.get(asked)
      if (keyring === undefined) {
        keyring = createKeyring({
          providers: seen(asked, providersToken) ?? [],
          keys: seen(asked, keyLockToken) ?? emptyKeyLock(),
        })
        keyrings.set(asked, keyring)
      }
      return keyring
    },
  })
}

function seen<T>(container: DependencyContainer, token: InjectionToken<T>): T | undefined {
  return container.isRegistered(token, true) ? container.resolve(token) : undefined
}
