import { createHash, createPrivateKey, type KeyObject } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Call, SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { decodePem, readDer, shellQuote } from '@sealwright/core/encoding'
import { type AskPassphrase, askPassphrase, refusedPassphrases } from './passphrase.ts'
import { decryptKey, type EncryptedKey, readEncryptedKey } from './pbes2.ts'

export interface OpenedKeys {
  /** Opens the key of a file for one user more. */
  open(path: string, call: Call): Promise<OpenedKey>
}

export interface OpenedKey {
  readonly key: KeyObject
  /** Forgets the key when this was its last user. Must be called once. */
  close(): void
}

interface Entry {
  readonly key: KeyObject
  readonly digest: string
  users: number
}

export interface OpenedKeysOptions {
  readonly passphrase?: AskPassphrase | undefined
  readonly allowOthersToRead: boolean
}

/**
 * The keys in use. Users of one file share its key, so that its passphrase is asked for once; a file that has changed is
 * opened again.
 */
export function openedKeys({ passphrase, allowOthersToRead }: OpenedKeysOptions): OpenedKeys {
  const entries = new Map<string, Entry>()
  const turns = new KeyedMutex()
  const refused = refusedPassphrases()

  async function decrypt(
    path: string,
    content: Uint8Array,
    encrypted: EncryptedKey,
    call: Call,
  ): Promise<KeyObject> {
    const answer = await askPassphrase(passphrase, { path, purpose: 'open' }, call)
    const suspicion =
      answer.at(-1) === 0x0a ? 'it ends with a line break, which counts' : 'a damaged file looks the same'
    try {
      if (refused.has(path, content, answer))
        throw incorrect(path, 'it was refused before and was not tried again')
      const plain = await decryptKey(encrypted, answer, call.signal)
      if (plain === undefined) {
        refused.add(path, content, answer)
        throw incorrect(path, `tried once; ${suspicion}`)
      }
      try {
        return parsePrivateKey(plain, 'pkcs8', path)
      } finally {
        plain.fill(0)
      }
    } finally {
      answer.fill(0)
    }
  }

  async function load(path: string, call: Call): Promise<Entry> {
    call.signal.throwIfAborted()
    const content = await readKeyFile(path, allowOthersToRead)
    try {
      const digest = createHash('sha256').update(content).digest('hex')
      const known = entries.get(path)
      if (known?.digest === digest) return known
      const read = readPrivateKey(content, path)
      const key = read.kind === 'clear' ? read.key : await decrypt(path, content, read.encrypted, call)
      return { key, digest, users: 0 }
    } finally {
      content.fill(0)
    }
  }

  return {
    open: async (path, call) => {
      const entry = await turns.run(path, async () => {
        const loaded = await load(path, call)
        // Within the turn, so that the next one finds it.
        loaded.users++
        entries.set(path, loaded)
        return loaded
      })
      return {
        key: entry.key,
        close: () => {
          entry.users--
          if (entry.users === 0 && entries.get(path) === entry) entries.delete(path)
        },
      }
    },
  }
}

function incorrect(path: string, why: string): SealwrightError {
  return new SealwrightError('PIN_INCORRECT', `the passphrase of ${path} is wrong`, {
    why,
    fix: 'give the right one, or restore the file',
  })
}

/** More than any private key has; an ML-DSA-87 key is below 8 KiB. */
const MAX_BYTES = 64 * 2 ** 10

/**
 * Reads a private key file after a look at what it is and who else may read it. Symbolic links are followed (mounted
 * secrets are links); what is judged is the file that is read, not its name.
 *
 * @throws {@link SealwrightError} `VALIDATION` if it is not a regular file, is too large or can be read by others.
 */
async function readKeyFile(path: string, allowOthersToRead: boolean): Promise<Uint8Array> {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const stats = await file.stat()
    assertKeyFile(path, stats, allowOthersToRead)
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    let length = 0
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length)
      length += bytesRead
      if (bytesRead === 0 || length > MAX_BYTES) break
    }
    if (length > MAX_BYTES) throw tooLarge(path)
    return buffer.subarray(0, length)
  } finally {
    await file.close()
  }
}

function assertKeyFile(path: string, stats: Stats, allowOthersToRead: boolean): void {
  if (!stats.isFile()) {
    throw new SealwrightError('VALIDATION', `${path} is not a key file`, {
      why: stats.isDirectory() ? 'it is a directory' : 'it is not a regular file',
      fix: 'name the file that holds the private key',
    })
  }
  if (stats.size > MAX_BYTES) throw tooLarge(path)
  // Windows keeps access lists instead, and reports modes that say nothing.
  if (allowOthersToRead || process.platform === 'win32' || (stats.mode & 0o077) === 0) return
  throw new SealwrightError('VALIDATION', `the key file ${path} is open to other users`, {
    why: `its mode is ${(stats.mode & 0o777).toString(8).padStart(4, '0')}`,
    fix: `chmod 600 ${shellQuote(path)}, or where it is mounted read-only (secrets of Kubernetes and Docker) set allowOthersToRead`,
    remedy: { step: 'allowOthersToRead' },
  })
}

function tooLarge(path: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${path} is not a key file`, {
    why: `it is larger than ${MAX_BYTES} bytes`,
  })
}

/** What a key file holds: a key, or one that needs a passphrase. */
export type KeyFileContent =
  | { readonly kind: 'clear'; readonly key: KeyObject }
  | { readonly kind: 'encrypted'; readonly encrypted: EncryptedKey }

const FORMATS: Readonly<Record<string, 'pkcs8' | 'pkcs1' | 'sec1'>> = {
  'PRIVATE KEY': 'pkcs8',
  'RSA PRIVATE KEY': 'pkcs1',
  'EC PRIVATE KEY': 'sec1',
}

/**
 * Reads the one private key of a PEM file: PKCS#8 (encrypted or not), PKCS#1 or SEC1. `EC PARAMETERS`, which openssl puts
 * before an EC key, are repeated in the key and passed over.
 *
 * @param path - For messages.
 * @throws {@link SealwrightError} `VALIDATION` if it is not a key file; `UNSUPPORTED` for another format or encryption.
 */
export function readPrivateKey(content: Uint8Array, path: string): KeyFileContent {
  refuseBinary(content, path)
  const blocks = decodePem(content, path).filter(({ label }) => label !== 'EC PARAMETERS')
  const [block, ...more] = blocks
  if (block === undefined) {
    throw new SealwrightError('VALIDATION', `${path} holds no private key`, {
      why: 'it has no PEM block',
      fix: 'name the file that holds the private key: PEM, with a line such as -----BEGIN PRIVATE KEY-----',
    })
  }
  if (more.length > 0) {
    const certificates = blocks.filter(({ label }) => label.endsWith('CERTIFICATE'))
    if (certificates.length === blocks.length - 1) throw withCertificates(path)
    throw new SealwrightError('VALIDATION', `${path} holds more than one private key`, {
      why: `found ${blocks.map(({ label }) => label).join(', ')}`,
      fix: 'keep the private key alone in its file',
    })
  }
  if (block.headers.size > 0) {
    throw new SealwrightError('UNSUPPORTED', `${path} is encrypted in the traditional way of openssl`, {
      why: 'its key is derived from the passphrase by one round of MD5',
      fix: `openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -in ${shellQuote(path)} -out release.key`,
    })
  }
  if (block.label === 'ENCRYPTED PRIVATE KEY') {
    return { kind: 'encrypted', encrypted: readEncryptedKey(block.bytes, path) }
  }
  const format = FORMATS[block.label]
  if (format === undefined) throw otherLabel(path, block.label)
  try {
    return { kind: 'clear', key: parsePrivateKey(block.bytes, format, path) }
  } finally {
    block.bytes.fill(0)
  }
}

/**
 * Parses a DER private key.
 *
 * @throws {@link SealwrightError} `VALIDATION`; `UNSUPPORTED` for ML-DSA where this Node.js has none.
 */
function parsePrivateKey(bytes: Uint8Array, type: 'pkcs8' | 'pkcs1' | 'sec1', path: string): KeyObject {
  readDer(bytes, path)
  try {
    const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return createPrivateKey({ key, format: 'der', type })
  } catch (cause) {
    if (hasMlDsaOid(bytes)) {
      throw new SealwrightError('UNSUPPORTED', `this Node.js cannot use the ML-DSA key ${path}`, {
        why: `Node.js ${process.version} with OpenSSL ${process.versions.openssl}`,
        fix: 'use Node.js 24 or later',
        cause,
      })
    }
    throw new SealwrightError('VALIDATION', `${path} holds no private key that can be used`, { cause })
  }
}

/** id-ml-dsa-44, -65 and -87 (RFC 9881), where PKCS#8 has its algorithm. */
function hasMlDsaOid(bytes: Uint8Array): boolean {
  const arc = Buffer.from('06096086480165030403', 'hex')
  const at = Buffer.from(bytes.subarray(0, 32)).indexOf(arc)
  const last = bytes[at + arc.length] ?? 0
  return at >= 0 && last >= 0x11 && last <= 0x13
}

function withCertificates(path: string): SealwrightError {
  const file = shellQuote(path)
  return new SealwrightError('VALIDATION', `${path} holds certificates beside the private key`, {
    why: 'a key file holds one private key and nothing else, so that it is never copied for its certificates',
    fix: `openssl pkey -in ${file} -aes256 -out release.key && openssl crl2pkcs7 -nocrl -certfile ${file} | openssl pkcs7 -print_certs -out release.crt`,
  })
}

function otherLabel(path: string, label: string): SealwrightError {
  if (label === 'OPENSSH PRIVATE KEY') {
    return new SealwrightError('UNSUPPORTED', `${path} is an OpenSSH key`, {
      why: 'PKCS#8, PKCS#1 and SEC1 are read',
      fix: `cp ${shellQuote(path)} release.key && ssh-keygen -p -m PKCS8 -f release.key`,
    })
  }
  const isPrivate = label.endsWith('PRIVATE KEY')
  return new SealwrightError(
    isPrivate ? 'UNSUPPORTED' : 'VALIDATION',
    `${path} holds no private key that can be used`,
    {
      why: `it holds a block "${label}"; PKCS#8, PKCS#1 and SEC1 are read`,
    },
  )
}

/** OIDs as DER has them: what a PKCS #7 file begins with, and what the content of a PKCS #12 file is. */
const PKCS7 = Buffer.from('06092a864886f70d0107', 'hex')
const PKCS12_VERSION = Buffer.from('020103', 'hex')

/** Longest header of the outer SEQUENCE. */
const HEADER_MAX = 6

/**
 * Refuses a file of binary DER or BER with what it is, and the openssl command that makes a key file of it. Whatever does
 * not begin with a SEQUENCE passes.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
function refuseBinary(content: Uint8Array, path: string): void {
  if (content[0] !== 0x30) return
  const start = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 64))
  const file = shellQuote(path)
  const pkcs7 = start.indexOf(PKCS7)
  if (pkcs7 >= 2 && pkcs7 <= HEADER_MAX) {
    throw new SealwrightError('VALIDATION', `${path} is a PKCS #7 file`, {
      why: 'it holds certificates, and no private key',
      fix: 'name the file that holds the private key',
    })
  }
  const version = start.indexOf(PKCS12_VERSION)
  if (version >= 2 && version <= HEADER_MAX && start.indexOf(PKCS7) > version) {
    throw new SealwrightError('VALIDATION', `${path} is a PKCS #12 file`, {
      why: 'it holds a private key together with certificates; a key file is PEM',
      fix: `openssl pkcs12 -in ${file} -nocerts -aes256 -out release.key && openssl pkcs12 -in ${file} -nokeys -out release.crt`,
    })
  }
  throw new SealwrightError('VALIDATION', `${path} is DER; a key file is PEM`, {
    why: 'it begins with the bytes of a DER SEQUENCE',
    fix: `openssl pkcs8 -topk8 -inform DER -in ${file} -v2 aes-256-cbc -v2prf hmacWithSHA256 -iter 600000 -out release.key`,
  })
}
