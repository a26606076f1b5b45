import { type AlgorithmId, fingerprint, type KeyDescriptor, SealwrightError } from '@sealwright/core'
import { encodeBase64, shellQuote } from '@sealwright/core/encoding'
import { isKeyName, type KeyLock, keyLockOf, type LockedKey, lockedKey } from './key-lock.ts'

export interface LockRequest {
  /** Canonical, as given: an alias perhaps. */
  readonly reference: string
  /** The key that answered to it. */
  readonly key: KeyDescriptor
  /** The default where a format prescribes none. */
  readonly algorithm?: AlgorithmId
  /** The present time. */
  readonly at: Date
}

export interface RotateRequest extends Omit<LockRequest, 'reference'> {
  /** The former reference when absent: an alias that moved. */
  readonly reference?: string
}

/**
 * Gives a key a name. The same key under the same name is left as it is.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is no name, and for one that means another key.
 */
export function lockKey(lock: KeyLock, name: string, request: LockRequest): KeyLock {
  if (!isKeyName(name)) {
    throw new SealwrightError('VALIDATION', `${JSON.stringify(name)} is no name of a key`, {
      why: 'a name is 1 to 64 letters, digits, dots, dashes and underscores',
    })
  }
  const present = Object.hasOwn(lock.keys, name) ? lock.keys[name]! : undefined
  const locked = lockOf(request, [])
  if (present === undefined) return withKey(lock, name, locked)
  if (isSameKey(present, locked) && present.algorithm === locked.algorithm) return lock
  throw new SealwrightError('VALIDATION', `the name ${JSON.stringify(name)} is taken`, {
    why: `it means ${present.resolved} (public key ${present.fingerprint})`,
    fix: `choose another name, or: sealwright key rotate ${shellQuote(name)} --to ${shellQuote(request.reference)}`,
  })
}

/**
 * Lets a name mean another key; what it meant goes to its history. The same key again changes nothing.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for a name that is not there.
 */
export function rotateKey(lock: KeyLock, name: string, request: RotateRequest): KeyLock {
  const { history, ...present } = lockedKey(lock, name)
  const { reference = present.reference, algorithm = algorithmFor(request.key, present.algorithm) } = request
  const next = { ...request, reference, ...(algorithm === undefined ? {} : { algorithm }) }
  const locked = lockOf(next, [...history, { ...present, replacedAt: request.at.toISOString() }])
  if (isSameKey(present, locked) && present.algorithm === locked.algorithm) return lock
  return withKey(lock, name, locked)
}

/** Forgets a name; the key stays in its store. Throws `NOT_FOUND` for a name that is not there. */
export function forgetKey(lock: KeyLock, name: string): KeyLock {
  lockedKey(lock, name)
  return keyLockOf(Object.entries(lock.keys).filter(([other]) => other !== name))
}

function lockOf({ reference, key, algorithm, at }: LockRequest, history: LockedKey['history']): LockedKey {
  return {
    reference,
    resolved: key.reference,
    ...(algorithm === undefined ? {} : { algorithm }),
    fingerprint: fingerprint(key.publicKey),
    publicKey: encodeBase64(key.publicKey),
    lockedAt: at.toISOString(),
    history,
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
