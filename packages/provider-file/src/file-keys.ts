import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type Call,
  type Failure,
  type KeyAdmin,
  type KeyProvider,
  type ListedKey,
  SealwrightError,
} from '@sealwright/core'
import { classifySystemError, isAbsent } from '@sealwright/core/files'
import { createKey } from './create-key.ts'
import { keyHandle } from './key-handle.ts'
import { openedKeys } from './opened-keys.ts'
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
