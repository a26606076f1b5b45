import {
  constants,
  createPublicKey,
  createSign,
  type KeyObject,
  type SigningOptions,
  sign,
} from 'node:crypto'
import {
  type Accepts,
  type Algorithm,
  type AlgorithmId,
  algorithms,
  type KeyHandle,
  type KeyType,
  keyType,
  type RawSignature,
  SealwrightError,
  type StreamedSignature,
} from '@sealwright/core'
import type { OpenedKey } from './opened-keys.ts'
import { referenceTo } from './reference.ts'

/** What is held of a message that is given whole: node:crypto signs messages, not digests. */
const MAX_MESSAGE = 64 * 2 ** 20

/** A signature with these takes less time than a hop to the thread pool and back. */
const FAST: ReadonlySet<AlgorithmId> = new Set<AlgorithmId>(['ES256', 'Ed25519'])
const SMALL = 64 * 2 ** 10

/**
 * A handle on an open key. The private key is reachable through its methods only; nothing prints it.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED` for a key that nothing here signs with.
 */
export function keyHandle(path: string, opened: OpenedKey): KeyHandle {
  const publicKey = publicKeyOf(opened.key)
  const type = keyType(publicKey)
  const signMessage = messageSigner()
  let privateKey: KeyObject | undefined = opened.key
  const openKey = (): KeyObject => {
    if (privateKey === undefined) throw new SealwrightError('VALIDATION', `the key ${path} is closed`)
    return privateKey
  }
  return {
    key: {
      reference: referenceTo(path),
      publicKey,
      algorithms: acceptsOf(type),
      protection: 'software',
    },
    signRaw: async ({ algorithm, input, bytes }) => {
      const key = openKey()
      if (input !== 'message') throw new SealwrightError('VALIDATION', 'a key file signs messages only')
      return signMessage(key, algorithm, bytes)
    },
    beginSign: algorithm => streamSigner(openKey(), algorithm),
    [Symbol.asyncDispose]: async () => {
      if (privateKey === undefined) return
      privateKey = undefined
      opened.close()
    },
  }
}

type SignMessage = (key: KeyObject, algorithm: Algorithm, bytes: Uint8Array) => Promise<RawSignature>

/**
 * Signs on this thread when it is alone, as Node's TLS does: a hop to the thread pool costs up to a third of an RSA
 * signature. Calls that come together share the pool.
 */
function messageSigner(): SignMessage {
  let calls = 0
  return async (key, algorithm, bytes) => {
    const hash = algorithm.hash ?? null
    const signing = keyFor(algorithm, key)
    const encoding = encodingOf(algorithm)
    if (bytes.length > SMALL) return { bytes: await signInPool(hash, bytes, signing), encoding }
    if (FAST.has(algorithm.id)) return { bytes: sign(hash, bytes, signing), encoding }
    calls++
    try {
      // Until here come all calls of one turn before the first goes on.
      await undefined
      return {
        bytes: calls > 1 ? await signInPool(hash, bytes, signing) : sign(hash, bytes, signing),
        encoding,
      }
    } finally {
      calls--
    }
  }
}

/** Hashes a message as it arrives: a message of any size in little memory. */
function streamSigner(key: KeyObject, algorithm: Algorithm): StreamedSignature {
  const hashing = createSign(algorithm.hash!)
  return {
    update: chunk => void hashing.update(chunk),
    sign: async () => ({
      bytes: new Uint8Array(hashing.sign(keyFor(algorithm, key))),
      encoding: encodingOf(algorithm),
    }),
  }
}

function encodingOf({ family }: Algorithm): RawSignature['encoding'] {
  return family === 'ECDSA' ? 'der' : 'raw'
}

type SigningKey = KeyObject | (SigningOptions & { readonly key: KeyObject })

function signInPool(hash: string | null, bytes: Uint8Array, key: SigningKey): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    sign(hash, bytes, key, (error, signature) => {
      if (error) reject(error)
      else resolve(signature)
    })
  })
}

/** Options cost Node.js more than half of a P-256 signature, so only RSA has them, and ECDSA comes as DER. */
function keyFor(algorithm: Algorithm, key: KeyObject): SigningKey {
  switch (algorithm.family) {
    case 'RSASSA-PKCS1-v1_5':
      return { key, padding: constants.RSA_PKCS1_PADDING }
    case 'RSASSA-PSS':
      return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.digestLength! }
    default:
      return key
  }
}

function acceptsOf(type: KeyType): Readonly<Partial<Record<AlgorithmId, Accepts>>> {
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  return Object.fromEntries(rows.map(({ id }) => [id, { message: MAX_MESSAGE }]))
}

/** DER SubjectPublicKeyInfo; an EC point is written uncompressed, however the file has it. */
function publicKeyOf(privateKey: KeyObject): Uint8Array {
  let key = createPublicKey(privateKey)
  if (key.asymmetricKeyDetails?.namedCurve?.match(/^(prime256v1|secp(384|521)r1|secp256k1)$/)) {
    key = createPublicKey({ key: key.export({ format: 'jwk' }), format: 'jwk' })
  }
  return new Uint8Array(key.export({ type: 'spki', format: 'der' }))
}
