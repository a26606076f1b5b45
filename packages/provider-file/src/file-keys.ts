import type { KeyAdmin, KeyProvider } from '@sealwright/core'
import { createKey } from './create-key.ts'
import { classify } from './file-failure.ts'
import { assertEncryption, type KeyEncryption } from './key-encryption.ts'
import { keyHandle } from './key-handle.ts'
import { listKeys } from './list-keys.ts'
import { openedKeys } from './opened-keys.ts'
import type { AskPassphrase, PassphraseRequest } from './passphrase.ts'
import { canonical, pathOf } from './reference.ts'

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
  readonly passphrase?: AskPassphrase
  /** Opens files that others than their owner may read or write: mounted secrets, file systems without modes. */
  readonly allowOthersToRead?: boolean
  /** Of files that `create` writes. Default PBKDF2-HMAC-SHA-256 with 600 000 iterations. */
  readonly encryption?: KeyEncryption
}

/**
 * Private keys in files: the key store for a start. References are `file:PATH`; PKCS#8 (encrypted by PBES2 or not), PKCS#1
 * and SEC1 in PEM are read, PKCS#8 is written.
 *
 * The key is in the memory of this process while it is open: `protection` is `software`.
 *
 * @throws {@link SealwrightError} `VALIDATION` for an encryption that cannot be.
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
