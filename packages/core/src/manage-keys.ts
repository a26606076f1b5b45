import type { Call, CallOptions, Limiter } from './call.ts'
import type { KeySpec } from './key.ts'
import { adapterFault, attempt, gerundOf } from './pipeline/failure.ts'
import { assertCall, assertProvider, openScope } from './pipeline/scope.ts'
import { TIMEOUT } from './pipeline/sign-message.ts'
import type { KeyAdmin, KeyProvider, ListedKey, Operation } from './provider.ts'

/** What a store does besides signing: the safe face of {@link KeyAdmin} and `identify`. Members are absent where the store has none. */
export interface KeyManager {
  /** Lists the keys that sign. Waits and lists again where the store is busy or not available. */
  list?(
    query?: { readonly prefix?: string | undefined },
    options?: CallOptions,
  ): Promise<readonly ListedKey[]>
  /** Makes a key, in one attempt: whether a failed one made it, only the store knows. Returns the versioned reference. */
  create?(spec: KeySpec, options?: CallOptions): Promise<string>
  /** Makes the next version of a key, in one attempt. Returns its reference. */
  rotate?(reference: string, options?: CallOptions): Promise<string>
  /**
   * Stores a chain next to its key, in one attempt.
   *
   * @param chain - DER, leaf first.
   */
  attachCertificates?(reference: string, chain: readonly Uint8Array[], options?: CallOptions): Promise<void>
  /**
   * Returns whose credentials answered.
   *
   * @param reference - Of the key that is meant: some stores have credentials for each place.
   */
  identify?(reference?: string, options?: CallOptions): Promise<Identity>
}

type Identity = Awaited<ReturnType<NonNullable<KeyProvider['identify']>>>

/**
 * Returns the keys of a store for management: each call has a deadline, named failures and a trace, as signing has.
 *
 * @param options - `limiter`: shared with the signers of the store.
 * @throws {@link SealwrightError} `UNSUPPORTED` for a provider of another contract; each member throws what the store reports,
 * and `TIMEOUT` or `ABORTED`.
 */
export function manageKeys(
  provider: KeyProvider,
  { limiter }: { readonly limiter?: Limiter | undefined } = {},
): KeyManager {
  assertProvider(provider)
  const admin: Partial<KeyAdmin> = provider.admin ?? {}

  async function run<T>(
    operation: Operation,
    reference: string,
    options: CallOptions,
    call: (call: Call) => Promise<T>,
  ): Promise<T> {
    assertCall(options)
    const scope = openScope(options.signal)
    try {
      scope.throwIfEnded()
      scope.startDeadline(options.timeoutMs ?? TIMEOUT.default, gerundOf(operation, reference))
      return await attempt({
        provider,
        limiter,
        scope,
        context: { operation, provider: provider.name, reference },
        repeatable: operation === 'list' || operation === 'identify',
        call,
      })
    } finally {
      scope.close()
    }
  }

  const made = (reference: unknown): string => {
    if (typeof reference === 'string' && reference !== '') return reference
    throw adapterFault(provider, 'made a key and returned no reference')
  }
  const home = `${provider.schemes[0]}:`
  const { list, create, rotate, attachCertificates } = admin
  return {
    ...(list && {
      list: (query = {}, options = {}) =>
        run('list', query.prefix ?? home, options, call => collected(list.call(admin, query, call))),
    }),
    ...(create && {
      create: async (spec, options = {}) =>
        made(await run('create', spec.reference, options, call => create.call(admin, spec, call))),
    }),
    ...(rotate && {
      rotate: async (reference, options = {}) =>
        made(await run('rotate', reference, options, call => rotate.call(admin, reference, call))),
    }),
    ...(attachCertificates && {
      attachCertificates: (reference, chain, options = {}) =>
        run('attachCertificates', reference, options, call =>
          attachCertificates.call(admin, reference, chain, call),
        ),
    }),
    ...(provider.identify && {
      identify: (reference, options = {}) =>
        run('identify', reference ?? home, options, call => provider.identify!(call, reference)),
    }),
  }
}

async function collected<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
