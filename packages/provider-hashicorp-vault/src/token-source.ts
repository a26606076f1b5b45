import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'
import type { Secret } from './auth.ts'
import { readText } from './settings.ts'

export interface FoundToken {
  readonly token: string
  /** `VAULT_TOKEN`, for people. */
  readonly source: string
}

/**
 * A token that somebody else got: the option, else `VAULT_TOKEN`, else `~/.vault-token`, where `vault login` leaves it.
 *
 * @throws {@link SealwrightError} `UNAUTHENTICATED` when there is none; `VALIDATION` for one that cannot be.
 */
export async function findToken(
  option: Secret | undefined,
  env: Readonly<Record<string, string | undefined>>,
  call: Call,
): Promise<FoundToken> {
  if (option !== undefined) {
    return checked(typeof option === 'string' ? option : await option(call), 'the option `token`')
  }
  if (env.VAULT_TOKEN) return checked(env.VAULT_TOKEN, 'VAULT_TOKEN')
  const source = '~/.vault-token'
  try {
    return checked(await readText(join(homedir(), '.vault-token'), source, call.signal), source)
  } catch (cause) {
    call.signal.throwIfAborted()
    if (isSealwrightError(cause) && cause.message.startsWith(source)) throw cause
    throw new SealwrightError('UNAUTHENTICATED', 'there is no token for Vault', {
      why: 'tried the option `token` (not given), VAULT_TOKEN (unset), ~/.vault-token (no file)',
      fix: 'give the job a log-in (option `auth`: jwt, kubernetes, approle); elsewhere run `vault login`',
      cause,
    })
  }
}

/** The token stays out of the message. */
function checked(text: string, source: string): FoundToken {
  const token = text.trim()
  if (/^[\x21-\x7e]+$/.test(token)) return { token, source }
  throw new SealwrightError('VALIDATION', `${source} holds no token of Vault`, {
    why: token === '' ? 'it is empty' : 'it has a character that cannot be in one',
  })
}
