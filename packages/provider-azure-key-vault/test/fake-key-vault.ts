import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AzureCredential } from '../src/index.ts'
import { loopbackCertificate } from './tls.ts'
import { Refused } from './vault-key.ts'
import { type Operation, type VaultState, vaultState } from './vault-state.ts'

/** What becomes of a call. */
export type Effect =
  | {
      readonly kind: 'refuse'
      readonly status: number
      readonly code: string
      readonly inner?: string
      readonly retryAfter?: string
    }
  | { readonly kind: 'unauthenticated' | 'hang' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'redirect'; readonly to: string }
  | { readonly kind: 'text'; readonly status: number; readonly text: string; readonly type: string }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'rewrite'; readonly reply: (reply: Record<string, unknown>) => unknown }

/** Key Vault as its clients see it: TLS on loopback, the token challenge, and the faults that no emulator has. */
export interface FakeKeyVault extends AsyncDisposable {
  readonly origin: string
  readonly ca: string
  readonly state: VaultState
  /** A fresh credential, whose tokens the fake takes. */
  credential(): AzureCredential
  readonly token: string
  /** What requests without a token are told to get one for. */
  resource: string
  /** Calls of an operation with a token until now. */
  calls(operation: Operation): number
  /** Requests without a token until now. */
  challenges(): number
  /** Tokens that credentials gave out until now. */
  tokens(): number
  connections(): number
  /** Lets the next `count` calls of an operation end otherwise; the result ends the fault. */
  inject(operation: Operation, effect: Effect, count?: number): () => void
  /** Only these operations are allowed from now on; `undefined` allows all. */
  allow(operations: readonly Operation[] | undefined): void
  /** Authorization headers that came, with the hosts they came for. */
  readonly requests: { readonly method: string; readonly url: string; readonly authorized: boolean }[]
}

const TENANT = '11111111-2222-3333-4444-555555555555'

export const CLAIMS = {
  aud: 'https://vault.azure.net',
  appid: '66666666-7777-8888-9999-000000000000',
  appidacr: '2',
  oid: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
  tid: TENANT,
}

/** No JWT that would hold anywhere: its signature is a canary. */
export function tokenWith(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ typ: 'JWT', alg: 'RS256' })}.${part(claims)}.canary-token-signature-0123456789`
}

class FakeCredential implements AzureCredential {
  readonly getToken: AzureCredential['getToken']

  constructor(getToken: AzureCredential['getToken']) {
    this.getToken = getToken
  }
}

export async function fakeKeyVault(host = 'unit.vault.azure.net'): Promise<FakeKeyVault> {
  const state = vaultState(host)
  const token = tokenWith(CLAIMS)
  const faults: { readonly operation: Operation; readonly effect: Effect; count: number }[] = []
  const counts = new Map<Operation, number>()
  const sockets = new Set<Socket>()
  let allowed: readonly Operation[] | undefined
  let challenges = 0
  let tokens = 0
  let requests = 0

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const text = await textOf(request)
    const url = new URL(request.url!, fake.origin)
    const { operation, name, version } = routed(request.method!, url)
    const authorized = request.headers.authorization === `Bearer ${token}`
    fake.requests.push({ method: request.method!, url: request.url!, authorized })
    response.setHeader('x-ms-request-id', `request-${++requests}`)
    if (authorized) counts.set(operation, (counts.get(operation) ?? 0) + 1)
    else challenges++
    const fault = faults.find(each => each.operation === operation && each.count > 0)
    if (fault?.effect.kind === 'reset') return resetConnection(request)
    const onWire = fault !== undefined && ['hang', 'redirect', 'text'].includes(fault.effect.kind)
    if (!authorized && !onWire) return challenge(response, fake.resource)
    if (fault !== undefined) fault.count--
    const effect = fault?.effect
    if (effect?.kind === 'delay') await sleep(effect.delayMs)
    else if (effect !== undefined && effect.kind !== 'rewrite') return ended(response, effect, fake.resource)
    try {
      if (allowed !== undefined && !allowed.includes(operation)) throw denied()
      if (url.searchParams.get('api-version') === null) throw new Refused(400, 'BadParameter', 'api-version')
      const body = text === '' ? {} : JSON.parse(text)
      const reply = state.operations[operation]({ name, version, body, query: url.searchParams })
      send(response, 200, effect?.kind === 'rewrite' ? effect.reply(reply) : reply)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      refuse(response, error)
    }
  }

  /** Below TLS, which would say goodbye. */
  const resetConnection = ({ socket: { remotePort } }: IncomingMessage) => {
    for (const each of sockets) if (each.remotePort === remotePort) each.resetAndDestroy()
  }

  const tls = loopbackCertificate()
  const server = createServer(tls, (request, response) => {
    answer(request, response).catch((error: Error) =>
      send(response, 500, { error: { code: 'Fake', message: error.message } }),
    )
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakeKeyVault = {
    origin: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: tls.cert,
    state,
    token,
    resource: `https://${host.slice(host.indexOf('.') + 1)}`,
    requests: [],
    credential: () =>
      new FakeCredential(async (_, options) => {
        options?.abortSignal?.throwIfAborted()
        tokens++
        return { token, expiresOnTimestamp: Date.now() + 3_600_000 }
      }),
    calls: operation => counts.get(operation) ?? 0,
    challenges: () => challenges,
    tokens: () => tokens,
    connections: () => sockets.size,
    inject(operation, effect, count = Number.POSITIVE_INFINITY) {
      const fault = { operation, effect, count }
      faults.unshift(fault)
      return () => void faults.splice(faults.indexOf(fault), 1)
    },
    allow: operations => {
      allowed = operations
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return fake
}

function routed(method: string, { pathname }: URL): { operation: Operation; name: string; version: string } {
  const [, collection, name = '', version = '', verb] = pathname.split('/')
  const operations: Readonly<Record<string, string | undefined>> = {
    'GET keys': name === '' ? 'listKeys' : 'getKey',
    'POST keys':
      verb === 'sign'
        ? 'sign'
        : version === 'create'
          ? 'createKey'
          : version === 'rotate'
            ? 'rotateKey'
            : undefined,
    'GET certificates': 'getCertificate',
    'GET secrets': 'getSecret',
  }
  const operation = operations[`${method} ${collection}`] as Operation | undefined
  if (operation === undefined) throw new Error(`the fake does not know ${method} ${pathname}`)
  return { operation, name, version }
}

function challenge(response: ServerResponse, resource: string): void {
  const authorization = `https://login.microsoftonline.com/${TENANT}`
  response.setHeader('www-authenticate', `Bearer authorization="${authorization}", resource="${resource}"`)
  send(response, 401, {
    error: { code: 'Unauthorized', message: 'AKV10000: Request is missing a Bearer or PoP token.' },
  })
}

function ended(
  response: ServerResponse,
  effect: Exclude<Effect, { kind: 'delay' | 'reset' | 'rewrite' }>,
  resource: string,
): void {
  switch (effect.kind) {
    case 'hang':
      return
    case 'unauthenticated':
      challenge(response, resource)
      return
    case 'redirect':
      response.writeHead(307, { location: effect.to }).end()
      return
    case 'text':
      response.writeHead(effect.status, { 'content-type': effect.type }).end(effect.text)
      return
    default:
      if (effect.retryAfter !== undefined) response.setHeader('retry-after', effect.retryAfter)
      refuse(response, new Refused(effect.status, effect.code, 'refused', effect.inner))
  }
}

function denied(): Refused {
  return new Refused(
    403,
    'Forbidden',
    'Caller is not authorized to perform action on resource.',
    'ForbiddenByRbac',
  )
}

function refuse(response: ServerResponse, { status, code, message, inner }: Refused): void {
  send(response, status, { error: { code, message, ...(inner ? { innererror: { code: inner } } : {}) } })
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
