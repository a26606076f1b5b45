import { algorithms, type Call, isAlgorithmId, type KeySpec, SealwrightError } from '@sealwright/core'
import { encodePem } from '@sealwright/core/encoding'
import { generateKey } from './generate-key.ts'
import type { KeyEncryption } from './key-encryption.ts'
import { type AskPassphrase, askPassphrase } from './passphrase.ts'
import { encryptKey } from './pbes2.ts'
import { pathOf, referenceTo } from './reference.ts'
import { assertNothingAt, writeKeyFile } from './write-key-file.ts'

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
      await writeKeyFile(path, text)
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
