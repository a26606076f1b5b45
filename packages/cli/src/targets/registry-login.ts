import { type Credential, type CredentialSource, credentialFor } from '@sealwright/oci-registry'
import type { Context } from '../frame/context.ts'
import { readAll } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'

const MAX_PASSWORD_BYTES = 64 * 1024

/** The password of each run: stdin can be read once, and nobody is asked twice. */
const passwords = new WeakMap<Context, Promise<string>>()

/** A user name and a password: from flags, the environment, or a person. */
export async function askedLogin(
  context: Context,
  host: string,
  flags: Pick<RegistryFlags, 'username' | 'passwordStdin'>,
): Promise<{ readonly username: string; readonly password: string }> {
  const given = givenUsername(context, flags)
  if (given === undefined && flags.passwordStdin) {
    throw usageError('--password-stdin needs --username', {
      why: 'a password belongs to a user',
      fix: 'add --username NAME',
    })
  }
  const username =
    given ??
    (await context.dialogue.ask({
      prompt: `user name at ${host}: `,
      missing: `a user name at ${host} is needed and there is no terminal to ask on`,
      fix: 'add --username NAME and --password-stdin',
    }))
  if (username === '' || username.includes(':')) {
    throw usageError(username === '' ? 'the user name is empty' : 'a user name has no colon', {
      fix: 'give the name that the registry knows',
    })
  }
  const password = await readPassword(context, host, username, flags)
  if (password === '') {
    throw usageError('the password is empty', { fix: 'give the password, or a token of the registry' })
  }
  return { username, password }
}

function givenUsername(
  { io: { env } }: Context,
  { username }: Pick<RegistryFlags, 'username'>,
): string | undefined {
  // A secret that was made by `echo` ends with a line break.
  const named = (env.SEALWRIGHT_USERNAME || env.NOTATION_USERNAME)?.replace(/(?:\r?\n)+$/, '')
  return username ?? (named || undefined)
}

/** The login that was given by flags or environment, for one host alone; `undefined` when none was. */
export async function givenLogin(
  context: Context,
  host: string,
  flags: RegistryFlags,
): Promise<CredentialSource | undefined> {
  const username = givenUsername(context, flags)
  if (username === undefined) return undefined
  let password = passwords.get(context)
  if (password === undefined) {
    password = readPassword(context, host, username, flags)
    passwords.set(context, password)
  }
  const source = flags.username === undefined ? 'environment' : '--username'
  return credentialFor(host, { username, password: await password, source } satisfies Credential)
}

async function readPassword(
  { io, dialogue }: Context,
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
    missing: `the password of ${username} at ${host} is needed and there is no terminal to ask on`,
    fix: 'add --password-stdin, or set SEALWRIGHT_PASSWORD',
  })
}
