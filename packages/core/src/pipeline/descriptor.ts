import type { KeyObject } from 'node:crypto'
import { type Algorithm, type AlgorithmId, algorithms, isAlgorithmId, type KeyType } from '../algorithm.ts'
import { isSealwrightError } from '../errors.ts'
import type { Accepts, KeyDescriptor } from '../key.ts'
import type { KeyHandle, KeyProvider } from '../provider.ts'
import { keyType, parsePublicKey } from '../public-key.ts'
import { adapterFault } from './failure.ts'

/** A descriptor that was checked, copied and frozen, so that an adapter cannot change it later. */
export interface CheckedKey {
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
export function checkDescriptor(provider: KeyProvider, handle: KeyHandle): CheckedKey {
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
export function algorithmsOf(key: KeyDescriptor): readonly AlgorithmId[] {
  return (Object.keys(algorithms) as AlgorithmId[]).filter(id => Object.hasOwn(key.algorithms, id))
}
