import { randomBytes } from 'node:crypto'
import { readSecretFile } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

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
export function passphraseSource(session: Session, file: string | undefined): PassphraseSource {
  const { env, cwd } = session.io
  const named = file ?? (env.SEALWRIGHT_PASSPHRASE_FILE || undefined)
  /** What was typed in this run: nobody is asked twice for the same key. */
  const typed = new Map<string, Promise<string>>()
  const given = (purpose: PassphraseRequest['purpose'], passphrase: string): string => {
    if (purpose === 'create') warnIfWeak(session, passphrase)
    return passphrase
  }
  return async ({ path, purpose }) => {
    if (named !== undefined) return given(purpose, await readSecretFile(named, cwd, 'passphrase'))
    // Set but empty is a value.
    if (env.SEALWRIGHT_PASSPHRASE !== undefined) return given(purpose, env.SEALWRIGHT_PASSPHRASE)
    const answer =
      typed.get(path) ?? (purpose === 'create' ? askNew(session, path) : ask(session, path, 'passphrase of'))
    typed.set(path, answer)
    return answer
  }
}

function ask({ dialogue }: Session, path: string, what: string): Promise<string> {
  return dialogue.ask({
    prompt: `${what} ${path}: `,
    secret: true,
    missing: `the passphrase of key ${path} is required, and no terminal is available to ask on`,
    fix: 'set --passphrase-file or SEALWRIGHT_PASSPHRASE_FILE; in CI prefer a key that needs none (awskms, azurekms, gcpkms, hashivault)',
  })
}

/** Asks twice. An empty answer makes a passphrase and shows it once, before anything is written with it. */
async function askNew(session: Session, path: string): Promise<string> {
  const first = await ask(session, path, 'new passphrase (empty makes one) for')
  if (first === '') {
    const made = randomBytes(18).toString('base64url')
    const kept = await session.dialogue.ask({
      prompt: `the passphrase is   ${made}\nit is shown once; keep it, then press Enter `,
      missing: 'a passphrase is required, and no terminal is available to show one on',
      fix: 'set --passphrase-file',
    })
    if (kept.trim() !== '') session.note('text typed after the passphrase was ignored')
    return made
  }
  warnIfWeak(session, first)
  if ((await ask(session, path, 'the same again for')) === first) return first
  throw usageError('the two passphrases differ', { why: 'nothing was written', fix: 'run the command again' })
}

/** Below this a passphrase can be guessed by whoever gets the file, however slowly the key is derived from it. */
const WEAK_LENGTH = 12

function warnIfWeak({ warn }: Session, passphrase: string): void {
  // An empty one is refused, or makes a good one.
  if (passphrase === '' || passphrase.length >= WEAK_LENGTH) return
  warn(
    `the passphrase has fewer than ${WEAK_LENGTH} characters; an attacker with the key file can guess it: use several words`,
  )
}
