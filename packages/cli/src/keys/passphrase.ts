import { randomBytes } from 'node:crypto'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { readSecretFile } from './secret-file.ts'

interface PassphraseRequest {
  readonly path: string
  readonly purpose: 'open' | 'create'
}

/** Where the passphrases of file keys come from: flag, environment, terminal; never an argument, never stdin. */
export type PassphraseSource = (request: PassphraseRequest) => Promise<string | undefined>

/**
 * The source for one run.
 *
 * @param file - `--passphrase-file`.
 */
export function passphraseSource(context: Context, file: string | undefined): PassphraseSource {
  const { env, cwd } = context.io
  const named = file ?? (env.SEALWRIGHT_PASSPHRASE_FILE || undefined)
  /** What was typed in this run: nobody is asked twice for the same key. */
  const typed = new Map<string, Promise<string>>()
  const given = (purpose: PassphraseRequest['purpose'], passphrase: string): string => {
    if (purpose === 'create') warnIfWeak(context, passphrase)
    return passphrase
  }
  return async ({ path, purpose }) => {
    if (named !== undefined) return given(purpose, await readSecretFile(named, cwd, 'passphrase'))
    // Set but empty is a value.
    if (env.SEALWRIGHT_PASSPHRASE !== undefined) return given(purpose, env.SEALWRIGHT_PASSPHRASE)
    const answer =
      typed.get(path) ?? (purpose === 'create' ? askNew(context, path) : ask(context, path, 'passphrase of'))
    typed.set(path, answer)
    return answer
  }
}

function ask({ dialogue }: Context, path: string, what: string): Promise<string> {
  return dialogue.ask({
    prompt: `${what} ${path}: `,
    secret: true,
    missing: `the passphrase of key ${path} is needed and there is no terminal to ask on`,
    fix: 'set --passphrase-file or SEALWRIGHT_PASSPHRASE_FILE; in CI prefer a key that needs none (awskms, azurekms, gcpkms, hashivault)',
  })
}

/** Asks twice. An empty answer makes a passphrase and shows it once, before anything is written with it. */
async function askNew(context: Context, path: string): Promise<string> {
  const first = await ask(context, path, 'new passphrase (empty makes one) for')
  if (first === '') {
    const made = randomBytes(18).toString('base64url')
    const kept = await context.dialogue.ask({
      prompt: `the passphrase is   ${made}\nit is shown once; keep it, then press Enter `,
      missing: 'a passphrase is needed and there is no terminal to show one on',
      fix: 'set --passphrase-file',
    })
    if (kept.trim() !== '') context.note('what was typed after the passphrase is not part of it')
    return made
  }
  warnIfWeak(context, first)
  if ((await ask(context, path, 'the same again for')) === first) return first
  throw usageError('the two passphrases differ', { why: 'nothing was written', fix: 'run the command again' })
}

/** Below this a passphrase can be guessed by whoever gets the file, however slowly the key is derived from it. */
const WEAK_LENGTH = 12

function warnIfWeak({ warn }: Context, passphrase: string): void {
  // An empty one is refused, or makes a good one.
  if (passphrase === '' || passphrase.length >= WEAK_LENGTH) return
  warn(
    `the passphrase has fewer than ${WEAK_LENGTH} characters; whoever gets the key file can guess it: take several words`,
  )
}
