import { generateKeyPair, type KeyObject } from 'node:crypto'
import {
  algorithms,
  type Call,
  isAlgorithmId,
  type KeySpec,
  type KeyType,
  SealwrightError,
} from '@sealwright/core'
import { encodePem } from '@sealwright/core/encoding'
import { assertNothingAt, writeFileAtomic } from '@sealwright/core/files'
import { type AskPassphrase, askPassphrase } from './passphrase.ts'
import { encryptKey, type KeyEncryption } from './pbes2.ts'
import { pathOf, referenceTo } from './reference.ts'

export interface CreateOptions {
  readonly passphrase?: AskPassphrase | undefined
  readonly encryption: KeyEncryption
}

/**
 * Makes a key and writes it as PKCS#8, encrypted unless clear text was chosen.
 *
 * @returns The canonical reference.
 */
export async function createKey(
  { passphrase, encryption }: CreateOptions,
  spec: KeySpec,
  call: Call,
): Promise<string> {
  const path = pathOf(spec.reference)
  assertSpec(spec)
  call.signal.throwIfAborted()
  await assertNothingAt(path)
  const answer =
    encryption === 'none' ? undefined : await askPassphrase(passphrase, { path, purpose: 'create' }, call)
  try {
    const key = await generateKey(spec.type)
    call.signal.throwIfAborted()
    const plain = key.export({ type: 'pkcs8', format: 'der' })
    try {
      const text =
        encryption === 'none' || answer === undefined
          ? encodePem('PRIVATE KEY', plain)
          : encodePem('ENCRYPTED PRIVATE KEY', await encryptKey(plain, answer, encryption, call.signal))
      await writeFileAtomic(path, text, { exclusive: true })
    } finally {
      plain.fill(0)
    }
  } finally {
    answer?.fill(0)
  }
  return referenceTo(path)
}

function assertSpec({ type, algorithm, protection }: KeySpec): void {
  if (protection === 'hsm') {
    throw new SealwrightError('UNSUPPORTED', 'a key file is protected by software only', {
      fix: 'create the key in a token or a key service',
    })
  }
  if (algorithm === undefined || (isAlgorithmId(algorithm) && algorithms[algorithm].keyTypes.includes(type)))
    return
  throw new SealwrightError('VALIDATION', `${algorithm} does not sign with a key of type ${type}`)
}

const CURVES: Readonly<Partial<Record<KeyType, string>>> = {
  'EC-P256': 'prime256v1',
  'EC-P384': 'secp384r1',
  'EC-P521': 'secp521r1',
  'EC-secp256k1': 'secp256k1',
}

const RSA_BITS: Readonly<Partial<Record<KeyType, number>>> = {
  'RSA-2048': 2048,
  'RSA-3072': 3072,
  'RSA-4096': 4096,
}

const OTHERS: Readonly<Partial<Record<KeyType, 'ed25519' | 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87'>>> = {
  Ed25519: 'ed25519',
  'ML-DSA-44': 'ml-dsa-44',
  'ML-DSA-65': 'ml-dsa-65',
  'ML-DSA-87': 'ml-dsa-87',
}

/**
 * Makes a private key, in Node's thread pool.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an unknown type; `UNSUPPORTED` for ML-DSA where this Node.js has none.
 */
function generateKey(type: KeyType): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _publicKey: KeyObject, privateKey: KeyObject) => {
      if (error) reject(error)
      else resolve(privateKey)
    }
    const namedCurve = CURVES[type]
    const modulusLength = RSA_BITS[type]
    const other = OTHERS[type]
    if (namedCurve !== undefined) return generateKeyPair('ec', { namedCurve }, done)
    if (modulusLength !== undefined) return generateKeyPair('rsa', { modulusLength }, done)
    if (other === undefined) {
      throw new SealwrightError('VALIDATION', `${JSON.stringify(type)} is not a key type`, {
        fix: `give one of: ${[CURVES, RSA_BITS, OTHERS].flatMap(Object.keys).join(', ')}`,
      })
    }
    try {
      generateKeyPair(other as 'ed25519', undefined, done)
    } catch (cause) {
      throw new SealwrightError('UNSUPPORTED', `this Node.js cannot make a key of type ${type}`, {
        why: `Node.js ${process.version} with OpenSSL ${process.versions.openssl}`,
        fix: 'use Node.js 24 or later',
        cause,
      })
    }
  })
}
