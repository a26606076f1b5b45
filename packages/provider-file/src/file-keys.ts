import {
  constants,
  createPublicKey,
  createSign,
  type KeyObject,
  type SigningOptions,
  sign,
} from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type Accepts,
  type Algorithm,
  type AlgorithmId,
  algorithms,
  type Call,
  type Failure,
  type KeyAdmin,
  type KeyHandle,
  type KeyProvider,
  type KeyType,
  keyType,
  type ListedKey,
  type RawSignature,
  SealwrightError,
  type StreamedSignature,
} from '@sealwright/core'
import { classifySystemError, isAbsent } from '@sealwright/core/files'
import { createKey } from './create-key.ts'
import { type OpenedKey, openedKeys } from './opened-keys.ts'
import type { AskPassphrase, PassphraseRequest } from './passphrase.ts'
import { assertEncryption, type KeyEncryption } from './pbes2.ts'
import { canonical, pathOf, referenceTo } from './reference.ts'

export type { PassphraseRequest }

/** A key store of files; it always can list and create. */
export interface FileKeyProvider extends KeyProvider {
  readonly admin: KeyAdmin
}

export interface FileKeysOptions {
  /**
   * Asked once for each encrypted file that is opened, and for each that is created. A string is taken as UTF-8.
   * `undefined`: there is none, and the call fails.
   */
  readonly passphrase?: AskPassphrase | undefined
  /** Opens files that others than their owner may read or write: mounted secrets, file systems without modes. */
  readonly allowOthersToRead?: boolean | undefined
  /** Of files that `create` writes. Default PBKDF2-HMAC-SHA-256 with 600 000 iterations. */
  readonly encryption?: KeyEncryption | undefined
}

/**
 * Private keys in files: the key store to start with. References are `file:PATH`; PKCS#8 (encrypted by PBES2 or not), PKCS#1
 * and SEC1 in PEM are read, PKCS#8 is written.
 *
 * The key is in the memory of this process while it is open: `protection` is `software`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for invalid parameters of the encryption.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { openSigner } from '@sealwright/core'
 * import { fileKeys } from '@sealwright/provider-file'
 *
 * const keys = fileKeys({ passphrase: async () => (await readFile('passphrase.txt', 'utf8')).trimEnd() })
 * const signer = await openSigner(keys, 'file:release.key')
 * ```
 */
export function fileKeys(options: FileKeysOptions = {}): FileKeyProvider {
  const { passphrase, allowOthersToRead = false, encryption = { kdf: 'pbkdf2' } } = options
  assertEncryption(encryption)
  const opened = openedKeys({ passphrase, allowOthersToRead })
  return {
    contract: 1,
    name: 'file',
    title: 'the file system',
    schemes: ['file'],
    permissions: {
      open: ['read the key file'],
      sign: [],
      list: ['read the directory', 'search the directory'],
      create: ['write the directory', 'search the directory'],
    },
    canonical,
    open: async (reference, call) => {
      const path = pathOf(reference)
      const key = await opened.open(path, call)
      try {
        return keyHandle(path, key)
      } catch (error) {
        key.close()
        throw error
      }
    },
    classify,
    admin: {
      list: ({ prefix }, call) => listKeys(prefix, call),
      create: (spec, call) => createKey({ passphrase, encryption }, spec, call),
    },
  }
}

/** Names a failed file system call; `undefined` for any other error. */
function classify(error: unknown): Failure | undefined {
  const failure = classifySystemError(error)
  if (failure === undefined || !isAbsent(error)) return failure
  const isTilde = (error as NodeJS.ErrnoException).path?.includes('/~/') === true
  const fix = isTilde ? 'write $HOME: a shell expands ~ only at the start of a word' : failure.fix
  return { ...failure, code: 'NOT_FOUND', fix }
}

/**
 * The `*.key` files of a directory, by name; nothing of them is read.
 *
 * @param prefix - A reference to a directory, or to the beginning of names in one.
 */
async function* listKeys(prefix: string | undefined, call: Call): AsyncIterable<ListedKey> {
  if (prefix === undefined) {
    throw new SealwrightError('VALIDATION', 'key files have no directory of their own to list', {
      fix: 'name one: file:DIRECTORY',
    })
  }
  const path = pathOf(prefix)
  const folder = (await isFolder(path)) ? path : dirname(path)
  const names = await readdir(folder)
  let isEmpty = true
  for (const name of names.sort()) {
    call.signal.throwIfAborted()
    const file = join(folder, name)
    if (!name.endsWith('.key') || !file.startsWith(path) || !(await isFile(file))) continue
    isEmpty = false
    yield { reference: referenceTo(file) }
  }
  if (isEmpty && folder !== path) {
    throw new SealwrightError('NOT_FOUND', `no key file begins with ${path}`, {
      why: `looked for files *.key in ${folder}`,
      fix: `list the directory: ${referenceTo(folder)}`,
    })
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await statOf(path))?.isDirectory() ?? false
}

async function isFile(path: string): Promise<boolean> {
  return (await statOf(path))?.isFile() ?? false
}

async function statOf(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    // A dangling link, or a file removed since the directory was read.
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

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
function keyHandle(path: string, opened: OpenedKey): KeyHandle {
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
