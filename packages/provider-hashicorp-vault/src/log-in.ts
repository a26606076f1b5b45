import { type Call, SealwrightError } from '@sealwright/core'
import { describeAuth, logInOf, type VaultAuth } from './auth.ts'
import { statusOf } from './failure.ts'
import { type Lease, leaseOf } from './lease.ts'
import type { Send, VaultReply } from './wire.ts'

/**
 * Logs in, each time it is called. Credentials that were refused are not offered again: Vault counts the attempts, and
 * locks.
 */
export function logIn(
  auth: VaultAuth,
  send: Send,
  namespace: string | undefined,
): (call: Call) => Promise<Lease> {
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
    if (lease === undefined) throw refused(auth, 'it gave no token: it may want a second factor')
    return lease
  }
}

function refused(auth: VaultAuth, why: string, cause?: unknown): SealwrightError {
  return new SealwrightError('UNAUTHENTICATED', `Vault did not log in by ${describeAuth(auth)}`, {
    why,
    fix: 'check the role, what it is bound to, and the mount of the auth method; these credentials are not tried again',
    ...(cause === undefined ? {} : { cause }),
  })
}
