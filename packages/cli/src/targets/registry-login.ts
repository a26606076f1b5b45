import { type Credential, type CredentialSource, credentialFor } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { readAll } from '../frame/read-all.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'

const MAX_PASSWORD_BYTES = 64 * 1024

/** The password of each run: stdin can be read once, and nobody is asked twice. */
const passwords = new WeakMap<Context, Promise<string>>()

/** The login that was given by flags or environment, for one host alone; `undefined` when none was. */
export async function givenLogin(
  context: Context,
  host: string,
  flags: RegistryFlags,
): Promise<CredentialSource | undefined> {
  const { env } = context.io
  const username = flags.username ?? (env.SEALWRIGHT_USERNAME || env.NOTATION_USERNAME || undefined)
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
  flags: RegistryFlags,
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
  if (given !== undefined) return given
  return dialogue.ask({
    prompt: `password of ${username} at ${host}: `,
    secret: true,
    missing: `the password of ${username} at ${host} is needed and there is no terminal to ask on`,
    fix: 'add --password-stdin, or set SEALWRIGHT_PASSWORD',
  })
}
