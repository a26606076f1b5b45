import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Call, SealwrightError } from '@sealwright/core'
import { readRegularFileIfPresent } from '@sealwright/core/files'
import { describeAuth, logInOf, type Secret, type VaultAuth } from './auth.ts'
import type { VaultClient } from './client.ts'
import { statusOf } from './failure.ts'
import { type Lease, leaseOf } from './lease.ts'
import { namespaceOf } from './reference.ts'
import { createSession } from './session.ts'
import { assertVerifying, type ConnectionOptions, connectionOf, variable } from './settings.ts'
import { createTransport } from './transport.ts'
import { type Vault, vaultOf } from './vault.ts'
import { createClient, type Send, sendBy, type VaultReply } from './wire.ts'

export interface ConnectOptions extends ConnectionOptions {
  readonly token?: Secret | undefined
  readonly auth?: VaultAuth | undefined
  readonly client?: VaultClient | undefined
}

export interface Connected {
  readonly vault: Vault
  close(): Promise<void>
}

/** Reads the settings and makes the client. No request is made yet. */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const { client, auth, token } = options
  if (client !== undefined) return connectBy(client)
  const connection = await connectionOf(options, process.env)
  const { namespace, origin, basePath } = connection
  const transport = createTransport(connection)
  const send = sendBy(await createClient(connection, transport))
  const acquire =
    auth === undefined
      ? async (call: Parameters<typeof findToken>[2]): Promise<Lease> => {
          return { ...(await findToken(token, process.env, call)), renewable: false, ours: false }
        }
      : logIn(auth, send, namespace)
  const session = createSession({ acquire, send, namespace })
  return {
    vault: vaultOf({
      send,
      session,
      engineVariable: engineIn(process.env),
      address: origin + basePath,
      namespace,
    }),
    close: async () => {
      await session.close()
      await transport.destroy()
    },
  }
}

/** A ready client sends its own namespace with every request, whatever a request says. */
function connectBy(client: VaultClient): Connected {
  assertVerifying(process.env)
  const namespace = client.namespace
    ? namespaceOf(client.namespace, 'the namespace of the client')
    : undefined
  const plain = sendBy(client)
  const send: Send = (request, token, call) => {
    if (namespace !== undefined && request.namespace !== namespace) {
      throw new SealwrightError('VALIDATION', 'the key is in another namespace than the client of Vault', {
        fix: 'make a client for that namespace, or one without a namespace',
      })
    }
    return plain(request, token, call)
  }
  return {
    vault: vaultOf({ send, engineVariable: engineIn(process.env), namespace }),
    close: async () => {},
  }
}

function engineIn(env: typeof process.env): string | undefined {
  return env.TRANSIT_SECRET_ENGINE_PATH
}

/**
 * Logs in, each time it is called. Credentials that were refused are not offered again: Vault counts the attempts, and
 * locks.
 */
function logIn(auth: VaultAuth, send: Send, namespace: string | undefined): (call: Call) => Promise<Lease> {
  let refusal: { readonly offered: string; readonly error: SealwrightError } | undefined
  const source = `log-in by ${describeAuth(auth)}`
  return async call => {
    const { path, body } = await logInOf(auth, call)
    const offered = JSON.stringify(body)
    if (refusal?.offered === offered) throw refusal.error
    let reply: VaultReply
    try {
      reply = await send({ method: 'POST', path, body, namespace }, undefined, call)
    } catch (error) {
      const status = statusOf(error)
      if (status !== 400 && status !== 403) throw error
      refusal = {
        offered,
        error: refused(auth, 'it refuses the credentials, the role or the mount', error),
      }
      throw refusal.error
    }
    const lease = leaseOf(reply.auth, source)
    if (lease === undefined) throw refused(auth, 'it returned no token: it may require a second factor')
    return lease
  }
}

function refused(auth: VaultAuth, why: string, cause?: unknown): SealwrightError {
  return new SealwrightError('UNAUTHENTICATED', `Vault did not log in by ${describeAuth(auth)}`, {
    why,
    fix: 'check the role, what it is bound to, and the mount of the auth method; these credentials are not tried again',
    cause,
  })
}

/** Far more than a token has. */
const MAX_TOKEN_BYTES = 64 * 1024

interface FoundToken {
  readonly token: string
  /** `VAULT_TOKEN`, for people. */
  readonly source: string
}

/**
 * A token that somebody else got: the option, else `VAULT_TOKEN`, else `~/.vault-token`, where `vault login` leaves it.
 *
 * @throws {@link SealwrightError} `UNAUTHENTICATED` when there is none; `VALIDATION` for one that cannot be.
 */
async function findToken(
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
  throw new SealwrightError('UNAUTHENTICATED', 'no token for Vault was found', {
    why: 'tried the option `token` (not given), VAULT_TOKEN (unset), ~/.vault-token (no such file)',
    fix: 'give the job a log-in (option `auth`: jwt, kubernetes, approle); elsewhere run `vault login`',
  })
}

/** `undefined` if the file is absent, or the user has no home directory: a user id without an entry in passwd. */
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
