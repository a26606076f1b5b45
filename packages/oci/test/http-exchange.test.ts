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

  test.each([true, false])('give their memory back if nobody else has them: %s', async spent => {
    await using server = await taking()
    const chunks = [randomBytes(300_000), randomBytes(5), randomBytes(200_000)].map(
      each => new Uint8Array(each),
    )
    const shared = new Uint8Array(randomBytes(100).buffer, 0, 10)
    const sent = [...chunks, shared]
    const digest = sha256(Buffer.concat(sent))
    const { headers } = await httpExchange()({
      ...request(server.url),
      method: 'PUT',
      body: pieces(...sent),
      spent,
    })
    expect(headers.get('received')).toBe(digest)
    await vi.waitFor(() =>
      expect(chunks.map(({ byteLength }) => byteLength)).toEqual(spent ? [0, 0, 0] : [300_000, 5, 200_000]),
    )
    // It is a part of something else.
    expect(shared.byteLength).toBe(10)
  })
})

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
