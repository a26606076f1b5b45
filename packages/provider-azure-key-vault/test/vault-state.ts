import { createPublicKey, randomBytes } from 'node:crypto'
import { Refused, type Shape, type VaultKey, vaultKey } from './vault-key.ts'

/** One version of a key. Tests change what is said of it. */
export interface StoredVersion {
  readonly version: string
  readonly key: VaultKey
  readonly kty: string
  operations: readonly string[]
  attributes: { enabled: boolean; nbf?: number; exp?: number }
  /** The certificate of this name and version. */
  certificate?: {
    readonly cer: Buffer
    readonly exportable: boolean
    readonly secret: { readonly value: string; readonly contentType: string }
  }
}

interface StoredKey {
  readonly name: string
  /** The latest is the last. */
  readonly versions: StoredVersion[]
  deleted: boolean
}

interface Call {
  readonly name: string
  readonly version: string
  readonly body: Readonly<Record<string, unknown>>
  readonly query: URLSearchParams
}

/** What the service knows, and its operations. */
export interface VaultState {
  readonly host: string
  pageSize: number
  /** The origin of links between pages, where it is not that of the vault: emulators name their own. */
  linksTo: string | undefined
  addKey(name: string, kty: string, shape: Shape): StoredVersion
  addVersion(name: string): StoredVersion
  find(name: string): StoredKey
  readonly operations: Readonly<Record<Operation, (call: Call) => Record<string, unknown>>>
}

export type Operation =
  | 'getKey'
  | 'sign'
  | 'listKeys'
  | 'createKey'
  | 'rotateKey'
  | 'getCertificate'
  | 'getSecret'

export function vaultState(host: string): VaultState {
  // Key Vault minds no case in names.
  const keys = new Map<string, StoredKey>()
  const id = (name: string, version: string, collection = 'keys') =>
    `https://${host}/${collection}/${name}/${version}`
  const bundle = ({ name }: StoredKey, { version, kty, key, operations, attributes }: StoredVersion) => ({
    key: { kid: id(name, version), kty, key_ops: operations, ...key.jwk },
    attributes: {
      ...attributes,
      created: 1_700_000_000,
      updated: 1_700_000_000,
      recoveryLevel: 'Recoverable',
    },
  })
  const state: VaultState = {
    host,
    pageSize: 25,
    linksTo: undefined,
    addKey(name, kty, shape) {
      const version = stored(kty, shape)
      keys.set(name.toLowerCase(), { name, versions: [version], deleted: false })
      return version
    },
    addVersion(name) {
      const { versions } = state.find(name)
      const { kty, key } = versions.at(-1)!
      const made = stored(kty, shapeOf(key))
      versions.push(made)
      return made
    },
    find(name) {
      const found = keys.get(name.toLowerCase())
      if (found === undefined || found.deleted) throw missing('Key', name)
      return found
    },
    operations: {
      getKey: ({ name, version }) => bundle(state.find(name), versionOf(state.find(name), version)),
      sign: ({ name, version, body: { alg, value } }) => {
        const found = state.find(name)
        const which = versionOf(found, version)
        const { enabled, nbf = 0, exp = Number.POSITIVE_INFINITY } = which.attributes
        if (!enabled) throw forbidden('Operation sign is not allowed on a disabled key.', 'KeyDisabled')
        const now = Date.now() / 1000
        if (now < nbf || now >= exp)
          throw forbidden('Operation sign is not allowed on an expired key.', 'KeyExpired')
        if (!which.operations.includes('sign'))
          throw forbidden('Operation sign is not permitted on this key.')
        const signature = which.key.sign(String(alg), Buffer.from(String(value), 'base64url'))
        return { kid: id(found.name, which.version), value: signature.toString('base64url') }
      },
      listKeys: ({ query }) => {
        const from = Number(query.get('$skiptoken') ?? 0)
        const to = from + state.pageSize
        const all = [...keys.values()].filter(({ deleted }) => !deleted)
        const items = all.slice(from, to).map(({ name }) => ({ kid: `https://${host}/keys/${name}` }))
        // As Key Vault does, with the port.
        const more = `https://${host}:443/keys?api-version=${query.get('api-version')}&$skiptoken=${to}`
        return {
          value: items,
          nextLink:
            to < all.length
              ? more.replace(`https://${host}:443`, state.linksTo ?? `https://${host}:443`)
              : null,
        }
      },
      createKey: ({ name, body: { kty, key_size: keySize, crv, key_ops: operations } }) => {
        if (keys.get(name.toLowerCase())?.deleted) {
          const message = `Key ${name} is currently in a deleted but recoverable state`
          throw new Refused(409, 'Conflict', message, 'ObjectIsDeletedButRecoverable')
        }
        const shape = typeof crv === 'string' ? { curve: crv } : { keySize: Number(keySize) }
        const made = state.addKey(name, String(kty), shape)
        if (Array.isArray(operations)) made.operations = operations
        return bundle(state.find(name), made)
      },
      rotateKey: ({ name }) => {
        const made = state.addVersion(name)
        return bundle(state.find(name), made)
      },
      getCertificate: ({ name, version }) => {
        const found = versionOf(state.find(name), version)
        if (found.certificate === undefined) throw missing('Certificate', name)
        const { cer, exportable } = found.certificate
        return {
          id: id(name, version, 'certificates'),
          kid: id(name, version),
          sid: id(name, version, 'secrets'),
          cer: cer.toString('base64'),
          attributes: found.attributes,
          policy: { key_props: { exportable } },
        }
      },
      getSecret: ({ name, version }) => {
        const found = versionOf(state.find(name), version)
        if (found.certificate === undefined) throw missing('Secret', name)
        return { id: id(name, version, 'secrets'), ...found.certificate.secret }
      },
    },
  }
  return state
}

function stored(kty: string, shape: Shape): StoredVersion {
  if (!['RSA', 'EC', 'RSA-HSM', 'EC-HSM'].includes(kty)) throw new Refused(400, 'BadParameter', 'kty')
  return {
    version: randomBytes(16).toString('hex'),
    key: vaultKey(shape),
    kty,
    operations: ['sign', 'verify'],
    attributes: { enabled: true },
  }
}

function shapeOf({ jwk, privateKey }: VaultKey): Shape {
  if (typeof jwk.crv === 'string') return { curve: jwk.crv }
  return { keySize: createPublicKey(privateKey).asymmetricKeyDetails!.modulusLength! }
}

function versionOf({ name, versions }: StoredKey, version: string): StoredVersion {
  const found = version === '' ? versions.at(-1) : versions.find(each => each.version === version)
  if (found === undefined) throw missing('Key', name)
  return found
}

function missing(what: string, name: string): Refused {
  return new Refused(
    404,
    `${what}NotFound`,
    `A ${what.toLowerCase()} with (name/id) ${name} was not found in this key vault.`,
  )
}

function forbidden(message: string, inner?: string): Refused {
  return new Refused(403, 'Forbidden', message, inner)
}
