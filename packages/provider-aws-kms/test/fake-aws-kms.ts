import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Refused } from './kms-key.ts'
import { type KmsState, kmsState } from './kms-state.ts'

/** What becomes of a call. */
export type Effect =
  | {
      readonly kind: 'refuse'
      readonly name: string
      readonly status?: number
      readonly retryAfterS?: number
      readonly message?: string
    }
  | { readonly kind: 'hang' | 'reset' }
  | { readonly kind: 'redirect'; readonly to: string }
  | {
      readonly kind: 'text'
      readonly status: number
      readonly text: string
      readonly headers?: Record<string, string>
    }
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'rewrite'; readonly reply: (reply: Record<string, unknown>) => Record<string, unknown> }

interface Fault {
  readonly operation: string
  readonly effect: Effect
  count: number
}

/** AWS KMS as its clients see it: JSON 1.1 over loopback HTTP, with the faults that no emulator has. */
export interface FakeAwsKms extends AsyncDisposable {
  readonly url: string
  readonly state: KmsState
  readonly credentials: {
    readonly accessKeyId: string
    readonly secretAccessKey: string
    readonly sessionToken: string
  }
  /** Calls of an operation until now. */
  calls(operation: string): number
  /** Open connections. */
  connections(): number
  /** Lets the next `count` calls of an operation end otherwise; the result ends the fault. */
  inject(operation: string, effect: Effect, count?: number): () => void
  /** Only these actions are allowed from now on; `undefined` allows all. */
  allow(actions: readonly string[] | undefined): void
}

const CREDENTIALS = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'canary-secret-access-key-0123456789',
  sessionToken: 'canary-session-token-0123456789',
}

export async function fakeAwsKms(): Promise<FakeAwsKms> {
  const state = kmsState()
  const faults: Fault[] = []
  const counts = new Map<string, number>()
  const sockets = new Set<Socket>()
  let allowed: readonly string[] | undefined
  let requests = 0

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const operation = String(request.headers['x-amz-target']).replace(/^TrentService\./, '')
    const body = await textOf(request)
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    response.setHeader('x-amzn-requestid', `request-${++requests}`)
    const fault = faults.find(each => each.operation === operation && each.count > 0)
    if (fault !== undefined) fault.count--
    const effect = fault?.effect
    if (effect?.kind === 'delay') await sleep(effect.delayMs)
    else if (effect !== undefined && effect.kind !== 'rewrite') return ended(response, effect)
    try {
      const region = authorized(request, operation, allowed)
      const run = state.operations[operation]
      if (run === undefined) throw new Refused('UnknownOperationException', operation)
      const reply = run(JSON.parse(body), region)
      send(response, 200, effect?.kind === 'rewrite' ? effect.reply(reply) : reply)
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      send(response, error.status, { __type: error.name, message: error.message })
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) =>
      send(response, 500, { __type: 'Fake', message: error.message }),
    )
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    state,
    credentials: CREDENTIALS,
    calls: operation => counts.get(operation) ?? 0,
    connections: () => sockets.size,
    inject(operation, effect, count = Number.POSITIVE_INFINITY) {
      const fault = { operation, effect, count }
      faults.unshift(fault)
      return () => void faults.splice(faults.indexOf(fault), 1)
    },
    allow: actions => {
      allowed = actions
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** @returns The region that the request was signed for. */
function authorized(
  request: IncomingMessage,
  operation: string,
  allowed: readonly string[] | undefined,
): string {
  const scope = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([^/]+)\/kms\/aws4_request, /.exec(
    request.headers.authorization ?? '',
  )
  if (
    scope?.[1] !== CREDENTIALS.accessKeyId ||
    request.headers['x-amz-security-token'] !== CREDENTIALS.sessionToken
  ) {
    throw new Refused('UnrecognizedClientException', 'The security token included in the request is invalid.')
  }
  if (allowed !== undefined && !allowed.includes(`kms:${operation}`)) throw denied(operation)
  return scope[2]!
}

function denied(operation: string): Refused {
  return new Refused(
    'AccessDeniedException',
    `User: arn:aws:sts::111122223333:assumed-role/ci-release/session is not authorized to perform: kms:${operation} on resource: arn:aws:kms:eu-central-1:111122223333:key/1 because no identity-based policy allows the kms:${operation} action`,
  )
}

function ended(response: ServerResponse, effect: Exclude<Effect, { kind: 'delay' | 'rewrite' }>): void {
  switch (effect.kind) {
    case 'hang':
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'redirect':
      response.writeHead(307, { location: effect.to }).end()
      return
    case 'text':
      response.writeHead(effect.status, effect.headers).end(effect.text)
      return
    default:
      if (effect.retryAfterS !== undefined) response.setHeader('retry-after', String(effect.retryAfterS))
      send(response, effect.status ?? 400, { __type: effect.name, message: effect.message ?? 'refused' })
  }
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
