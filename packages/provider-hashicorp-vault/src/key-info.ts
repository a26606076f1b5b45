import { type Call, type KeyType, SealwrightError } from '@sealwright/core'
import { isJsonObject, type JsonObject } from '@sealwright/core/encoding'
import { keyTypeOf } from './key-types.ts'
import { formatReference, type KeyReference } from './reference.ts'
import { assertMount, type Vault } from './vault.ts'

/** A key of transit with all of its versions. */
export interface KeyInfo {
  readonly reference: KeyReference
  /** As transit names it. */
  readonly typeName: string
  /** `undefined` for a key that we do not sign with. */
  readonly type?: KeyType | undefined
  readonly latestVersion: number
  readonly data: JsonObject
}

/** One version of a key. */
export interface KeyVersion {
  /** Versioned, with the namespace in effect. */
  readonly reference: KeyReference & { readonly version: number }
  readonly data: JsonObject
}

export function pathOf({ mount, name }: KeyReference, operation: 'keys' | 'sign', rest = ''): string {
  return `${mount}/${operation}/${encodeURIComponent(name)}${rest}`
}

/** Reads what transit says of a key. The reference gains the namespace in effect. */
export async function readKey(vault: Vault, given: KeyReference, call: Call): Promise<KeyInfo> {
  assertMount(vault, given)
  const namespace = given.namespace ?? vault.namespace
  const reference = { ...given, namespace }
  const { data } = await vault.request({ method: 'GET', path: pathOf(reference, 'keys'), namespace }, call)
  const { type: typeName, latest_version: latestVersion, parameter_set: set } = data
  if (typeof typeName !== 'string' || !isVersion(latestVersion) || !isJsonObject(data.keys)) {
    throw new SealwrightError('INTEGRITY', `Vault returned no description of ${formatReference(reference)}`)
  }
  const type = keyTypeOf({ type: typeName, ...(typeof set === 'string' ? { parameter_set: set } : {}) })
  return { reference, typeName, latestVersion, data, type }
}

/**
 * The version that a reference names, or the latest.
 *
 * @throws {@link SealwrightError} `NOT_FOUND` for a version that was never made, `KEY_STATE` for one that may not sign any
 * more.
 */
export function versionOf({ reference: unpinned, latestVersion, data }: KeyInfo): KeyVersion {
  const version = unpinned.version ?? latestVersion
  const reference = { ...unpinned, version }
  const text = formatReference(reference)
  if (version > latestVersion) {
    throw new SealwrightError('NOT_FOUND', `${text} does not exist`, {
      why: `the latest version is ${latestVersion}`,
    })
  }
  if (data.soft_deleted === true) {
    throw new SealwrightError('KEY_STATE', `${text} is soft-deleted`, {
      fix: 'have it restored: keys/KEY/soft-delete-restore',
    })
  }
  const least = Math.max(...[data.min_encryption_version, data.min_available_version].map(numberOf))
  const entry = (data.keys as JsonObject)[String(version)]
  if (version < least || entry === undefined) {
    throw new SealwrightError('KEY_STATE', `${text} may not sign any more`, {
      why:
        entry === undefined
          ? `versions below ${numberOf(data.min_decryption_version)} are archived (min_decryption_version)`
          : `versions below ${least} do not sign (min_encryption_version)`,
      fix: `use version ${latestVersion}, or have the limit lowered: keys/KEY/config`,
    })
  }
  return { reference, data: isJsonObject(entry) ? entry : {} }
}

export function isVersion(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
