import { type KeyPair, newKeyPair, Refused, signWith } from './transit-key.ts'

/** A key with its versions: the first has number 1. */
interface FakeKey {
  readonly type: string
  readonly parameterSet?: string | undefined
  readonly versions: (KeyPair & { certificateChain?: string })[]
  derived: boolean
  exportable: boolean
  allowPlaintextBackup: boolean
  softDeleted: boolean
  minEncryptionVersion: number
  minDecryptionVersion: number
}

type Body = Readonly<Record<string, unknown>>

/** One transit engine: its keys, and the words it answers with (OpenBao 2.7's, which are Vault's). */
export interface FakeTransit {
  readonly keys: Map<string, FakeKey>
  signCalls: number
  /** @returns `data` of the reply; `undefined` for 204. */
  handle(method: string, rest: readonly string[], query: URLSearchParams, body: Body): Body | undefined
}

export function fakeTransit(): FakeTransit {
  const keys = new Map<string, FakeKey>()
  const transit: FakeTransit = {
    keys,
    signCalls: 0,
    handle: (method, [operation, name, action], query, body) => {
      if (operation === 'keys' && name === undefined) {
        if (method !== 'GET' || query.get('list') !== 'true') throw new Refused(405, 'unsupported operation')
        if (keys.size === 0) throw new Refused(404, '')
        return { keys: [...keys.keys()] }
      }
      if (name === undefined || !/^\w(?:[\w.-]*\w)?$/.test(name)) throw new Refused(404, 'unsupported path')
      if (operation === 'sign' && method === 'POST') return signed(transit, name, body)
      if (operation !== 'keys') throw new Refused(404, 'unsupported path')
      if (method === 'POST' && action === undefined) return created(keys, name, body)
      const key = keys.get(name)
      if (key === undefined) throw new Refused(method === 'GET' ? 404 : 400, method === 'GET' ? '' : NO_KEY)
      if (method === 'GET' && action === undefined) return described(name, key)
      if (method === 'POST' && action === 'rotate') {
        key.versions.push(newKeyPair(key.type, key.parameterSet))
        return described(name, key)
      }
      if (method === 'POST' && action === 'set-certificate') {
        key.versions[Number(body.version) - 1]!.certificateChain = String(body.certificate_chain)
        return undefined
      }
      throw new Refused(404, 'unsupported path')
    },
  }
  return transit
}

const NO_KEY = 'no existing key named that could be found'

function created(keys: Map<string, FakeKey>, name: string, body: Body): Body {
  const { type = 'aes256-gcm96', parameter_set: set } = body
  const parameterSet = set === undefined ? undefined : String(set)
  if (!keys.has(name)) {
    const isSymmetric = type === 'aes256-gcm96'
    keys.set(name, {
      type: String(type),
      parameterSet,
      versions: isSymmetric ? [] : [newKeyPair(String(type), parameterSet)],
      derived: body.derived === true,
      exportable: body.exportable === true,
      allowPlaintextBackup: body.allow_plaintext_backup === true,
      softDeleted: false,
      minEncryptionVersion: 0,
      minDecryptionVersion: 1,
    })
  }
  return described(name, keys.get(name)!)
}

function described(name: string, key: FakeKey): Body {
  const isSymmetric = key.versions.length === 0
  const listed = key.versions.map((pair, index) => [String(index + 1), pair] as const)
  return {
    name,
    type: key.type,
    ...(key.parameterSet === undefined ? {} : { parameter_set: key.parameterSet }),
    latest_version: isSymmetric ? 1 : key.versions.length,
    min_available_version: 0,
    min_decryption_version: key.minDecryptionVersion,
    min_encryption_version: key.minEncryptionVersion,
    derived: key.derived,
    exportable: key.exportable,
    allow_plaintext_backup: key.allowPlaintextBackup,
    soft_deleted: key.softDeleted,
    supports_signing: !isSymmetric,
    keys: isSymmetric
      ? { 1: 1795369827 }
      : Object.fromEntries(
          listed
            .filter(([version]) => Number(version) >= key.minDecryptionVersion)
            .map(([version, pair]) => [
              version,
              {
                public_key: key.derived ? '' : pair.publicKey,
                certificate_chain: pair.certificateChain ?? '',
                creation_time: '2026-11-22T17:50:26.1Z',
              },
            ]),
        ),
  }
}

function signed(transit: FakeTransit, name: string, body: Body): Body {
  transit.signCalls++
  const key = transit.keys.get(name)
  if (key === undefined) throw new Refused(400, 'signing key not found')
  if (key.versions.length === 0) throw new Refused(400, `key type ${key.type} does not support signing`)
  if (key.softDeleted) throw multi('refusing to use soft-deleted key')
  if (key.derived) throw multi("error deriving key: missing 'context' for key derivation")
  const version = Number(body.key_version ?? 0) || key.versions.length
  if (version > key.versions.length) {
    throw multi('requested version for signing is higher than the latest key version')
  }
  if (version < key.minEncryptionVersion) {
    throw multi('requested version for signing is less than the minimum encryption key version')
  }
  if (typeof body.input !== 'string') throw new Refused(400, 'missing input')
  const bytes = signWith(key.type, key.versions[version - 1]!, {
    ...body,
    input: Buffer.from(body.input, 'base64'),
  })
  const encoding = body.marshaling_algorithm === 'jws' ? 'base64url' : 'base64'
  return { signature: `vault:v${version}:${bytes.toString(encoding)}`, key_version: version }
}

function multi(message: string): Refused {
  return new Refused(500, `1 error occurred:\n\t* ${message}\n\n`)
}
