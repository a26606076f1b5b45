import { createHmac, randomBytes } from 'node:crypto'
import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'

export interface PassphraseRequest {
  readonly path: string
  readonly purpose: 'open' | 'create'
}

/** Asks whoever knows it; `undefined` is "there is none". */
export type AskPassphrase = (request: PassphraseRequest, call: Call) => Secret | Promise<Secret>

type Secret = string | Uint8Array | undefined

/**
 * Asks for a passphrase.
 *
 * @returns UTF-8 bytes of our own, which the caller wipes.
 * @throws {@link SealwrightError} `VALIDATION` when nobody answers, or with an empty one for a new key.
 */
export async function askPassphrase(
  ask: AskPassphrase | undefined,
  request: PassphraseRequest,
  call: Call,
): Promise<Buffer> {
  const { path, purpose } = request
  const answer = ask === undefined ? undefined : await answered(ask, request, call)
  call.signal.throwIfAborted()
  if (answer === undefined) {
    throw new SealwrightError(
      'VALIDATION',
      purpose === 'open' ? `the passphrase of ${path} is needed` : `a passphrase for ${path} is needed`,
      {
        why: ask === undefined ? 'no callback can ask for it' : 'none was given',
        fix:
          purpose === 'open'
            ? 'give it by a prompt, a file or the environment'
            : 'give one, or choose explicitly to write the key in clear text',
      },
    )
  }
  if (typeof answer !== 'string' && !(answer instanceof Uint8Array)) {
    throw new SealwrightError('VALIDATION', `the passphrase of ${path} is neither text nor bytes`)
  }
  if (answer.length === 0 && purpose === 'create') {
    throw new SealwrightError('VALIDATION', `the passphrase for ${path} is empty`, {
      fix: 'give one, or choose explicitly to write the key in clear text',
    })
  }
  return Buffer.from(answer)
}

async function answered(ask: AskPassphrase, request: PassphraseRequest, call: Call) {
  try {
    return await ask(request, call)
  } catch (error) {
    if (isSealwrightError(error)) throw error
    throw new SealwrightError('UNAVAILABLE', `the passphrase of ${request.path} could not be asked for`, {
      cause: error,
    })
  }
}

/** Remembers which passphrases a file refused, without the passphrases. */
export interface RefusedPassphrases {
  has(path: string, content: Uint8Array, passphrase: Uint8Array): boolean
  add(path: string, content: Uint8Array, passphrase: Uint8Array): void
}

export function refusedPassphrases(): RefusedPassphrases {
  // Known to this process only, so that what is remembered is of no use to a guesser who finds it.
  const secret = randomBytes(32)
  const refused = new Set<string>()
  const nameOf = (path: string, content: Uint8Array, passphrase: Uint8Array) => {
    const parts = [Buffer.from(path), content, passphrase]
    const digests = parts.map(part => createHmac('sha256', secret).update(part).digest())
    return createHmac('sha256', secret).update(Buffer.concat(digests)).digest('hex')
  }
  return {
    has: (path, content, passphrase) => refused.has(nameOf(path, content, passphrase)),
    add: (path, content, passphrase) => void refused.add(nameOf(path, content, passphrase)),
  }
}
