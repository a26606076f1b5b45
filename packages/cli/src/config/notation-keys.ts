import { join } from 'node:path'
import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import { decodeJson, isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import { readIfPresent } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'

/** A key that Notation's `signingkeys.json` names. */
interface NotationKey {
  readonly name: string
  readonly keyPath: string
  readonly certPath: string
}

/** Notation's own list of keys, as far as it can be read. */
export interface NotationKeys {
  readonly path: string
  /** The local keys. */
  readonly keys: readonly NotationKey[]
  /** Names of keys of plug-ins, which need the bridge that calls them. */
  readonly plugins: readonly string[]
  readonly default?: string | undefined
  /** What is wrong with the file, or with one of its entries. It concerns the keys of this list alone. */
  readonly faults: readonly SealwrightError[]
}

/** Reads Notation's list of keys. What is wrong with it is told, and stops nothing else. */
export async function readNotationKeys(trust: string): Promise<NotationKeys> {
  const path = join(trust, 'signingkeys.json')
  const nothing = { path, keys: [], plugins: [] }
  try {
    const bytes = await readIfPresent(path)
    if (bytes === undefined) return { ...nothing, faults: [] }
    return readList(decodeJson(bytes, { label: path }), path)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { ...nothing, faults: [error] }
  }
}

function readList(file: JsonValue, path: string): NotationKeys {
  if (!isJsonObject(file)) throw malformed(path, 'it is not an object')
  const list = file.keys ?? []
  if (!Array.isArray(list)) throw malformed(path, '"keys" is not a list')
  const keys: NotationKey[] = []
  const plugins: string[] = []
  const faults: SealwrightError[] = []
  for (const [index, entry] of list.entries()) {
    const { name, keyPath, certPath, pluginName } = isJsonObject(entry) ? entry : {}
    if (isText(name) && isText(keyPath) && isText(certPath)) keys.push({ name, keyPath, certPath })
    else if (isText(name) && isText(pluginName)) plugins.push(name)
    else faults.push(malformed(path, `keys[${index}] lacks name, keyPath or certPath`))
  }
  return { path, keys, plugins, faults, ...(isText(file.default) ? { default: file.default } : {}) }
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

function malformed(path: string, why: string): SealwrightError {
  return usageError(`${path} cannot be used`, {
    why,
    fix: 'repair it with notation, or name the key here: sealwright key add NAME file:PATH --cert-chain FILE',
  })
}
