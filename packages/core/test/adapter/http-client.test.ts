import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { httpClient, requestIdIn } from '../../src/adapter/index.ts'

const LIMITS = { maxBytes: 10, server: 'the store' } as const

async function serving(listener: RequestListener) {
  const server = createServer(listener)
  const url = await listening(server)
  const client = httpClient(LIMITS)
  onTestFinished(() => client.destroy())
  return { client, server, request: { method: 'POST', url, headers: {} } }
}

async function listening(server: Server | ReturnType<typeof createTcpServer>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    if ('closeAllConnections' in server) server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

describe('httpClient', () => {
  it('reads a response whole, after those that only inform', async () => {
    const { client, request } = await serving((_, response) => {
      response.writeEarlyHints({ link: '</x>; rel=preload' })
      response.writeHead(404, {
        'retry-after': '1',
        'set-cookie': ['a', 'b'],
        date: 'now',
        'x-y': ['1', '2'],
      })
      response.write('some')
      response.end(' text')
    })
    const { status, headers, body } = await client.send(request)
    expect(status).toBe(404)
    expect(headers).toMatchObject({ 'retry-after': '1', 'set-cookie': 'a,b', 'x-y': '1, 2' })
    expect(headers).not.toHaveProperty('link')
    expect(Buffer.from(body).toString()).toBe('some text')
  })

  it('sends method, path, headers and body, and keeps the connection', async () => {
    const seen: unknown[] = []
    const { client, server, request } = await serving(async (incoming, response) => {
      const body = Buffer.concat(await incoming.toArray()).toString()
      seen.push([incoming.method, incoming.url, incoming.headers['x-name'], body])
      response.end()
    })
    let connections = 0
    server.on('connection', () => connections++)
    const sent = { method: 'PUT', url: `${request.url}a%2Fb?c=d`, headers: { 'X-Name': 'v' } }
    await client.send({ ...sent, body: 'text' })
    await client.send({ ...sent, body: Uint8Array.of(0x62) })
    expect(seen).toEqual([
      ['PUT', '/a%2Fb?c=d', 'v', 'text'],
      ['PUT', '/a%2Fb?c=d', 'v', 'b'],
    ])
    expect(connections).toBe(1)
  })

  it('does not follow a redirect', async () => {
    const { client, request } = await serving((incoming, response) => {
      response.writeHead(incoming.url === '/' ? 307 : 200, { location: '/other' }).end()
    })
    expect(await client.send(request)).toMatchObject({ status: 307, headers: { location: '/other' } })
  })

  it('ends the connection of a response above the limit', async () => {
    const { client, server, request } = await serving((_, response) => response.write(Buffer.alloc(11)))
    const closed = new Promise(resolve => {
      server.on('connection', socket => socket.once('close', resolve))
    })
    await expect(client.send(request)).rejects.toMatchObject({
      code: 'INTEGRITY',
      message: 'the store answered too much',
    })
    await closed
  })

  it('sends nothing for an aborted signal', async () => {
    let requests = 0
    const { client, request } = await serving(() => requests++)
    const signal = AbortSignal.abort()
    await expect(client.send({ ...request, signal })).rejects.toMatchObject({ name: 'AbortError' })
    expect(requests).toBe(0)
  })

  it('ends with an abort: the connection of a request that was sent, and one that waits for a connection', async () => {
    const arrived: string[] = []
    const { server, request } = await serving(incoming => void arrived.push(String(incoming.url)))
    const client = httpClient({ ...LIMITS, connections: 1 })
    onTestFinished(() => client.destroy())
    const [first, second] = [new AbortController(), new AbortController()]
    const outcomes = [first, second].map(({ signal }, index) =>
      client.send({ ...request, url: `${request.url}${index}`, signal }),
    )
    const [incoming] = await once(server, 'request')
    second.abort()
    await expect(outcomes[1]).rejects.toMatchObject({ name: 'AbortError' })
    first.abort()
    await expect(outcomes[0]).rejects.toMatchObject({ name: 'AbortError' })
    if (!incoming.socket.destroyed) await once(incoming.socket, 'close')
    expect(arrived).toEqual(['/0'])
  })

  it.each([
    ['a reset', (socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET'],
    ['an end', (socket: Socket) => socket.end(), 'ECONNRESET'],
    [
      'half a body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
      'ECONNRESET',
    ],
    [
      'an upgrade',
      (socket: Socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      'ECONNRESET',
    ],
    ['garbage', (socket: Socket) => socket.end('SSH-2.0-x\r\n'), /^HPE_/],
  ])('passes on what Node says of the network: %s', async (_, answer, code) => {
    const server = createTcpServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => answer(socket))
    })
    const client = httpClient({ ...LIMITS, maxBytes: 100 })
    onTestFinished(() => client.destroy())
    const outcome = client.send({ method: 'GET', url: await listening(server), headers: {} })
    await expect(outcome).rejects.toMatchObject({
      code: typeof code === 'string' ? code : expect.stringMatching(code),
    })
  })

  it('ends what is under way when it is destroyed, and sends nothing more', async () => {
    let requests = 0
    const { server, request } = await serving(() => requests++)
    const client = httpClient({ ...LIMITS, connections: 1 })
    const outcomes = [client.send(request), client.send(request)]
    const [incoming] = await once(server, 'request')
    client.destroy()
    const disposed = { code: 'VALIDATION', message: 'the key store of the store is disposed of' }
    for (const outcome of outcomes) await expect(outcome).rejects.toMatchObject(disposed)
    await expect(client.send(request)).rejects.toMatchObject(disposed)
    if (!incoming.socket.destroyed) await once(incoming.socket, 'close')
    expect(requests).toBe(1)
  })
})

describe('a server that repeats what it was sent', () => {
  const TOKEN = 'hvs.canary-of-the-token-0123456789'
  const secrets = { 'X-Vault-Token': TOKEN, Authorization: `Bearer ${TOKEN}x` }
  const answering = async (headers: Record<string, string>, body = '', status = 403) => {
    const { request } = await serving((_, response) => response.writeHead(status, headers).end(body))
    const client = httpClient({ ...LIMITS, maxBytes: 1000 })
    onTestFinished(() => client.destroy())
    return client.send({ ...request, headers: secrets })
  }

  it.each([
    TOKEN,
    `id-${TOKEN}`,
    Buffer.from(TOKEN).toString('hex'),
    Buffer.from(`xx${TOKEN}`).toString('base64url'),
    encodeURIComponent(TOKEN),
  ])('gets it into no request id: %s', async id => {
    for (const name of ['x-request-id', 'x-amzn-requestid', 'x-ms-request-id']) {
      const { headers } = await answering({ [name]: id })
      expect(headers[name]).toBeUndefined()
    }
  })

  it('keeps the ids that are ids', async () => {
    for (const id of ['5f3c1f6e-8f0a-4a4e-9d0b-0c2a7f0a1b2c', 'req-42', 'X8K2:1F:33']) {
      const { headers } = await answering({ 'x-request-id': id })
      expect(headers['x-request-id']).toBe(id)
    }
  })

  it('gets it into nothing that is traced', async () => {
    const seen: unknown[] = []
    const told = (trace: unknown) => void seen.push(trace)
    subscribe('sealwright:http', told)
    onTestFinished(() => void unsubscribe('sealwright:http', told))
    await answering({ server: TOKEN, location: `/x?n=${TOKEN}`, warning: `299 - "${TOKEN}"` })
    expect(seen).toHaveLength(1)
    expect(JSON.stringify(seen)).not.toContain('canary')
  })

  it('gets it, in any form, into no body of a refusal, which is otherwise unchanged', async () => {
    const text = `${TOKEN} ${Buffer.from(TOKEN).toString('base64')} unchanged`
    const { body } = await answering({}, text)
    expect(Buffer.from(body).toString()).not.toMatch(/canary|aHZzLmNhbmFyeQ/)
    expect(Buffer.from(body).toString()).toContain('unchanged')
    const { body: whole } = await answering({}, text, 200)
    expect(Buffer.from(whole).toString()).toBe(text)
  })
})

describe('requestIdIn', () => {
  it.each(['1-2a', '6f2c8f0e-0000-4000-8000-1234567890ab', 'request-1'])(
    'takes %s for an id, and no token for one',
    id => {
      expect(requestIdIn(id)).toEqual({ requestId: id })
      expect(requestIdIn(`${'x'.repeat(64)}y`)).toEqual({})
      expect(requestIdIn('Bearer canary')).toEqual({})
    },
  )
})
