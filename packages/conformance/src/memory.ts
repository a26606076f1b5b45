import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import {
  type Algorithm,
  algorithms,
  type ErrorCode,
  type KeyAdmin,
  type KeyDescriptor,
  type KeyHandle,
  type KeyProvider,
  type KeyType,
  SealwrightError,
} from '@sealwright/core'

export type MemoryOperation = 'open' | 'sign' | 'list' | 'create' | 'rotate'

/** A key store in memory, for tests of programs that sign. */
export interface MemoryKeyProvider extends KeyProvider {
  readonly admin: KeyAdmin
  /**
   * Makes a key, or the next version of one that is there.
   *
   * @param type - Default `EC-P256`, or the type of the version before.
   * @returns The versioned reference: `memory:release@1`.
   */
  add(name: string, type?: KeyType): string
  /** Lets the next calls of an operation fail, as a store does that is down or refuses. */
  fail(operation: MemoryOperation, code: ErrorCode, times?: number): void
  /** What was asked, in order. */
  readonly calls: readonly { readonly operation: MemoryOperation; readonly reference: string }[]
}

interface MemoryKey {
  readonly type: KeyType
  readonly privateKey: KeyObject
  readonly publicKey: Uint8Array
}

/** What stands for the errors of a vendor. */
class ToldToFail extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode) {
    super('told to fail')
    this.code = code
  }
}

const SCHEME = 'memory:'
const REFERENCE = /^memory:([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:@([1-9][0-9]{0,5}))?$/
const MESSAGE_MAX = 64 * 2 ** 20

/**
 * Makes a key store in memory. References are `memory:NAME`, its latest version, and `memory:NAME@VERSION`. Its keys are made
 * here and are gone with it: it is for tests, and passes the cases of this kit as any store does.
 *
 * @example
 * ```ts
 * import { memoryKeys } from '@sealwright/conformance/memory'
 * import { openSigner } from '@sealwright/core'
 *
 * const keys = memoryKeys()
 * keys.add('release', 'EC-P256')
 * const signer = await openSigner(keys, 'memory:release')
 * ```
 */
export function memoryKeys(): MemoryKeyProvider {
  const keys = new Map<string, MemoryKey[]>()
  const calls: { operation: MemoryOperation; reference: string }[] = []
  const failures: { operation: MemoryOperation; code: ErrorCode; times: number }[] = []

  function enter(operation: MemoryOperation, reference: string): void {
    calls.push({ operation, reference })
    const failure = failures.find(each => each.operation === operation && each.times > 0)
    if (failure === undefined) return
    failure.times--
    throw new ToldToFail(failure.code)
  }

  function add(name: string, type?: KeyType): string {
    const [key] = parse(`${SCHEME}${name}`)
    const versions = keys.get(key) ?? []
    versions.push(makeKey(type ?? versions.at(-1)?.type ?? 'EC-P256'))
    keys.set(key, versions)
    return `${SCHEME}${key}@${versions.length}`
  }

  function find(reference: string): { readonly key: MemoryKey; readonly resolved: string } {
    const [name, version] = parse(reference)
    const versions = keys.get(name) ?? []
    const number = version ?? versions.length
    const key = versions[number - 1]
    if (key !== undefined) return { key, resolved: `${SCHEME}${name}@${number}` }
    throw new SealwrightError('NOT_FOUND', `there is no key ${reference} in memory`, {
      why: `there are ${[...keys.keys()].join(', ') || 'none'}`,
    })
  }

  return {
    contract: 1,
    name: 'memory',
    title: 'the store in memory',
    schemes: ['memory'],
    permissions: {},
    canonical: reference => {
      const [name, version] = parse(reference)
      return `${SCHEME}${name}${version === undefined ? '' : `@${version}`}`
    },
    open: async reference => {
      enter('open', reference)
      const { key, resolved } = find(reference)
      return handleOf(key, resolved, () => enter('sign', resolved))
    },
    classify: error =>
      error instanceof ToldToFail ? { code: error.code, why: 'the store was told to fail' } : undefined,
    admin: {
      list: async function* ({ prefix = SCHEME }) {
        enter('list', prefix)
        const found = [...keys].filter(([name]) => `${SCHEME}${name}`.startsWith(prefix))
        if (found.length === 0 && prefix !== SCHEME)
          throw new SealwrightError('NOT_FOUND', `no key in memory begins with ${prefix}`)
        for (const [name, versions] of found)
          yield { reference: `${SCHEME}${name}`, type: versions.at(-1)!.type, state: 'enabled' }
      },
      create: async ({ reference, type }) => {
        enter('create', reference)
        const [name] = parse(reference)
        if (keys.has(name)) throw new SealwrightError('VALIDATION', `the key ${reference} exists`)
        return add(name, type)
      },
      rotate: async reference => {
        enter('rotate', reference)
        find(reference)
        return add(parse(reference)[0])
      },
    },
    add,
    fail: (operation, code, times = 1) => void failures.push({ operation, code, times }),
    calls,
  }
}

function parse(reference: string): readonly [name: string, version: number | undefined] {
  const match = REFERENCE.exec(reference)
  if (match === null) {
    throw new SealwrightError('VALIDATION', 'the reference names no key in memory', {
      fix: 'write memory:NAME or memory:NAME@VERSION',
    })
  }
  return [match[1]!, match[2] === undefined ? undefined : Number(match[2])]
}

const CURVES: Readonly<Partial<Record<KeyType, string>>> = {
  'EC-P256': 'prime256v1',
  'EC-P384': 'secp384r1',
  'EC-P521': 'secp521r1',
  'EC-secp256k1': 'secp256k1',
}

function makeKey(type: KeyType): MemoryKey {
  const namedCurve = CURVES[type]
  const bits = /^RSA-(\d+)$/.exec(type)?.[1]
  const { privateKey, publicKey } =
    namedCurve !== undefined
      ? generateKeyPairSync('ec', { namedCurve })
      : bits !== undefined
        ? generateKeyPairSync('rsa', { modulusLength: Number(bits) })
        : // ML-DSA where this Node.js has it; its types know Ed25519 alone.
          generateKeyPairSync(type.toLowerCase() as 'ed25519')
  return {
    type,
    privateKey,
    publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  }
}

function handleOf(
  { type, privateKey, publicKey }: MemoryKey,
  reference: string,
  enter: () => void,
): KeyHandle {
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  const accepts = Object.fromEntries(rows.map(({ id }) => [id, { message: MESSAGE_MAX }]))
  const key: KeyDescriptor = { reference, publicKey, algorithms: accepts, protection: 'software' }
  let isOpen = true
  return {
    key,
    signRaw: async ({ algorithm, input, bytes }) => {
      if (!isOpen) throw new SealwrightError('VALIDATION', `the key ${reference} is closed`)
      if (input !== 'message') throw new SealwrightError('VALIDATION', 'the store in memory signs messages')
      enter()
      return {
        bytes: new Uint8Array(sign(algorithm.hash ?? null, bytes, signingKey(algorithm, privateKey))),
        encoding: algorithm.family === 'ECDSA' ? 'der' : 'raw',
        reference,
      }
    },
    [Symbol.asyncDispose]: async () => {
      isOpen = false
    },
  }
}

function signingKey({ family, digestLength }: Algorithm, key: KeyObject) {
  if (family === 'RSASSA-PKCS1-v1_5') return { key, padding: constants.RSA_PKCS1_PADDING }
  if (family !== 'RSASSA-PSS') return key
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestLength! }
}
