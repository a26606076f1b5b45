import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export interface FakeAuth {
  readonly scheme: 'basic' | 'bearer'
  /** User name to password. */
  readonly users?: Readonly<Record<string, string>>
  /** Identity tokens that are taken in exchange. */
  readonly identityTokens?: readonly string[]
  /** The actions that a token may get, of those asked for. Default: all for who is logged in, `pull` for anyone. */
  readonly grant?: (user: string | undefined, actions: readonly string[]) => readonly string[]
  readonly expiresIn?: number
  /** In place of the registry's own token server. */
  readonly realm?: string
}

interface Grant {
  readonly user: string | undefined
  /** `<repository>:<action>` */
  readonly allows: readonly string[]
  readonly expires: number
}

/** The side of a fake registry that asks who is there: Basic, or tokens from a server of its own at `/token`. */
export class FakeAuthority {
  readonly #auth: FakeAuth
  readonly #grants = new Map<string, Grant>()
  readonly tokenRequests: {
    readonly method: string
    readonly scope: string
    readonly user: string | undefined
  }[] = []

  constructor(auth: FakeAuth) {
    this.#auth = auth
  }

  /** Answers a refusal itself, and says whether the request may go on. `ping` asks only who it is. */
  admits(request: IncomingMessage, response: ServerResponse, repository: string, action: string): boolean {
    const { authorization } = request.headers
    const host = request.headers.host ?? ''
    if (this.#auth.scheme === 'basic') {
      if (this.#userOf(authorization) !== undefined) return true
      this.#refuse(response, 'Basic realm="fake"')
      return false
    }
    const grant = this.#grants.get(authorization?.replace(/^Bearer /, '') ?? '')
    const live = grant !== undefined && grant.expires > Date.now()
    if (live && (action === 'ping' || grant.allows.includes(`${repository}:${action}`))) return true
    const realm = this.#auth.realm ?? `http://${host}/token`
    const scope = `repository:${repository}:${action === 'push' ? 'pull,push' : action}`
    const error = live ? ',error="insufficient_scope"' : authorization ? ',error="invalid_token"' : ''
    const wanted = action === 'ping' ? '' : `,scope="${scope}"`
    this.#refuse(response, `Bearer realm="${realm}",service="fake"${wanted}${error}`)
    return false
  }

  async token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://fake')
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : url.searchParams
    const scope = form.getAll('scope').join(' ')
    let user = this.#userOf(request.headers.authorization)
    let refused = request.headers.authorization !== undefined && user === undefined
    if (request.method === 'POST') {
      const token = form.get('refresh_token') ?? ''
      const known = form.get('grant_type') === 'refresh_token' && this.#auth.identityTokens?.includes(token)
      if (known) user = 'token-user'
      else refused = true
    }
    this.tokenRequests.push({ method: request.method ?? '', scope, user })
    if (refused) {
      response.writeHead(401, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'bad credentials' }] }))
      return
    }
    const grant =
      this.#auth.grant ?? ((who, actions) => actions.filter(action => who !== undefined || action === 'pull'))
    const token = randomBytes(24).toString('base64url')
    const seconds = this.#auth.expiresIn ?? 300
    const expires = Date.now() + seconds * 1000
    const allows = scope.split(' ').flatMap(one => {
      const [, repository, list = ''] = one.split(':')
      return grant(user, list.split(',')).map(action => `${repository}:${action}`)
    })
    this.#grants.set(token, { user, allows, expires })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ token, access_token: token, expires_in: seconds }))
  }

  /** As if every token had been revoked. */
  revokeAll(): void {
    this.#grants.clear()
  }

  #userOf(authorization: string | undefined): string | undefined {
    const pair = Buffer.from(authorization?.replace(/^Basic /, '') ?? '', 'base64').toString()
    const colon = pair.indexOf(':')
    const user = pair.slice(0, colon)
    return colon > 0 && this.#auth.users?.[user] === pair.slice(colon + 1) ? user : undefined
  }

  #refuse(response: ServerResponse, challenge: string): void {
    response.writeHead(401, { 'www-authenticate': challenge, 'content-type': 'application/json' })
    response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }))
  }
}
