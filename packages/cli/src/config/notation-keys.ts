import { join } from 'node:path'
import { decodeJson, type JsonValue } from '@sealwright/core/encoding'
import { usageError } from '../frame/usage.ts'
import { readIfPresent } from './read-if-present.ts'

/** A key that Notation's `signingkeys.json` names. */
export interface NotationKey {
  readonly name: string
  readonly keyPath: string
  readonly certPath: string
}

/**
 * The local keys of Notation's own list, and its default. Keys of plug-ins are left out: they need the bridge that calls
 * them.
 */
export async function readNotationKeys(
  trust: string,
): Promise<{ readonly keys: readonly NotationKey[]; readonly default?: string }> {
  const path = join(trust, 'signingkeys.json')
  const bytes = await readIfPresent(path)
  if (bytes === undefined) return { keys: [] }
  const file = members(decodeJson(bytes, { label: path }), path)
  const list = Array.isArray(file.keys) ? (file.keys as readonly JsonValue[]) : []
  const keys = list
    .map(entry => members(entry, path))
    .filter(entry => 'keyPath' in entry)
    .map(entry => ({
      name: text(entry.name, path),
      keyPath: text(entry.keyPath, path),
      certPath: text(entry.certPath, path),
    }))
  return { keys, ...(typeof file.default === 'string' ? { default: file.default } : {}) }
}

function members(value: JsonValue, path: string): Readonly<Record<string, JsonValue>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw malformed(path)
  return value as Readonly<Record<string, JsonValue>>
}

function text(value: JsonValue | undefined, path: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(path)
  return value
}

function malformed(path: string): Error {
  return usageError(`${path} cannot be used`, {
    why: 'it is no list of keys as notation writes it: name, keyPath, certPath',
    fix: 'repair it with notation, or name the key here: sealwright key add NAME file:PATH --cert-chain FILE',
  })
}
