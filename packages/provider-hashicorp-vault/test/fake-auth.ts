import { Refused } from './transit-key.ts'

/** Begins every token that the fake gives: one canary for all. */
export const TOKEN_CANARY = 'hvs.canary-token-7c01d5'
/** What a right log-in offers. */
export const SECRET_ID = 'canary-secret-id-51ab90'
export const ROLE_ID = 'role-id-of-ci'

interface FakeToken {
  readonly displayName: string
  readonly policies: readonly string[]
  /** By `performance.now()`. */
  expiresAt: number
  readonly renewable: boolean
  /** A log-in made it. */
  readonly leased: boolean
}

type Body = Readonly<Record<string, unknown>>

/** Tokens and log-ins. Expired and unknown tokens are refused in the words of OpenBao. */
export interface FakeAuth {
  readonly tokens: Map<string, FakeToken>
  /** Bodies of log-ins, in order. */
  readonly logIns: Body[]
  renewals: number
  /** What a log-in gives. */
  lease: { ttlSeconds: number; renewable: boolean }
  /** @throws {@link Refused} 403. */
  check(token: string | undefined): FakeToken
  logIn(mount: string, body: Body): Body
  handleSelf(action: string, token: string): { data?: Body; auth?: Body } | undefined
}

export function fakeAuth(): FakeAuth {
  const tokens = new Map<string, FakeToken>()
  let count = 0
  const auth: FakeAuth = {
    tokens,
    logIns: [],
    renewals: 0,
    lease: { ttlSeconds: 3600, renewable: true },
    check: token => {
      const found = tokens.get(token ?? '')
      if (found === undefined || performance.now() > found.expiresAt)
        throw new Refused(403, 'permission denied')
      return found
    },
    logIn: (mount, body) => {
      auth.logIns.push(body)
      const isRight =
        (mount === 'approle' && body.role_id === ROLE_ID && body.secret_id === SECRET_ID) ||
        (/^(?:kubernetes|jwt|ci\/github)$/.test(mount) && body.role === 'ci' && body.jwt === SECRET_ID)
      if (mount === 'nowhere') throw new Refused(403, 'permission denied')
      if (!isRight) throw new Refused(400, 'invalid role or secret ID')
      const token = `${TOKEN_CANARY}.${++count}`
      const { ttlSeconds, renewable } = auth.lease
      tokens.set(token, {
        displayName: mount,
        policies: ['default', 'sign'],
        expiresAt: performance.now() + ttlSeconds * 1000,
        renewable,
        leased: true,
      })
      return { client_token: token, lease_duration: ttlSeconds, renewable }
    },
    handleSelf: (action, token) => {
      const found = auth.check(token)
      switch (action) {
        case 'lookup-self': {
          const ttl = Number.isFinite(found.expiresAt)
            ? Math.ceil((found.expiresAt - performance.now()) / 1000)
            : 0
          const { displayName, policies, renewable } = found
          return { data: { id: token, display_name: displayName, policies, ttl, renewable } }
        }
        case 'renew-self': {
          if (!found.renewable) throw new Refused(400, 'lease is not renewable')
          auth.renewals++
          found.expiresAt = performance.now() + auth.lease.ttlSeconds * 1000
          const { ttlSeconds, renewable } = auth.lease
          return { auth: { client_token: token, lease_duration: ttlSeconds, renewable } }
        }
        case 'revoke-self':
          tokens.delete(token)
          return undefined
        default:
          throw new Refused(404, 'unsupported path')
      }
    },
  }
  return auth
}
