import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import { httpExchange } from '../src/registry/http-exchange.ts'

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

describe('what is read', () => {
  test('stays what it was when more comes, over the same connection and over others', async () => {
    const contents = Array.from({ length: 6 }, () => randomBytes(3 * 2 ** 20 + 17))
    await using server = await serving((asked, answer) => answer.end(contents[Number(asked.url!.slice(1))]))
    const exchange = httpExchange()
    const read = async (index: number) =>
      bytesOf((await exchange(request(new URL(`/${index}`, server.url)))).body)
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
    const { body } = await httpExchange()(request(server.url))
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
    const exchange = httpExchange()
    expect((await bytesOf((await exchange(request(server.url))).body)).toString()).toBe('ok')
    await sleep(10)
    sockets[0]!.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil')
    await vi.waitFor(() => expect(sockets[0]!.readyState).not.toBe('open'))
    expect((await bytesOf((await exchange(request(server.url))).body)).toString()).toBe('ok')
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

  test('are told of when the system has taken them', async () => {
    await using server = await taking()
    const sent = [300_000, 5, 200_000].map(size => randomBytes(size))
    const written: Uint8Array[] = []
    const { headers } = await httpExchange()({
      ...request(server.url),
      method: 'PUT',
      body: pieces(...sent),
      written: chunk => written.push(chunk),
    })
    expect(headers.get('received')).toBe(sha256(Buffer.concat(sent)))
    await vi.waitFor(() => expect(written).toEqual(sent))
  })

  test.each(['ok', ''])(
    'are told of only then: a server that answers first, with %j, reads no more of them',
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
      const { status, body } = await httpExchange()({
        ...request(server.url),
        method: 'PATCH',
        body: pieces(...chunks),
        written: chunk => written.push(chunk),
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
  await expect(httpExchange()(request(server.url))).rejects.toThrow('without an answer')
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
