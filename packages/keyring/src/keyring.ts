import {
  type AlgorithmId,
  fingerprint,
  isSealwrightError,
  type KeyDescriptor,
  type KeyProvider,
  type OpenOptions,
  openSigner,
  SealwrightError,
  type Signer,
} from '@sealwright/core'
import { isKeyName, type KeyLock, type LockedKey, lockedKey } from './key-lock.ts'

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

/** A provider, or where one is loaded from when one of its schemes is first used. */
export type ProviderSource =
  | KeyProvider
  | { readonly schemes: readonly string[]; readonly package: string; load(): Promise<KeyProvider> }

interface ProviderSources {
  /** The provider of a reference's scheme, matched exactly; loaded once. */
  provider(reference: string): Promise<KeyProvider>
  /** What was loaded, or is about to be. */
  loaded(): readonly Promise<KeyProvider>[]
}

/** @throws {@link SealwrightError} `VALIDATION` when two sources have a scheme in common. */
function providerSources(sources: readonly ProviderSource[]): ProviderSources {
  const byScheme = new Map<string, ProviderSource>()
  const loading = new Map<ProviderSource, Promise<KeyProvider>>()
  for (const source of sources) {
    for (const scheme of source.schemes) {
      if (byScheme.has(scheme)) {
        throw new SealwrightError('VALIDATION', `two key providers have the scheme ${JSON.stringify(scheme)}`)
      }
      byScheme.set(scheme, source)
    }
  }

  async function loadOnce(source: Exclude<ProviderSource, KeyProvider>): Promise<KeyProvider> {
    const known = loading.get(source)
    if (known !== undefined) return known
    const started = load(source)
    loading.set(source, started)
    try {
      return await started
    } catch (error) {
      // What failed to load may load later: once it is installed.
      loading.delete(source)
      throw error
    }
  }

  return {
    provider: async reference => {
      const scheme = schemeOf(reference)
      const source = byScheme.get(scheme)
      if (source === undefined) throw unknownScheme(scheme, [...byScheme.keys()])
      return 'load' in source ? loadOnce(source) : source
    },
    loaded: () => [...loading.values()],
  }
}

async function load(source: Exclude<ProviderSource, KeyProvider>): Promise<KeyProvider> {
  let provider: KeyProvider
  try {
    provider = await source.load()
  } catch (error) {
    if (isSealwrightError(error)) throw error
    throw isMissing(error, source.package) ? missing(source, error) : notLoaded(source, error)
  }
  if (provider?.contract !== 1) {
    throw new SealwrightError('UNSUPPORTED', `${source.package} is not a key provider of contract 1`, {
      fix: `install versions of ${source.package} and @sealwright/core that belong together`,
    })
  }
  const lacking = source.schemes.filter(scheme => !provider.schemes.includes(scheme))
  if (lacking.length === 0) return provider
  throw new SealwrightError('UNSUPPORTED', `${source.package} does not serve ${lacking.join(', ')}`, {
    why: `its schemes are ${provider.schemes.join(', ')}`,
  })
}

/** Whether the package itself is not there, rather than something that it needs. */
function isMissing(error: unknown, name: string): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const isNotFound = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
  return isNotFound && typeof message === 'string' && message.includes(`'${name}'`)
}

function missing(
  { package: name, schemes }: { package: string; schemes: readonly string[] },
  cause: unknown,
) {
  return new SealwrightError('UNSUPPORTED', `the key provider ${name} is not installed`, {
    why: `references that begin with ${schemes.map(scheme => `${scheme}:`).join(' or ')} need it`,
    fix: `npm install ${name}`,
    cause,
  })
}

function notLoaded({ package: name }: { package: string }, thrown: unknown) {
  const error = new SealwrightError('INTERNAL', `the key provider ${name} could not be loaded`, {
    fix: `install it again: npm install ${name}`,
    cause: thrown,
  })
  const { message } = error.cause as { readonly message?: string | undefined }
  if (message === undefined) return error
  return new SealwrightError(error.code, error.message, { why: message, fix: error.fix!, cause: thrown })
}

function schemeOf(reference: string): string {
  const scheme = /^([^:]+):/.exec(reference)?.[1]
  if (scheme !== undefined) return scheme
  throw new SealwrightError('VALIDATION', `${JSON.stringify(reference)} is not a key reference`, {
    why: 'it has no scheme',
    fix: 'write a reference such as file:PATH',
  })
}

function unknownScheme(scheme: string, known: readonly string[]): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `there is no key provider for ${JSON.stringify(`${scheme}:`)}`, {
    why: known.length === 0 ? 'no provider was given' : `the schemes are ${known.join(', ')}`,
    fix: 'check the spelling: schemes are matched exactly, in lower case; a provider of your own is given to the keyring, or named under "providers" in the configuration',
  })
}
