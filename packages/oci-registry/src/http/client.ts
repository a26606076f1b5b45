import { SealwrightError } from '@sealwright/core'
import type { RetryPolicy, StoreCall } from '@sealwright/oci'
import { retrying } from '@sealwright/oci/store'
import { type Access, Authorizer, type AuthorizerOptions } from '../auth/authorizer.ts'
import { type Failed, httpError } from './http-error.ts'
import { mayFollow } from './origin.ts'
import { type HttpRequest, type HttpResponse, send } from './transport.ts'

export interface RegistryRequest extends HttpRequest, Access {
  /** For messages: `the push to app`. */
  readonly what: string
  /** Statuses that are answers; all others are errors. */
  readonly expected: readonly number[]
}

export interface ClientOptions extends AuthorizerOptions {
  readonly retry: RetryPolicy
  /** Text of `Warning: 299` fields (distribution-spec, "Warnings"). */
  readonly onWarning?: (text: string) => void
}

/** One repository of a registry. */
export interface RegistryPlace {
  /** URL of the registry. */
  readonly origin: string
  /** Without the host. */
  readonly repository: string
}

const MAX_REDIRECTS = 8
const MAX_ERROR_BYTES = 64 * 1024

/** The HTTP side of one repository: who asks, redirects, failures. */
export class RegistryClient {
  readonly #options: ClientOptions
  readonly #authorizer: Authorizer

  constructor(options: ClientOptions) {
    const transport = { ...options.transport, redact: (text: string) => this.#authorizer.redact(text) }
    this.#options = { ...options, transport }
    this.#authorizer = new Authorizer(this.#options)
  }

  /** Who we are to the registry, as far as it asked. */
  login(): string {
    const { challenged } = this.#authorizer
    return challenged ? this.#authorizer.describe() : `${this.#options.registry} did not ask who we are`
  }

  /** The repository that this is about. */
  get place(): RegistryPlace {
    return { origin: this.#options.origin.href, repository: this.#options.repository }
  }

  /** The URL of something in the repository. Every part was checked: none needs escaping. */
  url(path: string): URL {
    return new URL(`/v2/${this.#options.repository}/${path}`, this.#options.origin)
  }

  /** Does something that may be done twice, so often as the policy allows. */
  retrying<T>(call: StoreCall, action: () => Promise<T>, isInVain?: () => boolean): Promise<T> {
    return retrying(this.#options.retry, call, action, isInVain)
  }

  /** @throws {@link SealwrightError} for a status that was not expected. */
  async request(request: RegistryRequest, call: StoreCall): Promise<HttpResponse> {
    const answer = await this.#authorized(request, call)
    this.#warn(answer.headers)
    if (request.expected.includes(answer.status)) return answer
    throw this.errorOf(request.what, await this.read(answer))
  }

  /** Takes our secrets out of a text. */
  redact(text: string): string {
    return this.#authorizer.redact(text)
  }

  /** A text of the registry as it may be shown: without secrets, on one line, not too long. */
  shown(text: string): string {
    return this.#authorizer
      .redact(text)
      .replace(/\p{Cc}/gu, ' ')
      .slice(0, 200)
  }

  /** As much of an answer as a message needs; the rest is dropped. */
  async read(answer: HttpResponse): Promise<Failed> {
    const body = await answer.beginning(MAX_ERROR_BYTES)
    await answer.cancel()
    return { status: answer.status, headers: answer.headers, body, url: answer.url }
  }

  /** What a failed answer means, and who we were to the registry. */
  errorOf(what: string, failed: Failed): SealwrightError {
    const { registry } = this.#options
    const authorizer = this.#authorizer
    const denied = failed.status === 401 && authorizer.lacksRights(failed.headers)
    const status = denied ? 403 : failed.status
    const verb = status >= 500 ? 'failed' : 'refused'
    const who = status === 407 ? 'the proxy in front of ' : ''
    const error = httpError(`${who}${registry} ${verb} ${what}`, { ...failed, status }, text =>
      authorizer.redact(text),
    )
    if (status !== 401 && status !== 403) return error
    const anonymous = authorizer.isAnonymous
    return new SealwrightError(error.code, error.message, {
      why: authorizer.describe(),
      fix:
        status === 401 || anonymous
          ? authorizer.loginFix()
          : `ask the operator of ${registry} for this permission; retrying will not help`,
      ...(error.requestId === undefined ? {} : { requestId: error.requestId }),
    })
  }

  async #authorized(request: RegistryRequest, call: StoreCall): Promise<HttpResponse> {
    const own = request.url.origin === this.#options.origin.origin
    if (!own) return this.#follow(request, undefined, call)
    let authorization = await this.#authorizer.header(request, call)
    // Once to learn what is wanted or to renew a token, once more if it says that the token should allow more.
    for (let tries = 0; ; tries++) {
      const answer = await this.#follow(request, authorization, call)
      const refused = answer.status === 401 && answer.url.origin === this.#options.origin.origin
      if (!refused || tries === 2 || !repeatable(request)) return answer
      const next = await this.#authorizer.afterChallenge(answer.headers, request, authorization, call)
      if (next === undefined) return answer
      await answer.cancel()
      authorization = next
    }
  }

  /** Credentials go with a request only as long as it stays where they belong. */
  async #follow(
    request: RegistryRequest,
    header: string | undefined,
    call: StoreCall,
  ): Promise<HttpResponse> {
    const { transport } = this.#options
    let { url } = request
    let authorization = header
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      const headers = { ...request.headers, ...(authorization === undefined ? {} : { authorization }) }
      const answer = await send({ ...request, url, headers }, transport, call)
      if (![301, 302, 303, 307, 308].includes(answer.status)) return answer
      const target = this.#target(request, answer)
      await answer.cancel()
      if (target.origin !== url.origin) authorization = undefined
      url = target
    }
    throw new SealwrightError('UNAVAILABLE', `${this.#options.registry} did not complete ${request.what}`, {
      why: `it redirected more than ${MAX_REDIRECTS} times`,
    })
  }

  #target(request: RegistryRequest, answer: HttpResponse): URL {
    const refused = (why: string) =>
      new SealwrightError('UNSUPPORTED', `${this.#options.registry} did not complete ${request.what}`, {
        why,
      })
    const location = answer.headers.get('location')
    if (location === null || !URL.canParse(location, answer.url.href)) {
      throw refused('it redirected without saying where to')
    }
    const target = new URL(location, answer.url)
    if (!mayFollow(answer.url, target)) {
      throw refused(
        `it redirected to ${this.shown(`${target.protocol}//${target.host}`)}, which is not followed`,
      )
    }
    const reading = request.method === 'GET' || request.method === 'HEAD'
    if (!reading && (answer.status < 307 || !repeatable(request))) {
      throw refused(`it redirected a ${request.method} that cannot be sent again`)
    }
    return target
  }

  #warn(headers: Headers): void {
    const { onWarning } = this.#options
    const field = onWarning && headers.get('warning')
    for (const match of field?.matchAll(/\b299 - "((?:[^"\\]|\\.)*)"/g) ?? []) {
      const text = match[1]!.replace(/\\(.)/g, '$1').replace(/\p{Cc}/gu, ' ')
      onWarning?.(this.#authorizer.redact(text).slice(0, 1000))
    }
  }
}

function repeatable({ body }: HttpRequest): boolean {
  return body === undefined || body instanceof Uint8Array || !body.once
}
