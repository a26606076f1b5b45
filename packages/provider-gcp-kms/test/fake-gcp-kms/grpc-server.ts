import { readFileSync } from 'node:fs'
import { createSecureServer, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { loadSync, type MethodDefinition } from '@grpc/proto-loader'
import { protobuf } from 'google-gax'
import { exchange, type Outcome, type Store } from './exchange.ts'
import { type Listening, listening, type Tls } from './listening.ts'
import type { Detail, Refused } from './refused.ts'
import { isMethod, type Message } from './semantics.ts'

const require = createRequire(import.meta.url)
const SERVICE = 'google.cloud.kms.v1.KeyManagementService'

function protosOf(name: string): string {
  return join(dirname(require.resolve(name)), '..', 'protos')
}

/** The protos that came with the SDK. */
function methods(): Record<string, MethodDefinition<Message, Message>> {
  const definition = loadSync('google/cloud/kms/v1/service.proto', {
    includeDirs: [protosOf('@google-cloud/kms'), protosOf('google-gax')],
    longs: String,
    enums: String,
    defaults: false,
    oneofs: true,
  })
  return definition[SERVICE] as never
}

/** gRPC over HTTP/2. On the bare protocol, so that it can be broken in every way. */
export async function grpcServer(store: Store, tls?: Tls): Promise<Listening> {
  const service = methods()
  const server = tls === undefined ? createServer() : createSecureServer(tls)
  const sessions = new Set<Http2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => {})
    session.once('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    respond(stream, String(headers[':path']), headers.authorization).catch((error: unknown) => {
      status(stream, 13, `the fake failed: ${error}`)
    })
  })

  async function respond(stream: ServerHttp2Stream, path: string, authorization: string | undefined) {
    const chunks: Buffer[] = []
    for await (const chunk of stream) chunks.push(chunk as Buffer)
    const name = path.slice(`/${SERVICE}/`.length)
    const definition = service[name]
    if (definition === undefined || !isMethod(name)) return status(stream, 12, `no ${path}`)
    const request = definition.requestDeserialize(Buffer.concat(chunks).subarray(5))
    const outcome = await exchange(store, name, authorization, request)
    if (!stream.destroyed) write(stream, outcome, message => definition.responseSerialize(message))
  }

  return listening(
    server,
    () => sessions.size,
    () => {
      for (const session of sessions) session.destroy()
    },
    tls,
  )
}

function write(stream: ServerHttp2Stream, outcome: Outcome, serialize: (message: Message) => Buffer): void {
  switch (outcome.kind) {
    case 'hang':
      return
    case 'reset':
      stream.session!.socket.destroy()
      stream.session!.destroy()
      return
    case 'html':
      stream.respond({ ':status': 500, 'content-type': 'text/html' })
      stream.end('<html>server error</html>')
      return
    case 'redirect':
      stream.respond({ ':status': 307, location: outcome.to }, { endStream: true })
      return
    case 'refused':
      status(stream, outcome.refused.code, outcome.refused.message, outcome.refused)
      return
    case 'reply': {
      const bytes = serialize(outcome.message)
      const sent = outcome.isCut ? bytes.subarray(0, bytes.length - 5) : bytes
      const head = Buffer.alloc(5)
      head.writeUInt32BE(sent.length, 1)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.concat([head, sent]))
    }
  }
}

function status(stream: ServerHttp2Stream, code: number, message: string, refused?: Refused): void {
  if (stream.destroyed) return
  const details = refused?.details.length
    ? { 'grpc-status-details-bin': statusMessage(refused).toString('base64') }
    : {}
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': String(code),
      'grpc-message': encodeURIComponent(message),
      ...details,
    },
    { endStream: true },
  )
}

/** `google.rpc.Status`. */
function statusMessage({ code, message, details }: Refused): Buffer {
  const text = readFileSync(join(protosOf('google-gax'), 'status.json'), 'utf8')
  const root = protobuf.Root.fromJSON(JSON.parse(text))
  const encode = (type: string, value: object) => {
    const found = root.lookupType(type)
    return found.encode(found.fromObject(value)).finish()
  }
  const packed = details.map(detail => ({
    type_url: `type.googleapis.com/google.rpc.${detail.type}`,
    value: encode(`google.rpc.${detail.type}`, fields(detail)),
  }))
  return Buffer.from(encode('google.rpc.Status', { code, message, details: packed }))
}

function fields(detail: Detail): object {
  return detail.type === 'RetryInfo' ? { retryDelay: { seconds: detail.seconds } } : detail
}
