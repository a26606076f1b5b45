import { type AlgorithmId, fingerprint, isAlgorithmId, SealwrightError } from '@sealwright/core'
import {
  decodeBase64,
  decodeJson,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'
import {
  isKeyName,
  type KeyLock,
  type KeyPin,
  keyLockOf,
  type LockedKey,
  type NextKey,
  type PastKey,
} from './key-lock.ts'

const LABEL = 'the key lock'

const PIN_MEMBERS = ['resolved', 'algorithm', 'fingerprint', 'publicKey', 'lockedAt']

/**
 * Reads `keys.lock.json`, strictly: no member that is not known, no fingerprint that does not belong to its public key.
 *
 * @throws {@link SealwrightError} `VALIDATION`, naming the place.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { parseKeyLock } from '@sealwright/keyring'
 *
 * const { keys } = parseKeyLock(await readFile('keys.lock.json'))
 * keys.release?.reference // 'awskms:///alias/release'
 * ```
 */
export function parseKeyLock(bytes: Uint8Array): KeyLock {
  const file = object(decodeJson(bytes, { label: LABEL }), 'the file', ['version', 'keys'])
  if (file.version !== 1)
    throw invalid('the file', 'its version is not 1', 'use the program that wrote it, or a newer one')
  const keys = object(file.keys, 'keys')
  return keyLockOf(
    Object.entries(keys).map(([name, key]) => {
      if (!isKeyName(name)) throw invalid('keys', `${JSON.stringify(name)} is not a valid key name`)
      return [name, readLockedKey(key, `keys.${name}`)]
    }),
  )
}

/**
 * Writes a lock: names and members in one order, a newline at the end. {@link parseKeyLock} gives the same lock.
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises'
 * import { formatKeyLock, type KeyLock } from '@sealwright/keyring'
 *
 * declare const keys: KeyLock
 * await writeFile('keys.lock.json', formatKeyLock(keys))
 * ```
 */
export function formatKeyLock(lock: KeyLock): string {
  const names = Object.keys(lock.keys).sort()
  const { keys } = keyLockOf(names.map(name => [name, ordered(lock.keys[name]!)]))
  return `${JSON.stringify({ version: lock.version, keys }, null, 2)}\n`
}

function readLockedKey(value: JsonValue | undefined, at: string): LockedKey {
  const key = object(value, at, ['reference', ...PIN_MEMBERS, 'next', 'history'])
  const history = key.history ?? []
  if (!Array.isArray(history)) throw invalid(at, 'history is not a list')
  return {
    reference: reference(key, 'reference', at),
    ...readPin(key, at),
    next: key.next === undefined ? undefined : readNextKey(key.next, `${at}.next`),
    history: history.map((past, index) => readPastKey(past, `${at}.history[${index}]`)),
  }
}

function readNextKey(value: JsonValue, at: string): NextKey {
  const key = object(value, at, ['reference', 'pin'])
  const { pin } = key
  return {
    reference: reference(key, 'reference', at),
    pin: pin === undefined ? undefined : readPin(object(pin, `${at}.pin`, PIN_MEMBERS), `${at}.pin`),
  }
}

function readPastKey(value: JsonValue | undefined, at: string): PastKey {
  const key = object(value, at, ['reference', ...PIN_MEMBERS, 'replacedAt'])
  return {
    reference: key.reference === undefined ? undefined : reference(key, 'reference', at),
    ...readPin(key, at),
    replacedAt: key.replacedAt === undefined ? undefined : time(key, 'replacedAt', at),
  }
}

/** What past, present and next keys have in common. */
function readPin(key: JsonObject, at: string): KeyPin {
  const pin = text(key, 'fingerprint', at)
  if (!/^sha256:[0-9a-f]{64}$/.test(pin))
    throw invalid(at, 'fingerprint is not sha256: and 64 hexadecimal digits')
  return {
    resolved: reference(key, 'resolved', at),
    algorithm: key.algorithm === undefined ? undefined : algorithm(key, at),
    fingerprint: pin,
    publicKey: key.publicKey === undefined ? undefined : publicKey(key, pin, at),
    lockedAt: key.lockedAt === undefined ? undefined : time(key, 'lockedAt', at),
  }
}

function algorithm(key: JsonObject, at: string): AlgorithmId {
  const id = text(key, 'algorithm', at)
  if (!isAlgorithmId(id)) throw invalid(at, 'algorithm is unknown')
  return id
}

function publicKey(key: JsonObject, pin: string, at: string): string {
  const encoded = text(key, 'publicKey', at)
  if (fingerprint(decodeBase64(encoded, `${LABEL}, ${at}.publicKey`)) !== pin) {
    throw invalid(at, 'publicKey is not the key of the fingerprint')
  }
  return encoded
}

function time(key: JsonObject, member: string, at: string): string {
  const value = text(key, member, at)
  const parsed = new Date(value)
  if (Number.isNaN(parsed.getTime()) || parsed.toISOString() !== value) {
    throw invalid(at, `${member} is not a time such as 2026-03-01T12:00:00.000Z`)
  }
  return value
}

function reference(key: JsonObject, member: string, at: string): string {
  const value = text(key, member, at)
  if (!/^[a-z][a-z0-9+.-]*:./.test(value)) throw invalid(at, `${member} is not a reference`)
  return value
}

function text(key: JsonObject, member: string, at: string): string {
  const value = key[member]
  if (typeof value !== 'string')
    throw invalid(at, `${member} is ${value === undefined ? 'missing' : 'not a string'}`)
  return value
}

function object(value: JsonValue | undefined, at: string, members?: readonly string[]): JsonObject {
  if (!isJsonObject(value)) throw invalid(at, 'it is not an object')
  const unknown = members && Object.keys(value).find(member => !members.includes(member))
  if (unknown !== undefined) throw invalid(at, `the member ${JSON.stringify(unknown)} is not known`)
  return value
}

function ordered({ reference, next, history, ...pin }: LockedKey): LockedKey {
  return {
    reference,
    ...orderedPin(pin),
    next: next && orderedNext(next),
    history: history.map(orderedPast),
  }
}

function orderedNext({ reference, pin }: NextKey): NextKey {
  return { reference, pin: pin && orderedPin(pin) }
}

function orderedPast({ reference, replacedAt, ...pin }: PastKey): PastKey {
  return {
    reference,
    ...orderedPin(pin),
    replacedAt,
  }
}

function orderedPin({ resolved, algorithm, fingerprint, publicKey, lockedAt }: KeyPin): KeyPin {
  return { resolved, algorithm, fingerprint, publicKey, lockedAt }
}

function invalid(at: string, why: string, fix?: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL} cannot be used`, {
    why: `${at}: ${why}`,
    fix,
  })
}
