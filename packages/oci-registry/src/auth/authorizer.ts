import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { redactor, SingleFlight } from '@sealwright/core/adapter'
import type { StoreCall } from '@sealwright/oci'
import type { Credential, CredentialSource } from '../credentials/credential.ts'
import type { TransportOptions } from '../http/transport.ts'
import { shared } from '../shared.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { fetchToken, type Token, type TokenServer } from './token.ts'

/** What a request does to the repository; decides what its token must allow. */
export type Action = 'pull' | 'push' | 'delete'

/** What a request needs to be allowed. */
export interface Access {
  readonly action: Action
  /** Another repository of the same registry that it reads from: a mount. */
  readonly from?: string
}

const MAX_TOKENS = 8
/** More tokens are not remembered: those that have expired are of use to nobody. A login is, for as long as it is used. */
const MAX_SECRETS = 32

const ACTIONS: Readonly<Record<Action, readonly string[]>> = {
  pull: ['pull'],
  push: ['pull', 'push'],
  delete: ['delete'],
}

export interface AuthorizerOptions {
  /** The only origin that is ever told. */
  readonly origin: URL
  readonly registry: string
  readonly repository: string
  readonly credentials?: CredentialSource
  readonly transport: TransportOptions
  /** Told once that the login could not be had, where a request goes on without it. */
  readonly onWarning?: (text: string) => void
}

/**
 * Makes the `Authorization` header of requests: none until the registry challenges, then Basic, or a token for this
 * repository and the actions that the request needs.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions
  /** `allows` is `<repository>:<action>`. */
  readonly #tokens: { readonly allows: readonly string[]; readonly token: Token }[] = []
  readonly #asking = new SingleFlight<Token>()
  readonly #loggingIn = new SingleFlight<Credential | undefined>()
  #server: TokenServer | undefined
  #basic = false
  #known: Credential | undefined
  #isLoginKnown = false
  /** Why there is no login, though one was to be had. */
  #fault: SealwrightError | undefined
  /** Each takes out what a server may repeat: the login; the tokens, in the order in which they were issued. */
  #redactLogin: (text: string) => string = text => text
  readonly #redactTokens = new Map<string, (text: string) => string>()
  /** Whether the registry has sent a challenge. */
  challenged = false
  #extra: readonly string[] = []

  constructor(options: AuthorizerOptions) {
    this.#options = options
  }

  /** The header to send without a challenge, from what earlier responses have shown. */
  async header(access: Access, call: StoreCall): Promise<string | undefined> {
    if (this.#basic) return basicHeader(await this.#login(access, call))
    if (this.#server === undefined) return undefined
    return this.#bearer(this.#server, access, call)
  }

  /**
   * Returns the header to send after a 401; `undefined` if no other one is left to try.
   *
   * @param authorization - The header that was refused.
   */
  async afterChallenge(
    headers: Headers,
    access: Access,
    authorization: string | undefined,
    call: StoreCall,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(headers.get('www-authenticate') ?? '')
    this.challenged = true
    const credential = await this.#login(access, call)
    if (credential && 'registryToken' in credential) {
      return differing(`Bearer ${credential.registryToken}`, authorization)
    }
    const bearer = challenges.find(({ scheme, parameters }) => scheme === 'bearer' && parameters.realm)
    if (bearer) {
      this.#learn(bearer, authorization !== undefined)
      this.#forget(authorization)
      return differing(await this.#bearer(this.#server!, access, call), authorization)
    }
    if (challenges.some(({ scheme }) => scheme === 'basic') && credential && 'username' in credential) {
      this.#basic = true
      return differing(basicHeader(credential), authorization)
    }
    return undefined
  }

  /** Who we are to the registry, for the `why` of a refusal. */
  describe(): string {
    const { registry } = this.#options
    const known = this.#known
    if (known === undefined) {
      const fault = this.#fault
      if (fault === undefined) return `no credentials were found for ${registry}`
      return `${fault.message}${fault.why === undefined ? '' : `: ${fault.why}`}; it was tried without a login`
    }
    const through = known.source === undefined ? '' : ` through ${known.source}`
    return 'username' in known ? `logged in as ${known.username}${through}` : `logged in by a token${through}`
  }

  /** Whether a refusal says that we are known and may not: it has the status of one who is not known (RFC 6750). */
  lacksRights(headers: Headers): boolean {
    const challenges = parseChallenges(headers.get('www-authenticate') ?? '')
    const scarce = challenges.some(({ parameters }) => parameters.error === 'insufficient_scope')
    return scarce && this.#known !== undefined
  }

  get isAnonymous(): boolean {
    return this.#known === undefined
  }

  /** What to do about a refusal of who we are. */
  loginFix(): string {
    const { registry } = this.#options
    return (
      (this.#known === undefined && this.#fault?.fix) || `log in to ${registry} (docker login ${registry})`
    )
  }

  /** Takes our secrets out of a text that a server sent. */
  redact(text: string): string {
    let redacted = this.#redactLogin(text)
    for (const redactToken of this.#redactTokens.values()) redacted = redactToken(redacted)
    return redacted
  }

  #keepToken(token: string): void {
    const known = this.#redactTokens.get(token)
    this.#redactTokens.delete(token)
    this.#redactTokens.set(token, known ?? redactor([token]))
    const [oldest] = this.#redactTokens.keys()
    if (this.#redactTokens.size > MAX_SECRETS && oldest !== undefined) this.#redactTokens.delete(oldest)
  }

  #actions(action: Action): readonly string[] {
    return [...new Set([...ACTIONS[action], ...this.#extra])]
  }

  /** A registry that refuses our token may name what it wants for this repository; other scopes are not asked for. */
  #learn({ parameters }: Challenge, refused: boolean): void {
    this.#server = {
      realm: parameters.realm!,
      ...(parameters.service ? { service: parameters.service } : {}),
    }
    if (!refused) return
    const prefix = `repository:${this.#options.repository}:`
    const wanted = (parameters.scope ?? '').split(' ').filter(scope => scope.startsWith(prefix))
    const actions = wanted.flatMap(scope => scope.slice(prefix.length).split(','))
    this.#extra = [
      ...new Set([...this.#extra, ...actions.filter(action => /^(?:pull|push|delete|\*)$/.test(action))]),
    ]
  }

  #forget(authorization: string | undefined): void {
    const index = this.#tokens.findIndex(({ token }) => `Bearer ${token.text}` === authorization)
    if (index >= 0) this.#tokens.splice(index, 1)
  }

  async #bearer(server: TokenServer, access: Access, call: StoreCall): Promise<string> {
    const { action, from } = access
    const { repository } = this.#options
    const actions = this.#actions(action)
    const wanted = [
      ...actions.map(one => `${repository}:${one}`),
      ...(from === undefined ? [] : [`${from}:pull`]),
    ]
    const now = performance.now()
    const known = this.#tokens.find(
      ({ allows, token }) => token.expires > now && wanted.every(one => allows.includes(one)),
    )
    if (known) return `Bearer ${known.token.text}`
    const scopes = [
      // None where it is only asked who we are.
      ...(repository === '' ? [] : [`repository:${repository}:${actions.join(',')}`]),
      ...(from === undefined ? [] : [`repository:${from}:pull`]),
    ]
    const token = await shared(this.#asking, scopes.join(' '), call, async asking => {
      const login = await this.#login(access, asking)
      const { origin, transport } = this.#options
      const redact = (text: string) => this.redact(text)
      const fresh = await this.#explained(
        fetchToken(server, scopes, { login, registryOrigin: origin, transport, call: asking, redact }),
      )
      this.#keepToken(fresh.text)
      this.#tokens.unshift({ allows: wanted, token: fresh })
      this.#tokens.length = Math.min(this.#tokens.length, MAX_TOKENS)
      return fresh
    })
    return `Bearer ${token.text}`
  }

  /** Adds to a refusal who was refused. */
  async #explained(token: Promise<Token>): Promise<Token> {
    try {
      return await token
    } catch (error) {
      if (!isSealwrightError(error)) throw error
      if (error.code !== 'UNAUTHENTICATED' && error.code !== 'ACCESS_DENIED') throw error
      throw new SealwrightError(error.code, error.message, {
        why: this.describe(),
        fix: this.loginFix(),
        ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
      })
    }
  }

  /** Reading goes on without a login that cannot be had: what is public is read all the same. */
  async #login({ action }: Access, call: StoreCall): Promise<Credential | undefined> {
    const { credentials, registry, repository, onWarning } = this.#options
    if (credentials === undefined || this.#isLoginKnown) return this.#known
    if (this.#fault !== undefined && action === 'pull') return undefined
    return shared(this.#loggingIn, action === 'pull' ? 'read' : 'write', call, async asking => {
      try {
        const known = await credentials.get({ registry, repository }, asking)
        if (known !== undefined) {
          assertUsable(known, registry)
          this.#redactLogin = redactor(secretsOf(known))
        }
        this.#known = known
        this.#isLoginKnown = true
        return known
      } catch (error) {
        const lacking = isSealwrightError(error) && error.code === 'UNAUTHENTICATED'
        if (!lacking || action !== 'pull' || repository === '') throw error
        this.#fault = error
        const why = error.why === undefined ? '' : `: ${error.why}`
        onWarning?.(`${error.message}${why}; going on without a login`)
        return undefined
      }
    })
  }
}

/** What a header or a form cannot carry is named before it is sent; none of it is shown. */
function assertUsable(credential: Credential, registry: string): void {
  const refused = (member: string, why: string) =>
    new SealwrightError('VALIDATION', `the ${member} for ${registry} cannot be used`, {
      why: `it ${why}${credential.source === undefined ? '' : `; it comes from ${credential.source}`}`,
      fix: `correct the ${member}: a line break at its end is often left by a copy or by echo`,
    })
  for (const [member, value] of Object.entries(credential)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
    const pattern = /token$/i.test(member) ? /[^!-~]/ : /[\0-\x1f\x7f]/
    if (member !== 'source' && pattern.test(value))
      throw refused(NAMES[member] ?? member, 'has a character in it that no login has, such as a line break')
  }
  if ('username' in credential && credential.username.includes(':')) {
    throw new SealwrightError('VALIDATION', `the user name for ${registry} has a colon in it`, {
      why: 'Basic authentication takes what follows a colon for the password',
      fix: 'give the user name alone',
    })
  }
}

const NAMES: Readonly<Record<string, string>> = {
  username: 'user name',
  identityToken: 'identity token',
  registryToken: 'registry token',
}

/** As they are, and as they are sent. */
function secretsOf(credential: Credential): readonly string[] {
  if ('identityToken' in credential) return [credential.identityToken]
  if ('registryToken' in credential) return [credential.registryToken]
  const pair = `${credential.username}:${credential.password}`
  return [credential.password, pair, Buffer.from(pair).toString('base64')]
}

function basicHeader(credential: Credential | undefined): string | undefined {
  if (credential === undefined || !('username' in credential)) return undefined
  return `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString('base64')}`
}

/** To repeat what was refused would only cost a try, and in the worst case lock an account. */
function differing(header: string | undefined, authorization: string | undefined): string | undefined {
  return header === authorization ? undefined : header
}
