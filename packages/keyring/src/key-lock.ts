import { type AlgorithmId, SealwrightError } from '@sealwright/core'

/** `keys.lock.json`: which key a name means, to the version and the public key. */
export interface KeyLock {
  readonly version: 1
  /** By name; has no prototype. */
  readonly keys: Readonly<Record<string, LockedKey>>
}

export interface LockedKey {
  /** Canonical, as given: an alias perhaps. */
  readonly reference: string
  /** Canonical and versioned: what `reference` meant when it was locked. */
  readonly resolved: string
  /** The default where a format prescribes none. */
  readonly algorithm?: AlgorithmId | undefined
  /** `sha256:<hex>` of the SubjectPublicKeyInfo. */
  readonly fingerprint: string
  /** Base64 of the DER SubjectPublicKeyInfo, so that it can be told when the key is gone. */
  readonly publicKey?: string | undefined
  /** RFC 3339, UTC. */
  readonly lockedAt?: string | undefined
  /** What the name will mean once its rotation is finished. */
  readonly next?: NextKey | undefined
  /** What the name meant before, the latest last. */
  readonly history: readonly PastKey[]
}

/** What is known of one version of a key. */
export type KeyPin = Pick<LockedKey, 'resolved' | 'algorithm' | 'fingerprint' | 'publicKey' | 'lockedAt'>

/** A key that is being prepared: its reference alone until the store has made it. */
export interface NextKey {
  /** What `reference` of the name will be. */
  readonly reference: string
  readonly pin?: KeyPin | undefined
}

export interface PastKey extends KeyPin {
  readonly reference?: string | undefined
  readonly replacedAt?: string | undefined
}

/**
 * Returns a key lock without names.
 *
 * @example
 * ```ts
 * import { createKeyring, emptyKeyLock } from '@sealwright/keyring'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * // Opens keys by reference only.
 * const keyring = createKeyring({ providers: [fileKeys()], keys: emptyKeyLock() })
 * const signer = await keyring.signer('file:release.key')
 * ```
 */
export function emptyKeyLock(): KeyLock {
  return keyLockOf([])
}

export function keyLockOf(entries: Iterable<readonly [string, LockedKey]>): KeyLock {
  const keys: Record<string, LockedKey> = Object.create(null)
  for (const [name, key] of entries) keys[name] = key
  return { version: 1, keys }
}

/** Whether `text` can be the name of a key: 1 to 64 letters, digits, dots, dashes and underscores, hence no reference. */
export function isKeyName(text: string): boolean {
  return /^[a-zA-Z0-9_.-]{1,64}$/.test(text) && text !== '.' && text !== '..'
}

/** @throws {@link SealwrightError} `NOT_FOUND`, naming the names there are. */
export function lockedKey(lock: KeyLock, name: string): LockedKey {
  if (Object.hasOwn(lock.keys, name)) return lock.keys[name]!
  const names = Object.keys(lock.keys)
  throw new SealwrightError('NOT_FOUND', `no key is named ${JSON.stringify(name)}`, {
    why: names.length === 0 ? 'no key has a name yet' : `the names are ${names.join(', ')}`,
    fix: 'name a key, or give a reference such as file:PATH',
  })
}
