import {
  constants,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  type SigningOptions,
  sign,
} from 'node:crypto'
import { signPkcs1 } from '../../../test/wire/sign-digest.ts'
import {
  type Accepts,
  type Algorithm,
  type AlgorithmId,
  algorithms,
  type Failure,
  type KeyDescriptor,
  type KeyHandle,
  type KeyProvider,
  type KeyType,
  type RawSignature,
  SealwrightError,
  type SignRequest,
} from '../src/index.ts'

const made = new Map<KeyType, KeyObject>()

/** One private key of each type for a whole test file: RSA keys take long to make. */
export function privateKey(type: KeyType): KeyObject {
  let key = made.get(type)
  if (key === undefined) {
    key = makeKey(type)
    made.set(type, key)
  }
  return key
}

export function makeKey(type: KeyType): KeyObject {
  const curves: Partial<Record<KeyType, string>> = {
    'EC-P256': 'prime256v1',
    'EC-P384': 'secp384r1',
    'EC-P521': 'secp521r1',
    'EC-secp256k1': 'secp256k1',
  }
  if (type.startsWith('RSA-')) {
    return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(4)) }).privateKey
  }
  if (type.startsWith('EC-')) return generateKeyPairSync('ec', { namedCurve: curves[type]! }).privateKey
  return generateKeyPairSync(type.toLowerCase() as 'ed25519').privateKey
}

export function spkiOf(key: KeyObject): Uint8Array {
  return new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }))
}

export function paddingOf(algorithm: Algorithm): SigningOptions {
  if (algorithm.family === 'RSASSA-PSS') {
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.digestLength! }
  }
  return algorithm.family === 'RSASSA-PKCS1-v1_5' ? { padding: constants.RSA_PKCS1_PADDING } : {}
}

/** Signs a message as a well-behaved store does. */
export function signWith(
  key: KeyObject,
  algorithm: Algorithm,
  message: Uint8Array,
  encoding: 'der' | 'raw',
): RawSignature {
  const isEcdsa = algorithm.family === 'ECDSA'
  const dsaEncoding = encoding === 'der' ? 'der' : 'ieee-p1363'
  const bytes = sign(algorithm.hash ?? null, message, {
    key,
    ...paddingOf(algorithm),
    ...(isEcdsa ? { dsaEncoding } : {}),
  })
  return { bytes, encoding: isEcdsa ? encoding : 'raw' }
}

/** RSASSA-PKCS1-v1_5 over a digest: the only signature of a bare digest that node:crypto can be made to give. */
function signDigest(key: KeyObject, algorithm: Algorithm, digest: Uint8Array): RawSignature {
  return { bytes: signPkcs1(key, algorithm.hash!, digest), encoding: 'raw' }
}

export interface FakeStoreOptions {
  readonly type: KeyType
  readonly key?: KeyObject
  readonly accepts: Readonly<Partial<Record<AlgorithmId, Accepts>>>
  readonly encoding?: 'der' | 'raw'
  readonly signRaw?: KeyHandle['signRaw']
  readonly open?: KeyProvider['open']
  readonly classify?: (error: unknown) => Failure | undefined
  readonly descriptor?: Partial<Record<keyof KeyDescriptor, unknown>>
  readonly handle?: Partial<KeyHandle>
}

export interface FakeStore extends KeyProvider {
  readonly requests: SignRequest[]
  /** How often a handle was disposed of. */
  readonly disposals: { count: number }
}

/** A key store in memory with one key, `fake:key`, of which each part can be replaced by a broken one. */
export function fakeStore(options: FakeStoreOptions): FakeStore {
  const key = options.key ?? privateKey(options.type)
  const requests: SignRequest[] = []
  const disposals = { count: 0 }
  const honest: KeyHandle['signRaw'] = async ({ algorithm, input, bytes }) =>
    input === 'digest'
      ? signDigest(key, algorithm, bytes)
      : signWith(key, algorithm, bytes, options.encoding ?? 'raw')
  const signRaw = options.signRaw ?? honest
  const handle = {
    key: {
      reference: 'fake:key',
      publicKey: spkiOf(key),
      algorithms: options.accepts,
      protection: 'software',
      ...options.descriptor,
    } as KeyDescriptor,
    signRaw: (request: SignRequest, call: { readonly signal: AbortSignal }) => {
      requests.push(request)
      return signRaw(request, call)
    },
    ...options.handle,
    [Symbol.asyncDispose]: async () => {
      disposals.count++
    },
  }
  return {
    contract: 1,
    name: 'fake',
    schemes: ['fake'],
    permissions: {},
    canonical: reference => {
      if (!reference.startsWith('fake:')) throw new SealwrightError('VALIDATION', 'not a fake reference')
      return reference
    },
    open: options.open ?? (async () => handle),
    classify: options.classify ?? (() => undefined),
    requests,
    disposals,
  }
}

/** Every algorithm with a key type that signs with it. */
export const rows: readonly (readonly [AlgorithmId, KeyType])[] = Object.values(algorithms).map(row => [
  row.id,
  row.keyTypes[0]!,
])

export async function* chunked(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}
