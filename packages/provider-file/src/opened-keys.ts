import { createHash, type KeyObject } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Call, SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { shellQuote } from '@sealwright/core/encoding'
import { type AskPassphrase, askPassphrase, refusedPassphrases } from './passphrase.ts'
import { decryptKey, type EncryptedKey } from './pbes2.ts'
import { parsePrivateKey, readPrivateKey } from './private-key.ts'

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
