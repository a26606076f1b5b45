import { SealwrightError } from '@sealwright/core'
import { isLoopback } from '@sealwright/core/adapter'
import { decodeJson } from '@sealwright/core/encoding'
import type { StoreCall } from '@sealwright/oci'
import { readObject } from '@sealwright/oci/store'
import type { Credential } from '../credentials/credential.ts'
import { httpError } from '../http/http-error.ts'
import { type HttpRequest, send, type TransportOptions } from '../http/transport.ts'

/** Where a registry sends us for tokens. */
export interface TokenServer {
  readonly realm: string
  readonly service?: string
}

export interface Token {
  readonly text: string
  /** By `performance.now()`. */
  readonly expires: number
}

export interface TokenOptions {
  readonly login: Credential | undefined
  readonly registryOrigin: URL
  readonly transport: TransportOptions
  readonly call: StoreCall
  /** Takes our secrets out of what a server sent. */
  readonly redact: (text: string) => string
}

const MAX_TOKEN_BYTES = 256 * 1024
/** Servers take no header of that length; and each token is looked for, in many forms, in what a server says. */
const MAX_TOKEN_LENGTH = 32 * 1024
/** What a token is good for if its server does not say (distribution "Token Authentication"). */
const DEFAULT_SECONDS = 60
const MARGIN_SECONDS = 5
const CLIENT_ID = 'sealwright'

/**
 * Asks a token server for a token: by GET with user name and password, or anonymously; by POST with an identity token
 * (distribution "Token Authentication" and "OAuth 2").
 *
 * @throws {@link SealwrightError} `UNAUTHENTICATED`, `ACCESS_DENIED`, `UNAVAILABLE`, …; `UNSUPPORTED` where the realm is
 *   not one that credentials may be sent to.
 */
export async function fetchToken(
  server: TokenServer,
  scopes: readonly string[],
  options: TokenOptions,
): Promise<Token> {
  const { login, transport, call, registryOrigin, redact } = options
  const realm = realmOf(server, registryOrigin, redact)
  const sentAt = performance.now()
  const request =
    login && 'identityToken' in login
      ? exchange(realm, server, scopes, login.identityToken)
      : query(realm, server, scopes, login)
  const answer = await send(request, transport, call)
  const { status, headers } = answer
  if (status !== 200) {
    const body = await answer.beginning(16 * 1024)
    await answer.cancel()
    const what = `${redact(realm.host)} gave no token for ${registryOrigin.host}`
    // RFC 6749 section 5.2 answers a refused identity token with 400.
    const refused = status === 400 && login && 'identityToken' in login
    throw httpError(what, { status: refused ? 401 : status, headers, body, url: realm }, redact)
  }
  return readToken(await answer.whole(MAX_TOKEN_BYTES), realm, sentAt)
}

/** The realm is the registry's to choose; how safely we speak to it is not. */
function realmOf({ realm }: TokenServer, registry: URL, redact: (text: string) => string): URL {
  let url: URL
  try {
    url = new URL(realm)
  } catch (cause) {
    throw new SealwrightError('UNSUPPORTED', `${registry.host} names a token server that is not a URL`, {
      cause,
    })
  }
  const local = isLoopback(url) && isLoopback(registry)
  const chosen = registry.protocol === 'http:' && url.hostname === registry.hostname
  const allowed =
    url.protocol === 'https:' ? !isLoopback(url) || local : url.protocol === 'http:' && (local || chosen)
  if (!allowed || url.username !== '' || url.password !== '') {
    throw new SealwrightError('UNSUPPORTED', `${registry.host} names a token server that is not used`, {
      why: `${redact(`${url.protocol}//${url.host}`)} is ${isLoopback(url) ? 'on this machine' : 'not reached by https'}`,
    })
  }
  return url
}

function query(
  realm: URL,
  { service }: TokenServer,
  scopes: readonly string[],
  login: Credential | undefined,
): HttpRequest {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (login === undefined || !('username' in login)) return { method: 'GET', url }
  url.searchParams.set('account', login.username)
  const pair = Buffer.from(`${login.username}:${login.password}`).toString('base64')
  return { method: 'GET', url, headers: { authorization: `Basic ${pair}` } }
}

function exchange(
  realm: URL,
  { service }: TokenServer,
  scopes: readonly string[],
  identityToken: string,
): HttpRequest {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT_ID,
    scope: scopes.join(' '),
  })
  if (service !== undefined) form.set('service', service)
  form.set('refresh_token', identityToken)
  return {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: Buffer.from(form.toString()),
  }
}

function readToken(bytes: Uint8Array, realm: URL, sentAt: number): Token {
  const label = `the token of ${realm.host}`
  const {
    token,
    access_token: accessToken,
    expires_in: seconds,
  } = readObject(decodeJson(bytes, { label }), label)
  const text = typeof token === 'string' && token !== '' ? token : accessToken
  // Header-safe (RFC 9110 section 5.5).
  if (typeof text !== 'string' || !/^[!-~]+$/.test(text)) {
    throw new SealwrightError('UNAVAILABLE', `${realm.host} answered without a token`)
  }
  if (text.length > MAX_TOKEN_LENGTH) {
    throw new SealwrightError('UNAVAILABLE', `${realm.host} answered with a token that cannot be used`, {
      why: `it has ${text.length} characters, and no header may have more than ${MAX_TOKEN_LENGTH}`,
      fix: 'ask the operator of the token server',
    })
  }
  const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_SECONDS
  const margin = Math.min(MARGIN_SECONDS, lifetime / 2)
  return { text, expires: sentAt + (lifetime - margin) * 1000 }
}
