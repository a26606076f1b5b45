import { type Call, SealwrightError } from '@sealwright/core'
import type { VaultRequest } from './client.ts'
import { statusOf, textOf } from './failure.ts'
import { DEFAULT_MOUNT, type KeyReference } from './reference.ts'
import type { Session } from './session.ts'
import type { Send, VaultReply } from './wire.ts'

/** Vault as we are known to it: requests carry a token that is good. */
export interface Vault {
  /** Where it is, for people; `undefined` behind a ready client. */
  readonly address?: string | undefined
  /** The namespace in effect where a reference names none. */
  readonly namespace?: string | undefined
  /** What `TRANSIT_SECRET_ENGINE_PATH` says. */
  readonly engineVariable?: string | undefined
  /** Where the credentials come from, for people. */
  source(call: Call): Promise<string>
  request(request: VaultRequest, call: Call): Promise<VaultReply>
}

export interface VaultOptions {
  readonly send: Send
  /** Absent behind a ready client, which has its own token. */
  readonly session?: Session | undefined
  readonly address?: string | undefined
  readonly namespace?: string | undefined
  readonly engineVariable?: string | undefined
}

/**
 * cosign takes the mount from a variable. Here a reference alone says which key is meant, so a variable that contradicts it
 * is refused: a key of the same name in another engine would sign.
 */
export function assertMount(
  { engineVariable }: Vault,
  { mount, name }: Pick<KeyReference, 'mount' | 'name'>,
): void {
  if (engineVariable === undefined || mount !== DEFAULT_MOUNT) return
  const other = engineVariable.trim().replace(/^\/+|\/+$/g, '')
  if (other === '' || other === DEFAULT_MOUNT) return
  const isMount = /^[\w./+~-]+$/.test(other)
  throw new SealwrightError(
    'VALIDATION',
    'the reference means another engine than TRANSIT_SECRET_ENGINE_PATH',
    {
      why: `a reference without a mount means ${DEFAULT_MOUNT}, and the variable is set to ${isMount ? other : 'something else'}`,
      fix: isMount
        ? `write hashivault://${other}/${name}, or unset TRANSIT_SECRET_ENGINE_PATH`
        : 'unset TRANSIT_SECRET_ENGINE_PATH',
    },
  )
}

/**
 * @returns A Vault whose `request` gets another token and tries once more when its token has expired. A refusal of the
 * token is `UNAUTHENTICATED`; a refusal by policy passes as it is.
 */
export function vaultOf({ send, session, ...known }: VaultOptions): Vault {
  async function attempt(
    request: VaultRequest,
    token: string | undefined,
    call: Call,
  ): Promise<VaultReply | Refusal> {
    try {
      return await send(request, token, call)
    } catch (error) {
      if (statusOf(error) !== 403) throw error
      if (!(await isTokenRefused(error, token, call))) throw error
      return { refusal: error }
    }
  }

  /** Vault says "permission denied" of both; what it lets the token know of itself tells them apart. */
  async function isTokenRefused(error: unknown, token: string | undefined, call: Call): Promise<boolean> {
    if (/invalid token/i.test(textOf(error))) return true
    const request = { method: 'GET', path: 'auth/token/lookup-self', namespace: known.namespace } as const
    try {
      await send(request, token, call)
      return false
    } catch (second) {
      call.signal.throwIfAborted()
      // A token that may not look itself up is refused by a policy, which Vault words as "1 error occurred".
      return statusOf(second) === 403 && !/^1 error occurred/.test(textOf(second))
    }
  }

  return {
    ...known,
    source: async call =>
      session === undefined ? 'client given by the program' : (await session.current(call)).source,
    request: async (request, call) => {
      const token = (await session?.current(call))?.token
      const first = await attempt(request, token, call)
      if (!isRefusal(first)) return first
      const next = token === undefined ? undefined : await session?.replace(token, call)
      if (next === undefined) throw unauthenticated(first)
      const second = await attempt(request, next, call)
      if (isRefusal(second)) throw unauthenticated(second)
      return second
    },
  }
}

interface Refusal {
  readonly refusal: unknown
}

function isRefusal(outcome: VaultReply | Refusal): outcome is Refusal {
  return 'refusal' in outcome
}

function unauthenticated({ refusal }: Refusal): SealwrightError {
  return new SealwrightError('UNAUTHENTICATED', 'Vault refuses the token', {
    why: 'it has expired, was revoked, or is of another server',
    fix: 'log in again (`vault login`), or give a log-in that can be repeated (option `auth`)',
    cause: refusal,
  })
}
