import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Call, SealwrightError } from '@sealwright/core'
import { readRegularFileIfPresent } from '@sealwright/core/files'
import type { Secret } from './auth.ts'
import { variable } from './settings.ts'

/** Far more than a token has. */
const MAX_TOKEN_BYTES = 64 * 1024

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
  const set = variable(env, 'TOKEN')
  if (set !== undefined) return checked(set.value, set.name)
  const source = '~/.vault-token'
  const text = await fromFile(call)
  if (text !== undefined) return checked(text, source)
  throw new SealwrightError('UNAUTHENTICATED', 'there is no token for Vault', {
    why: 'tried the option `token` (not given), VAULT_TOKEN (unset), ~/.vault-token (no such file)',
    fix: 'give the job a log-in (option `auth`: jwt, kubernetes, approle); elsewhere run `vault login`',
  })
}

/** `undefined` where there is no such file, or no home that could have one: a user id without an entry in passwd. */
async function fromFile({ signal }: Call): Promise<string | undefined> {
  let path: string
  try {
    path = join(homedir(), '.vault-token')
  } catch {
    return undefined
  }
  const bytes = await readRegularFileIfPresent(path, MAX_TOKEN_BYTES)
  signal.throwIfAborted()
  return bytes && Buffer.from(bytes).toString()
}

/** The token stays out of the message. */
function checked(text: string, source: string): FoundToken {
  const token = text.trim()
  if (/^[\x21-\x7e]+$/.test(token)) return { token, source }
  throw new SealwrightError('VALIDATION', `${source} holds no token of Vault`, {
    why: token === '' ? 'it is empty' : 'it has a character that cannot be in one',
  })
}
