import {
  type AlgorithmId,
  fingerprint,
  type KeyDescriptor,
  type KeyProvider,
  type OpenOptions,
  openSigner,
  SealwrightError,
  type Signer,
} from '@sealwright/core'
import { isKeyName, type KeyLock, type LockedKey, lockedKey } from './key-lock.ts'
import { type ProviderSource, providerSources } from './provider-sources.ts'

export interface KeyringOptions {
  /** At most one for each scheme. */
  readonly providers: readonly ProviderSource[]
  readonly keys: KeyLock
}

/** Many key stores behind one function. Disposing of it disposes of the providers it loaded, not of those it was given. */
export interface Keyring extends AsyncDisposable {
  /** The names of the lock. */
  readonly names: readonly string[]
  /**
   * Opens a key by its name, or by a reference that nothing pins.
   *
   * A named key is opened by its `reference` and must be the version and the public key that were locked. Its algorithm
   * is the option's, else the lock's.
   *
   * @throws {@link SealwrightError} `KEY_MISMATCH` when another key answers; `NOT_FOUND` for an unknown name;
   * `UNSUPPORTED`, naming the package, when its provider is not installed; and what `openSigner` throws.
   */
  signer(nameOrReference: string, options?: OpenOptions): Promise<Signer>
  /** The provider for a reference, or for the reference of a named key. */
  provider(nameOrReference: string): Promise<KeyProvider>
}

/**
 * @throws {@link SealwrightError} `VALIDATION` when two providers have a scheme in common.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { createKeyring, parseKeyLock } from '@sealwright/keyring'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * const keyring = createKeyring({
 *   providers: [fileKeys({ passphrase: async () => 'correct horse battery staple' })],
 *   keys: parseKeyLock(await readFile('keys.lock.json')),
 * })
 * const signer = await keyring.signer('release')
 * ```
 */
export function createKeyring({ providers, keys }: KeyringOptions): Keyring {
  const sources = providerSources(providers)
  let disposal: Promise<void> | undefined

  async function provider(nameOrReference: string): Promise<KeyProvider> {
    if (disposal !== undefined) throw new SealwrightError('VALIDATION', 'the keyring is disposed')
    const reference = isKeyName(nameOrReference)
      ? lockedKey(keys, nameOrReference).reference
      : nameOrReference
    return sources.provider(reference)
  }

  return {
    names: Object.keys(keys.keys),
    provider,
    signer: async (nameOrReference, options = {}) => {
      const found = await provider(nameOrReference)
      if (!isKeyName(nameOrReference)) return openSigner(found, nameOrReference, options)
      const locked = lockedKey(keys, nameOrReference)
      return openSigner(found, locked.reference, {
        ...options,
        algorithm: key => {
          assertLocked(nameOrReference, locked, key)
          return algorithmOf(key, options.algorithm ?? locked.algorithm)
        },
      })
    },
    [Symbol.asyncDispose]: () => {
      disposal ??= disposeAll(sources.loaded())
      return disposal
    },
  }
}

function assertLocked(name: string, locked: LockedKey, key: KeyDescriptor): void {
  const actual = fingerprint(key.publicKey)
  if (key.reference === locked.resolved && actual === locked.fingerprint) return
  const since = locked.lockedAt === undefined ? 'locked' : `locked ${locked.lockedAt.slice(0, 10)}`
  throw new SealwrightError('KEY_MISMATCH', `key "${name}" is no longer the key that was locked`, {
    why: `${locked.reference} now means ${key.reference} (public key ${actual}); ${since} was ${locked.resolved} (${locked.fingerprint})`,
    fix: 'if the rotation is intended, lock the name to the new key',
    remedy: { step: 'rotateKey', key: name, reference: locked.next?.reference ?? locked.reference },
  })
}

function algorithmOf(key: KeyDescriptor, wanted: OpenOptions['algorithm']): AlgorithmId {
  if (wanted !== undefined) return typeof wanted === 'function' ? wanted(key) : wanted
  const choices = Object.keys(key.algorithms) as AlgorithmId[]
  if (choices.length === 1) return choices[0]!
  throw new SealwrightError('VALIDATION', `the algorithm for ${key.reference} must be given`, {
    why: 'neither the call nor the key lock names one',
    fix: `give one of: ${choices.join(', ')}`,
  })
}

async function disposeAll(loaded: readonly Promise<KeyProvider>[]): Promise<void> {
  const closing = loaded.map(async loading => {
    // A provider that failed to load has told whoever asked for it.
    const provider = await loading.catch(() => undefined)
    try {
      await provider?.[Symbol.asyncDispose]?.()
    } catch (cause) {
      throw new SealwrightError('INTERNAL', `key store "${provider?.name}" failed to close`, { cause })
    }
  })
  const failed = (await Promise.allSettled(closing)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
}
