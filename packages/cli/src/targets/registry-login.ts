import { type Credential, type CredentialSource, credentialFor } from '@sealwright/oci-registry'
import type { RegistryFlags } from '../flags/common-flags.ts'
import { readAll } from '../runtime/read-all.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

const MAX_PASSWORD_BYTES = 64 * 1024

/** A user name and a password: from flags, the environment, or a person. */
export async function askedLogin(
  session: Session,
  host: string,
  flags: Pick<RegistryFlags, 'username' | 'passwordStdin'>,
): Promise<{ readonly username: string; readonly password: string }> {
  const given = givenUsername(session, flags)
  if (given === undefined && flags.passwordStdin) {
    throw usageError('--password-stdin needs --username', {
      why: 'a password belongs to a user',
      fix: 'add --username NAME',
    })
  }
  const username =
    given ??
    (await session.dialogue.ask({
      prompt: `user name at ${host}: `,
      missing: `a user name at ${host} is required, and no terminal is available to ask on`,
      fix: 'add --username NAME and --password-stdin',
    }))
  if (username === '' || username.includes(':')) {
    throw usageError(username === '' ? 'the user name is empty' : 'a user name has no colon', {
      fix: 'give the name that the registry knows',
    })
  }
  const password = await readPassword(session, host, username, flags)
  if (password === '') {
    throw usageError('the password is empty', { fix: 'give the password, or a token of the registry' })
  }
  return { username, password }
}

function givenUsername(
  { io: { env } }: Session,
  { username }: Pick<RegistryFlags, 'username'>,
): string | undefined {
  // A secret that was made by `echo` ends with a line break.
  const named = (env.SEALWRIGHT_USERNAME || env.NOTATION_USERNAME)?.replace(/(?:\r?\n)+$/, '')
  return username ?? (named || undefined)
}

/** The login that was given by flags or environment, for one host alone; `undefined` when none was. */
export async function givenLogin(
  session: Session,
  host: string,
  flags: RegistryFlags,
): Promise<CredentialSource | undefined> {
  const username = givenUsername(session, flags)
  if (username === undefined) return undefined
  session.shared.password ??= readPassword(session, host, username, flags)
  const source = flags.username === undefined ? 'environment' : '--username'
  return credentialFor(host, {
    username,
    password: await session.shared.password,
    source,
  } satisfies Credential)
}

async function readPassword(
  { io, dialogue }: Session,
  host: string,
  username: string,
  flags: Pick<RegistryFlags, 'passwordStdin'>,
): Promise<string> {
  if (flags.passwordStdin) {
    const bytes = await readAll(io.stdin.read(), MAX_PASSWORD_BYTES, 'the password on stdin')
    const password = Buffer.from(bytes)
      .toString('utf8')
      .replace(/\r?\n$/, '')
    if (password === '')
      throw usageError('stdin holds no password', { fix: 'pipe it in: … | sealwright … --password-stdin' })
    return password
  }
  const given = io.env.SEALWRIGHT_PASSWORD ?? io.env.NOTATION_PASSWORD
  if (given !== undefined) return given.replace(/(?:\r?\n)+$/, '')
  return dialogue.ask({
    prompt: `password of ${username} at ${host}: `,
    secret: true,
    missing: `the password of ${username} at ${host} is required, and no terminal is available to ask on`,
    fix: 'add --password-stdin, or set SEALWRIGHT_PASSWORD',
  })
}
