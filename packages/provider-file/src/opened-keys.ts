import { createHash, type KeyObject } from 'node:crypto'
import { type Call, SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { type AskPassphrase, askPassphrase, refusedPassphrases } from './passphrase.ts'
import { decryptKey, type EncryptedKey } from './pbes2.ts'
import { parsePrivateKey, readPrivateKey } from './private-key.ts'
import { readKeyFile } from './read-key-file.ts'

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
 * opened anew.
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
