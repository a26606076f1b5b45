import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { failure } from '../../../oci/test/expect-error.ts'
import { sendByHttp } from '../../src/http/send-by-http.ts'
import { httpFetch, registry } from '../../src/index.ts'

async function listening(server: Server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    [Symbol.asyncDispose]: async () => {
      server.close()
    },
  }
}

const serving = (listener: RequestListener) => listening(createHttpServer(listener))

const request = (url: URL) => ({ method: 'GET', url, headers: {}, signal: new AbortController().signal })

async function bytesOf(body: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function* pieces(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

test('a lookup of the caller decides which address a name has', async () => {
  await using server = await serving((_, answer) => answer.end('here'))
  const named = new URL(`http://host.test:${server.url.port}/`)
  const send = sendByHttp({
    lookup: (host, { all }, callback) => {
      if (host !== 'host.test') callback(new Error(`asked for ${host}`), '')
      else if (all) callback(null, [{ address: '127.0.0.1', family: 4 }])
      else callback(null, '127.0.0.1', 4)
    },
  })
  expect(String(await bytesOf((await send(request(named))).body))).toBe('here')
})

describe('what is read', () => {
  test('stays what it was when more comes, over the same connection and over others', async () => {
    const contents = Array.from({ length: 6 }, () => randomBytes(3 * 2 ** 20 + 17))
    await using server = await serving((asked, answer) => answer.end(contents[Number(asked.url!.slice(1))]))
    const send = sendByHttp()
    const read = async (index: number) =>
      bytesOf((await send(request(new URL(`/${index}`, server.url)))).body)
    const first = await Promise.all(contents.map((_, index) => read(index)))
    const again = await Promise.all(contents.map((_, index) => read(index)))
    for (const [index, content] of contents.entries()) {
      expect(first[index]!.equals(content)).toBe(true)
      expect(again[index]!.equals(content)).toBe(true)
    }
  })

  test('chunks stay what they were, too', async () => {
    const content = randomBytes(2 ** 20)
    await using server = await serving((_, answer) => {
      answer.write(content.subarray(0, 700_000))
      setImmediate(() => answer.end(content.subarray(700_000)))
    })
    const { body } = await sendByHttp()(request(server.url))
    const chunks: Uint8Array[] = []
    const digests: string[] = []
    for await (const chunk of body!) {
      chunks.push(chunk)
      digests.push(sha256(chunk))
    }
    expect(chunks.map(sha256)).toEqual(digests)
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
  })

  test('is nothing that nobody asked for: a connection that says more is given up', async () => {
    const sockets: Socket[] = []
    await using server = await listening(
      createServer(socket => {
        sockets.push(socket)
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'))
        socket.on('error', () => {})
      }),
    )
    const send = sendByHttp()
    expect((await bytesOf((await send(request(server.url))).body)).toString()).toBe('ok')
    await sleep(10)
    sockets[0]!.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil')
    await vi.waitFor(() => expect(sockets[0]!.readyState).not.toBe('open'))
    expect((await bytesOf((await send(request(server.url))).body)).toString()).toBe('ok')
    expect(sockets).toHaveLength(2)
  })
})

describe('chunks that are sent', () => {
  const taking = () => {
    const received: string[] = []
    return serving(async (asked, answer) => {
      received.push(sha256(await bytesOf(asked)))
      answer.writeHead(201, { received: received.at(-1)! }).end()
    })
  }

  test('are released when the operating system has taken them', async () => {
    await using server = await taking()
    const sent = [300_000, 5, 200_000].map(size => randomBytes(size))
    const written: Uint8Array[] = []
    const { headers } = await sendByHttp()({
      ...request(server.url),
      method: 'PUT',
      body: pieces(...sent),
      release: chunk => written.push(chunk),
    })
    expect(headers.get('received')).toBe(sha256(Buffer.concat(sent)))
    await vi.waitFor(() => expect(written).toEqual(sent))
  })

  test.each(['ok', ''])(
    'are released only then: a server that answers first, with %j, reads no more of them',
    async answer => {
      let socket: Socket | undefined
      await using server = await listening(
        createServer(accepted => {
          socket = accepted
          accepted.once('data', () => {
            accepted.pause()
            accepted.write(`HTTP/1.1 202 Accepted\r\ncontent-length: ${answer.length}\r\n\r\n`)
          })
          accepted.on('error', () => {})
        }),
      )
      // More than the system takes before somebody reads.
      const chunks = Array.from({ length: 64 }, () => randomBytes(2 ** 20))
      const written: Uint8Array[] = []
      const { status, body } = await sendByHttp()({
        ...request(server.url),
        method: 'PATCH',
        body: pieces(...chunks),
        release: chunk => written.push(chunk),
      })
      expect(status).toBe(202)
      await body?.cancel()
      let received = 0
      socket!.on('data', chunk => {
        received += chunk.byteLength
      })
      socket!.resume()
      await new Promise(resolve => socket!.once('close', resolve))
      expect(written.length).toBeLessThan(chunks.length)
      expect(received).toBeLessThan(64 * 2 ** 20)
    },
  )
})

test('an upgrade that nobody asked for is an error', async () => {
  await using server = await listening(
    createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      )
    }),
  )
  await expect(sendByHttp()(request(server.url))).rejects.toThrow('without an answer')
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

describe('a proxy', () => {
  const proxyThat = async (answer: string) => {
    const proxy = createHttpServer()
    proxy.on('connect', (_, socket) => socket.end(`HTTP/1.1 ${answer}\r\nContent-Length: 0\r\n\r\n`))
    proxy.on('request', (_, response) => response.writeHead(Number(answer.split(' ')[0])).end())
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxy.close())
    return `127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }
  const resolveThrough = (scheme: 'http' | 'https', proxy: string) =>
    registry('registry.test/app', {
      plainHttp: scheme === 'http',
      fetch: httpFetch({ proxyEnv: { HTTP_PROXY: proxy, HTTPS_PROXY: proxy } }),
      retry: { attempts: 1 },
    }).resolve('v1')

  test.each(['http', 'https'] as const)(
    'that wants a login is named, and not the registry (%s)',
    async scheme => {
      const proxy = await proxyThat('407 Proxy Authentication Required')
      const error = await failure('UNAUTHENTICATED', () => resolveThrough(scheme, proxy))
      expect(`${error.message} ${error.why}`).toContain('proxy')
      expect(error.fix).toMatch(/http:\/\/USER:PASSWORD@HOST:PORT/)
      expect(error.fix).not.toContain('docker login')
    },
  )

  test('that does not let a host through is named', async () => {
    const proxy = await proxyThat('403 Forbidden')
    const error = await failure('ACCESS_DENIED', () => resolveThrough('https', proxy))
    expect(error.why).toContain(`${proxy} (HTTPS_PROXY) denies this host`)
  })

  test.each(['http', 'https'] as const)('that is down is named, with its variable (%s)', async scheme => {
    const error = await failure('UNAVAILABLE', () => resolveThrough(scheme, 'localhost:1'))
    expect(error.why).toContain(`localhost:1 (${scheme.toUpperCase()}_PROXY) cannot be reached: ECONNREFUSED`)
    expect(error.fix).toContain('NO_PROXY=registry.test')
  })

  test('whose address is none is refused by the name of the variable', async () => {
    const error = await failure('VALIDATION', () => resolveThrough('https', 'http://a b'))
    expect(error.message).toContain('HTTPS_PROXY')
    await failure('UNSUPPORTED', () => resolveThrough('https', 'socks5://localhost:1080'))
  })
})
