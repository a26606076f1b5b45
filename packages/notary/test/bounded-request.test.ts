import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type BoundedRequest, boundedRequest, type Fetch } from '../src/bounded-request.ts'

// So that the fake clock of a test rules this wait too.
vi.mock('node:timers/promises', () => ({
  setTimeout: (milliseconds: number) => new Promise<void>(resolve => setTimeout(resolve, milliseconds)),
}))

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

async function serving(listener: RequestListener): Promise<URL> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ocsp`)
}

const ask = (
  url: URL,
  { fetch: fetching = fetch, ...more }: Partial<BoundedRequest> & { readonly fetch?: Fetch } = {},
) => boundedRequest(fetching, { url, maxBytes: 1000, timeoutMs: 30_000, ...more })

describe('boundedRequest', () => {
  it('asks by GET, and by POST with a type', async () => {
    const url = await serving(async (asked, answer) => {
      const chunks: Buffer[] = []
      for await (const chunk of asked) chunks.push(chunk)
      answer.end(`${asked.method} ${asked.headers['content-type']} ${Buffer.concat(chunks)}`)
    })
    expect(String(await ask(url))).toBe('GET undefined ')
    const post = { contentType: 'application/ocsp-request', body: Buffer.from('question') }
    expect(String(await ask(url, { post }))).toBe('POST application/ocsp-request question')
  })

  it('follows no redirect', async () => {
    let asked = 0
    const url = await serving((_, answer) => {
      asked++
      answer.writeHead(302, { location: '/other' }).end()
    })
    await expect(ask(url)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringContaining('redirects'),
    })
    expect(asked).toBe(1)
  })

  it('takes no answer but one with status 200', async () => {
    const url = await serving((_, answer) => answer.writeHead(404).end('nothing here'))
    await expect(ask(url)).rejects.toMatchObject({ code: 'UNAVAILABLE', why: 'it answered with status 404' })
  })

  it('stops reading an answer that never ends', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    const url = await serving((_, answer) => {
      const more = () => answer.write(Buffer.alloc(64 * 1024), more)
      answer.once('close', resolve)
      more()
    })
    await expect(ask(url, { maxBytes: 20_480 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining(url.host),
      why: 'it answered with more than 20480 bytes',
    })
    await closed
  })

  it.each([
    ['before its headers', (_: unknown) => {}],
    ['in the middle', (answer: { write(text: string): void }) => answer.write('half')],
  ])('names a host that hangs %s, and closes the connection', async (_, begin) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>()
    const url = await serving((_asked, answer) => {
      answer.once('close', resolve)
      begin(answer)
    })
    await expect(ask(url, { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining(url.host),
      why: 'it did not answer within 100 ms',
    })
    await closed
  })

  it('ends when the caller gives up, even if fetch does not', async () => {
    const controller = new AbortController()
    const asked = boundedRequest(() => new Promise(() => {}), {
      url: new URL('http://ocsp.example'),
      maxBytes: 1,
      timeoutMs: 30_000,
      signal: controller.signal,
    })
    controller.abort(new Error('enough'))
    await expect(asked).rejects.toThrow('enough')
  })

  it('says why nobody is there', async () => {
    const url = await serving(() => {})
    for (const close of closing.splice(0)) close()
    await expect(ask(url)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringMatching(/connection/),
    })
  })
})

describe('boundedRequest with attempts left', () => {
  const down = (status: number, headers: Record<string, string> = {}) =>
    new Response(null, { status, headers })
  const up = () => new Response('answer')
  /** Asks a server that gives these answers in turn, under a clock that runs as fast as it can. */
  async function asking(answers: readonly (() => Response)[], more: Partial<BoundedRequest> = {}) {
    vi.useFakeTimers()
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const started = performance.now()
    const times: number[] = []
    try {
      const fetching: Fetch = async () => {
        times.push(performance.now() - started)
        return answers[times.length - 1]!()
      }
      const outcome = ask(new URL('http://tsa.example'), { fetch: fetching, attempts: 4, ...more })
      const settled = outcome.then(String, (error: unknown) => error)
      await vi.runAllTimersAsync()
      return { outcome: await settled, times }
    } finally {
      vi.restoreAllMocks()
      vi.useRealTimers()
    }
  }

  it('sends it again, after waits that grow', async () => {
    const refused = () => {
      throw Object.assign(new Error('no'), { code: 'ECONNREFUSED' })
    }
    expect(await asking([refused, () => down(503), () => down(408), up])).toEqual({
      outcome: 'answer',
      times: [0, 500, 1500, 3500],
    })
    const { outcome, times } = await asking([1, 2, 3, 4, 5].map(() => () => down(503)))
    expect(outcome).toMatchObject({ code: 'UNAVAILABLE', why: 'it answered with status 503' })
    expect(times).toHaveLength(4)
  })

  it('waits as long as the server asks for, and not for one that asks for more', async () => {
    expect(await asking([() => down(429, { 'retry-after': '2' }), up])).toEqual({
      outcome: 'answer',
      times: [0, 2000],
    })
    const { outcome, times } = await asking([() => down(429, { 'retry-after': '3' }), up])
    expect([times, outcome]).toMatchObject([[0], { code: 'THROTTLED', retryAfterMs: 3000 }])
  })

  it.each([301, 400, 403, 404])('does not after status %i', async status => {
    const { outcome, times } = await asking([() => down(status), up])
    expect([times, outcome]).toMatchObject([[0], { code: 'UNAVAILABLE' }])
  })

  it('says what failed where the time is too short for another', async () => {
    const { outcome, times } = await asking([() => down(500), () => down(502), up], { timeoutMs: 2100 })
    expect([times, outcome]).toMatchObject([[0, 500], { why: 'it answered with status 502' }])
  })
})
