import { isSealwrightError, type KeyProvider, SealwrightError } from '@sealwright/core'

/** A provider, or where one is loaded from when one of its schemes is first used. */
export type ProviderSource =
  | KeyProvider
  | { readonly schemes: readonly string[]; readonly package: string; load(): Promise<KeyProvider> }

export interface ProviderSources {
  /** The provider of a reference's scheme, matched exactly; loaded once. */
  provider(reference: string): Promise<KeyProvider>
  /** What was loaded, or is about to be. */
  loaded(): readonly Promise<KeyProvider>[]
}

/** @throws {@link SealwrightError} `VALIDATION` when two sources have a scheme in common. */
export function providerSources(sources: readonly ProviderSource[]): ProviderSources {
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
