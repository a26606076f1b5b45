import type { KeyObject } from 'node:crypto'
import { type Algorithm, type AlgorithmId, algorithms, isAlgorithmId, type KeyType } from './algorithm.ts'
import type { CallOptions } from './call.ts'
import { isSealwrightError, SealwrightError } from './errors.ts'
import type { Accepts, KeyDescriptor } from './key.ts'
import { adapterFault, attempt, gerundOf, named } from './pipeline/failure.ts'
import { assertCall, assertProvider, openScope, type Scope } from './pipeline/scope.ts'
import {
  defaultTimeoutMs,
  isCertificates,
  type OpenKey,
  signMessage,
  TIMEOUT,
} from './pipeline/sign-message.ts'
import type { KeyHandle, KeyProvider } from './provider.ts'
import { fingerprint, keyType, parsePublicKey } from './public-key.ts'
import type { OpenOptions, OpenSigner, Signer } from './signer.ts'

/**
 * Opens one key of a store for one algorithm.
 *
 * `signal` and `timeoutMs` are about opening alone. `onPresence` is also the default for every signature.
 *
 * @returns A signer whose signatures were verified under `key.publicKey` before they are released. Disposing of it
 * waits for the calls in flight and releases the key, not the provider.
 * @throws {@link SealwrightError} `VALIDATION` for invalid options and if an algorithm must be given,
 * `UNSUPPORTED` for an algorithm or a kind of key, `KEY_MISMATCH` for another public key than `fingerprint` names, and
 * whatever the store reports.
 *
 * @example
 * ```ts
 * import { openSigner } from '@sealwright/core'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * const keys = fileKeys({ passphrase: async () => 'correct horse battery staple' })
 * const signer = await openSigner(keys, 'file:release.key')
 * const { bytes, algorithm } = await signer.sign(new TextEncoder().encode('hello'))
 * await signer[Symbol.asyncDispose]()
 * ```
 */
export const openSigner: OpenSigner = async (provider, reference, options = {}) => {
  assertProvider(provider)
  assertCall(options)
  assertFingerprint(options.fingerprint)
  const canonical = canonicalOf(provider, reference)
  const handle = await openHandle(provider, canonical, options)
  try {
    return signerOf(checkedKey(provider, handle, options), options)
  } catch (error) {
    await dispose(provider, handle).catch(() => {})
    throw error
  }
}

function checkedKey(provider: KeyProvider, handle: KeyHandle, options: OpenOptions): OpenKey {
  const { key, publicKey } = checkDescriptor(provider, handle)
  const actual = fingerprint(key.publicKey)
  if (options.fingerprint !== undefined && options.fingerprint !== actual) {
    throw new SealwrightError('KEY_MISMATCH', `${key.reference} is not the key that was expected`, {
      why: `its public key is ${actual}; expected ${options.fingerprint}`,
      fix: 'check the reference; if the key was replaced on purpose, expect the new one (nothing was signed)',
    })
  }
  const algorithm = chooseAlgorithm(key, options.algorithm)
  return {
    provider,
    handle,
    key,
    publicKey,
    algorithm,
    fingerprint: actual,
    limiter: options.limiter,
    audit: options.audit,
  }
}

function signerOf(open: OpenKey, { onPresence }: OpenOptions): Signer {
  const { provider, handle, key, algorithm } = open
  const inFlight = new Map<Scope, Promise<unknown>>()
  let disposal: Promise<void> | undefined

  async function within<T>(options: CallOptions, task: (scope: Scope) => Promise<T>): Promise<T> {
    assertCall(options)
    if (disposal !== undefined)
      throw new SealwrightError('VALIDATION', `the signer of ${key.reference} is disposed`)
    const scope = openScope(options.signal)
    const work = task(scope)
    inFlight.set(scope, work)
    try {
      return await work
    } finally {
      inFlight.delete(scope)
      scope.close()
    }
  }

  async function end(): Promise<void> {
    // Waited for rather than aborted, so that `return signer.sign(message)` works where the signer is held by `using`. A
    // call that is still reading its message has no deadline yet.
    for (const scope of inFlight.keys()) scope.startDeadline(TIMEOUT.default, 'a call on a disposed signer')
    await Promise.allSettled(inFlight.values())
    await dispose(provider, handle)
  }

  const certificates = (options: CallOptions = {}) =>
    within(options, scope => certificatesOf(open, options, scope))
  return {
    key,
    algorithm,
    sign: (message, options = {}) => {
      const announced = onPresence === undefined ? options : { onPresence, ...options }
      return within(options, scope => signMessage(open, message, announced, scope))
    },
    ...(typeof handle.certificates === 'function' ? { certificates } : {}),
    [Symbol.asyncDispose]: () => {
      disposal ??= end()
      return disposal
    },
  }
}

async function openHandle(
  provider: KeyProvider,
  reference: string,
  options: OpenOptions,
): Promise<KeyHandle> {
  const scope = openScope(options.signal)
  try {
    scope.throwIfEnded()
    scope.startDeadline(options.timeoutMs ?? TIMEOUT.default, gerundOf('open', reference))
    return await attempt<KeyHandle>({
      provider,
      limiter: options.limiter,
      scope,
      context: { operation: 'open', provider: provider.name, reference },
      repeatable: true,
      call: call => provider.open(reference, call),
      // A handle that came too late is nobody's: it is released, and a failure to do so concerns nobody either.
      late: handle => {
        dispose(provider, handle).catch(() => {})
      },
    })
  } finally {
    scope.close()
  }
}

async function certificatesOf(
  { provider, handle, limiter, key }: OpenKey,
  { timeoutMs = defaultTimeoutMs(key) }: CallOptions,
  scope: Scope,
): Promise<readonly Uint8Array[]> {
  scope.throwIfEnded()
  scope.startDeadline(timeoutMs, gerundOf('certificates', key.reference))
  const certificates = await attempt({
    provider,
    limiter,
    scope,
    context: { operation: 'certificates', provider: provider.name, reference: key.reference },
    repeatable: true,
    call: call => handle.certificates!(call),
  })
  if (!isCertificates(certificates)) {
    throw adapterFault(provider, 'returned something else than certificates')
  }
  return certificates
}

/** Releases a handle; bounded in time, for a store may hang here too. */
async function dispose(provider: KeyProvider, handle: KeyHandle | undefined): Promise<void> {
  const release = handle?.[Symbol.asyncDispose]?.bind(handle)
  if (release === undefined) return
  const scope = openScope()
  scope.startDeadline(TIMEOUT.default, `releasing a key of key store "${provider.name}"`)
  try {
    const released = async () => release()
    await scope.wait(released())
  } catch (error) {
    throw named(error, provider, 'release a key')
  } finally {
    scope.close()
  }
}

function canonicalOf(provider: KeyProvider, reference: string): string {
  if (typeof reference !== 'string')
    throw new SealwrightError('VALIDATION', 'the key reference is not a string')
  try {
    return provider.canonical(reference)
  } catch (error) {
    throw named(error, provider, 'read a key reference')
  }
}

function assertFingerprint(expected: string | undefined): void {
  if (expected === undefined || /^sha256:[0-9a-f]{64}$/.test(expected)) return
  throw new SealwrightError(
    'VALIDATION',
    'the fingerprint is not sha256: and 64 lower-case hexadecimal digits',
  )
}

/**
 * The algorithm a signer is opened for. The caller names it for a key with several: none is preferred.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it must be given or is unknown, `UNSUPPORTED` when the key lacks it;
 * both name the choices.
 */
function chooseAlgorithm(key: KeyDescriptor, wanted: OpenOptions['algorithm']): Algorithm {
  const choices = algorithmsOf(key)
  const fix = `give one of: ${choices.join(', ')}`
  const [only] = choices
  if (only === undefined) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `${key.reference} allows no signature algorithm that is known here`,
    )
  }
  const id = typeof wanted === 'function' ? wanted(key) : wanted
  if (id === undefined) {
    if (choices.length === 1) return algorithms[only]
    throw new SealwrightError('VALIDATION', `the algorithm for ${key.reference} must be given`, {
      why: `the key can sign with ${choices.length} algorithms`,
      fix,
    })
  }
  if (!isAlgorithmId(id)) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(id)} is not a signature algorithm`, { fix })
  }
  if (choices.includes(id)) return algorithms[id]
  throw new SealwrightError('UNSUPPORTED', `${key.reference} cannot sign with ${id}`, {
    why: `the key allows ${choices.join(', ')}`,
    fix,
  })
}

/** A descriptor that was checked, copied and frozen, so that an adapter cannot change it later. */
interface CheckedKey {
  readonly key: KeyDescriptor
  readonly publicKey: KeyObject
}

const PROTECTIONS: readonly unknown[] = ['software', 'hsm', 'external', 'unknown']
const PRESENCES: readonly unknown[] = [undefined, 'touch', 'pin']

/**
 * Checks what an adapter says of a key: the public key parses, the algorithms are those of its type, the limits are sane.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` for a key of another kind, `INTEGRITY` for a public key that does not
 * parse, `INTERNAL` for the rest; each names the adapter or the key.
 */
function checkDescriptor(provider: KeyProvider, handle: KeyHandle): CheckedKey {
  const key = handle?.key
  if (typeof handle?.signRaw !== 'function' || typeof key !== 'object' || key === null) {
    throw adapterFault(provider, 'opened something else than a key handle')
  }
  if (!(key.publicKey instanceof Uint8Array))
    throw adapterFault(provider, 'described a key without a public key')
  const spki = Uint8Array.from(key.publicKey)
  const { publicKey, type } = parse(provider, spki)
  assertReference(provider, key.reference)
  if (!PROTECTIONS.includes(key.protection)) throw adapterFault(provider, 'described an unknown protection')
  if (!PRESENCES.includes(key.presence)) throw adapterFault(provider, 'described an unknown kind of presence')
  const accepted = Object.entries(key.algorithms ?? {}).map(
    ([id, accepts]) => [id, checkAccepts(provider, id, type, accepts)] as const,
  )
  return {
    key: Object.freeze({
      reference: key.reference,
      publicKey: spki,
      algorithms: Object.freeze(Object.fromEntries(accepted)) as KeyDescriptor['algorithms'],
      protection: key.protection,
      presence: key.presence,
    }),
    publicKey,
  }
}

function parse(provider: KeyProvider, spki: Uint8Array): { publicKey: KeyObject; type: KeyType } {
  try {
    return { type: keyType(spki), publicKey: parsePublicKey(spki).object }
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'UNSUPPORTED') throw error
    throw adapterFault(provider, 'described a public key that cannot be used', error, 'INTEGRITY')
  }
}

function assertReference(provider: KeyProvider, reference: unknown): void {
  let canonical: string | undefined
  try {
    if (typeof reference === 'string') canonical = provider.canonical(reference)
  } catch (cause) {
    throw adapterFault(provider, 'described a key by a reference that it cannot read', cause)
  }
  if (canonical === undefined || canonical !== reference) {
    throw adapterFault(provider, 'described a key by a reference that is not canonical')
  }
}

function checkAccepts(
  provider: KeyProvider,
  id: string,
  type: KeyType,
  accepts: Accepts | undefined,
): Accepts {
  if (!isAlgorithmId(id)) throw adapterFault(provider, 'described an algorithm that does not exist')
  const algorithm: Algorithm = algorithms[id]
  if (!algorithm.keyTypes.includes(type))
    throw adapterFault(provider, `declared ${id} for a key of type ${type}`)
  const { digest, mu, message } = accepts ?? {}
  const isSane =
    (digest === undefined || (digest === true && algorithm.hash !== undefined)) &&
    (mu === undefined || (mu === true && algorithm.family === 'ML-DSA')) &&
    (message === undefined || (Number.isSafeInteger(message) && message > 0)) &&
    (digest ?? mu ?? message) !== undefined
  if (!isSane) throw adapterFault(provider, `declared inputs for ${id} that it cannot have`)
  return Object.freeze({
    ...(digest ? { digest } : {}),
    ...(mu ? { mu } : {}),
    message,
  })
}

/** The algorithms of a key, in the table's order. */
function algorithmsOf(key: KeyDescriptor): readonly AlgorithmId[] {
  return (Object.keys(algorithms) as AlgorithmId[]).filter(id => Object.hasOwn(key.algorithms, id))
}
