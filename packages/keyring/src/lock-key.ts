import { type AlgorithmId, fingerprint, type KeyDescriptor, SealwrightError } from '@sealwright/core'
import { encodeBase64 } from '@sealwright/core/encoding'
import { isKeyName, type KeyLock, type KeyPin, keyLockOf, type LockedKey, lockedKey } from './key-lock.ts'

export interface LockRequest {
  /** Canonical, as given: an alias perhaps. */
  readonly reference: string
  /** The key that answered to it. */
  readonly key: KeyDescriptor
  /** The default where a format prescribes none. */
  readonly algorithm?: AlgorithmId | undefined
  /** The present time. */
  readonly at: Date
}

export interface RotateRequest extends Omit<LockRequest, 'reference'> {
  /** The former reference when absent: an alias that moved. */
  readonly reference?: string | undefined
}

/**
 * Locks a name to a key. If the name is locked to the same key already, returns the lock unchanged.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an invalid name, and for a name that is locked to another key.
 *
 * @example
 * ```ts
 * import type { Signer } from '@sealwright/core'
 * import { emptyKeyLock, lockKey } from '@sealwright/keyring'
 *
 * declare const signer: Signer
 * const reference = 'awskms:///alias/release'
 * const keys = lockKey(emptyKeyLock(), 'release', { reference, key: signer.key, at: new Date() })
 * ```
 */
export function lockKey(lock: KeyLock, name: string, request: LockRequest): KeyLock {
  if (!isKeyName(name)) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(name)} is not a valid key name`, {
      why: 'a name is 1 to 64 letters, digits, dots, dashes and underscores',
    })
  }
  const present = Object.hasOwn(lock.keys, name) ? lock.keys[name]! : undefined
  const locked = lockOf(request, [])
  if (present === undefined) return withKey(lock, name, locked)
  if (isSameKey(present, locked) && present.algorithm === locked.algorithm) return lock
  throw new SealwrightError('VALIDATION', `the name ${JSON.stringify(name)} is taken`, {
    why: `it means ${present.resolved} (public key ${present.fingerprint})`,
    fix: 'choose another name, or rotate the key',
    remedy: { step: 'rotateKey', key: name, reference: request.reference },
  })
}

/**
 * Prepares a name for another key while it keeps its present one: from now on the present key is opened by its version, so
 * that the reference may lead to the next one. Without `key` the next key is announced, and not made yet.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for a name that is not there.
 */
export function prepareKey(
  lock: KeyLock,
  name: string,
  { reference, key, algorithm, at }: Omit<LockRequest, 'key'> & { readonly key?: KeyDescriptor | undefined },
): KeyLock {
  const present = lockedKey(lock, name)
  const chosen = algorithm ?? (key && algorithmFor(key, present.algorithm))
  const pin = key && pinOf({ key, at, algorithm: chosen })
  const { next } = present
  const isPrepared =
    next?.reference === reference &&
    (pin === undefined || (next.pin?.resolved === pin.resolved && next.pin.fingerprint === pin.fingerprint))
  if (isPrepared) return lock
  return withKey(lock, name, {
    ...present,
    reference: present.resolved,
    next: { reference, pin },
  })
}

/**
 * Lets a name mean another key; what it meant goes to its history, and a prepared key is forgotten. The same key again
 * changes nothing.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for an unknown name.
 */
export function rotateKey(lock: KeyLock, name: string, request: RotateRequest): KeyLock {
  const { history, next: prepared, ...present } = lockedKey(lock, name)
  const { reference = present.reference, algorithm = algorithmFor(request.key, present.algorithm) } = request
  const rotated = { ...request, reference, algorithm }
  const locked = lockOf(rotated, [...history, { ...present, replacedAt: request.at.toISOString() }])
  // Back to the key that it means: what was prepared is given up.
  if (prepared !== undefined && isSameKey({ ...present, reference }, locked))
    return withKey(lock, name, { ...present, reference, history })
  if (isSameKey(present, locked) && present.algorithm === locked.algorithm) return lock
  return withKey(lock, name, locked)
}

/**
 * Forgets a name; the key stays in its store.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for an unknown name.
 */
export function forgetKey(lock: KeyLock, name: string): KeyLock {
  lockedKey(lock, name)
  return keyLockOf(Object.entries(lock.keys).filter(([other]) => other !== name))
}

function lockOf({ reference, ...request }: LockRequest, history: LockedKey['history']): LockedKey {
  return { reference, ...pinOf(request), history }
}

function pinOf({ key, algorithm, at }: Omit<LockRequest, 'reference'>): KeyPin {
  return {
    resolved: key.reference,
    algorithm,
    fingerprint: fingerprint(key.publicKey),
    publicKey: encodeBase64(key.publicKey),
    lockedAt: at.toISOString(),
  }
}

/** The algorithm stays when the new key has it: a key of another type has none of it. */
function algorithmFor(key: KeyDescriptor, algorithm: AlgorithmId | undefined): AlgorithmId | undefined {
  return algorithm !== undefined && Object.hasOwn(key.algorithms, algorithm) ? algorithm : undefined
}

type Pin = Pick<LockedKey, 'reference' | 'resolved' | 'fingerprint'>

function isSameKey(a: Pin, b: Pin): boolean {
  return a.reference === b.reference && a.resolved === b.resolved && a.fingerprint === b.fingerprint
}

function withKey(lock: KeyLock, name: string, key: LockedKey): KeyLock {
  return keyLockOf([...Object.entries(lock.keys).filter(([other]) => other !== name), [name, key]])
}
