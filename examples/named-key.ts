// Gives a key a name that is locked to its public key, and signs by that name:
// `node examples/named-key.ts KEY-FILE PASSPHRASE-FILE`. The provider is loaded when its scheme is first used.
import { readFile } from 'node:fs/promises'
import { createKeyring, emptyKeyLock, formatKeyLock, lockKey } from '@sealwright/keyring'

const [keyFile = 'release.key', passphraseFile = 'passphrase.txt'] = process.argv.slice(2)
const providers = [
  {
    schemes: ['file'],
    package: '@sealwright/provider-file',
    load: async () => {
      const { fileKeys } = await import('@sealwright/provider-file')
      return fileKeys({ passphrase: async () => (await readFile(passphraseFile, 'utf8')).trimEnd() })
    },
  },
]

async function lock(name: string, reference: string) {
  const keyring = createKeyring({ providers, keys: emptyKeyLock() })
  const signer = await keyring.signer(reference)
  const locked = lockKey(emptyKeyLock(), name, { reference, key: signer.key, at: new Date() })
  await signer[Symbol.asyncDispose]()
  await keyring[Symbol.asyncDispose]()
  return locked
}

const keys = await lock('release', `file:${keyFile}`)
console.log(formatKeyLock(keys))

// From here on another key under the same reference is KEY_MISMATCH.
const keyring = createKeyring({ providers, keys })
const signer = await keyring.signer('release')
const { bytes } = await signer.sign(new TextEncoder().encode('hello'))
console.log(`${signer.algorithm.id}, ${bytes.length} bytes`)
await signer[Symbol.asyncDispose]()
await keyring[Symbol.asyncDispose]()
