import { type VersionKey, versionKey } from './version-key.ts'

export interface Version {
  readonly name: string
  readonly algorithm: string
  readonly protectionLevel: string
  readonly key: VersionKey | undefined
  state: string
  /** How often a version that is being generated is looked at before it is there. */
  looks: number
}

export interface CryptoKey {
  readonly name: string
  readonly purpose: string
  readonly versionTemplate: { readonly algorithm: string; readonly protectionLevel: string }
  readonly importOnly: boolean
  readonly versions: Version[]
}

/** What is in Cloud KMS. */
export interface KmsState {
  readonly keyRings: Set<string>
  readonly keys: Map<string, CryptoKey>
  /** The most items of a page. */
  pageMax: number
  /** Whether the versions of a key that is not there are an empty list, as emulators have it, instead of NOT_FOUND. */
  listsMissing: boolean
  /** Returns the resource name of the key, whose first version is enabled. */
  addKey(algorithm: string, options?: KeyOptions): string
  addVersion(key: string, state?: string): Version
  version(name: string): Version
}

interface KeyOptions {
  readonly keyRing?: string
  readonly id?: string
  readonly protectionLevel?: string
  readonly importOnly?: boolean
}

export const LOCATION = 'projects/acme-signing/locations/europe-west3'
export const KEY_RING = `${LOCATION}/keyRings/Release`

/** HMAC and encryption have purposes of their own. */
export function purposeOf(algorithm: string): string {
  if (/^(?:RSA|EC|PQ)_SIGN/.test(algorithm)) return 'ASYMMETRIC_SIGN'
  return algorithm.startsWith('HMAC') ? 'MAC' : 'ENCRYPT_DECRYPT'
}

export function kmsState(): KmsState {
  const keyRings = new Set([KEY_RING])
  const keys = new Map<string, CryptoKey>()
  const addVersion = (keyName: string, state = 'ENABLED') => {
    const { versions, versionTemplate } = keys.get(keyName)!
    const { algorithm, protectionLevel } = versionTemplate
    const version: Version = {
      name: `${keyName}/cryptoKeyVersions/${versions.length + 1}`,
      algorithm,
      protectionLevel,
      key: versionKey(algorithm),
      state,
      looks: 2,
    }
    versions.push(version)
    return version
  }
  return {
    keyRings,
    keys,
    pageMax: 1000,
    listsMissing: false,
    addVersion,
    addKey: (algorithm, options = {}) => {
      const { keyRing = KEY_RING, id = `Key-${keys.size}`, importOnly = false } = options
      const hsmOnly = algorithm.includes('SECP256K1')
      const { protectionLevel = hsmOnly ? 'HSM' : 'SOFTWARE' } = options
      const name = `${keyRing}/cryptoKeys/${id}`
      keyRings.add(keyRing)
      const versionTemplate = { algorithm, protectionLevel }
      keys.set(name, { name, purpose: purposeOf(algorithm), versionTemplate, importOnly, versions: [] })
      addVersion(name)
      return name
    },
    version: name => {
      const key = keys.get(name.slice(0, name.indexOf('/cryptoKeyVersions/')))
      const version = key?.versions.find(each => each.name === name)
      if (version === undefined) throw new Error(`no ${name}`)
      return version
    },
  }
}
