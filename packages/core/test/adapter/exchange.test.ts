import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Dispatcher, exchange, requestIdIn, withoutSecrets } from '../../src/adapter/index.ts'

type Handler = Parameters<Dispatcher['dispatch']>[1]

const LIMITS = { maxBytes: 10, server: 'the store' } as const
const REQUEST = { method: 'POST', path: '/', headers: {} } as const

/** A dispatcher that does with a request what a test says, and keeps the reasons that it was aborted for. */
function dispatcher(answer: (handler: Handler, controller: { abort(reason: Error): void }) => void) {
  const aborts: Error[] = []
  let sent = 0
  const made: Dispatcher = {
    dispatch: (_, handler) => {
      sent++
      const controller = {
        abort: (reason: Error) => {
          aborts.push(reason)
          handler.onResponseError(controller, reason)
        },
      }
      answer(handler, controller)
      return true
    },
  }
  return { dispatcher: made, aborts, sent: () => sent }
}

describe('exchange', () => {
  it('gives an answer whole, after those that only inform', async () => {
    const { dispatcher: way } = dispatcher((handler, controller) => {
      handler.onRequestStart(controller)
      handler.onResponseStart(controller, 103, { link: 'x' })
      handler.onResponseStart(controller, 404, { 'retry-after': '1', 'set-cookie': ['a', 'b'] })
      for (const chunk of ['some', ' text']) handler.onResponseData(controller, Buffer.from(chunk))
      handler.onResponseEnd()
    })
    const { status, headers, body } = await exchange(way, REQUEST, LIMITS)
    expect({ status, headers }).toEqual({
      status: 404,
      headers: { 'retry-after': '1', 'set-cookie': 'a,b' },
    })
    expect(Buffer.from(body).toString()).toBe('some text')
  })

  it('ends the connection of an answer above the limit', async () => {
    const { dispatcher: way, aborts } = dispatcher((handler, controller) => {
      handler.onRequestStart(controller)
      handler.onResponseStart(controller, 200, {})
      handler.onResponseData(controller, Buffer.alloc(11))
    })
    await expect(exchange(way, REQUEST, LIMITS)).rejects.toMatchObject({
      code: 'INTEGRITY',
      message: 'the store answered too much',
    })
    expect(aborts).toHaveLength(1)
  })

  it('sends nothing for an aborted signal', async () => {
    const { dispatcher: way, sent } = dispatcher(() => {})
    const signal = AbortSignal.abort()
    await expect(exchange(way, { ...REQUEST, signal }, LIMITS)).rejects.toMatchObject({ name: 'AbortError' })
    expect(sent()).toBe(0)
  })

  it('is over with an abort, before the request got a connection and after', async () => {
    for (const isStarted of [false, true]) {
      let start = () => {}
      const { dispatcher: way, aborts } = dispatcher((handler, controller) => {
        start = () => handler.onRequestStart(controller)
        if (isStarted) start()
      })
      const abort = new AbortController()
      const outcome = exchange(way, { ...REQUEST, signal: abort.signal }, LIMITS)
      abort.abort()
      await expect(outcome).rejects.toMatchObject({ name: 'AbortError' })
      if (!isStarted) start()
      expect(aborts).toMatchObject([{ name: 'AbortError' }])
    }
  })

  it('passes on what the dispatcher says of the network', async () => {
    const reset = Object.assign(new Error('x'), { code: 'ECONNRESET' })
    const { dispatcher: way } = dispatcher((handler, controller) =>
      handler.onResponseError(controller, reset),
    )
    await expect(exchange(way, REQUEST, LIMITS)).rejects.toBe(reset)
  })
})

describe('a server that repeats what it was sent', () => {
  const TOKEN = 'hvs.canary-of-the-token-0123456789'
  const sent = { ...REQUEST, headers: { 'X-Vault-Token': TOKEN, Authorization: `Bearer ${TOKEN}x` } }
  const answering = (headers: Record<string, string>) =>
    dispatcher((handler, controller) => {
      handler.onRequestStart(controller)
      handler.onResponseStart(controller, 403, headers)
      handler.onResponseEnd()
    }).dispatcher

  it.each([
    TOKEN,
    `id-${TOKEN}`,
    Buffer.from(TOKEN).toString('hex'),
    Buffer.from(`xx${TOKEN}`).toString('base64url'),
    encodeURIComponent(TOKEN),
  ])('gets it into no request id: %s', async id => {
    for (const name of ['x-request-id', 'x-amzn-requestid', 'x-ms-request-id']) {
      const { headers } = await exchange(answering({ [name]: id }), sent, LIMITS)
      expect(headers[name]).toBeUndefined()
    }
  })

  it('keeps the ids that are ids', async () => {
    for (const id of ['5f3c1f6e-8f0a-4a4e-9d0b-0c2a7f0a1b2c', 'req-42', 'X8K2:1F:33']) {
      const { headers } = await exchange(answering({ 'x-request-id': id }), sent, LIMITS)
      expect(headers['x-request-id']).toBe(id)
    }
  })

  it('gets it into nothing that is traced', async () => {
    const seen: unknown[] = []
    const told = (trace: unknown) => void seen.push(trace)
    subscribe('sealwright:http', told)
    onTestFinished(() => void unsubscribe('sealwright:http', told))
    await exchange(
      answering({ server: TOKEN, location: `/x?n=${TOKEN}`, warning: `299 - "${TOKEN}"` }),
      sent,
      LIMITS,
    )
    expect(seen).toHaveLength(1)
    expect(JSON.stringify(seen)).not.toContain('canary')
  })
})

describe('the body of a refusal', () => {
  const headers = {
    Authorization: 'Bearer canary.token-0123456789',
    'X-Vault-Token': 'hvs.canary',
    accept: 'canary-not',
  }

  it('loses the credentials of its request, in any form, and nothing else', () => {
    const said = `canary.token-0123456789 ${Buffer.from('hvs.canary').toString('base64')} hvs.canary canary-not`
    const text = Buffer.from(withoutSecrets(Buffer.from(said), headers)).toString()
    expect(text).not.toMatch(/canary\.token|hvs\.canary|aHZzLmNhbmFyeQ/)
    expect(text).toContain('canary-not')
  })

  it.each(['1-2a', '6f2c8f0e-0000-4000-8000-1234567890ab', 'request-1'])(
    'may have an id such as %s, and no token for one',
    id => {
      expect(requestIdIn(id)).toEqual({ requestId: id })
      expect(requestIdIn(`${'x'.repeat(64)}y`)).toEqual({})
      expect(requestIdIn('Bearer canary')).toEqual({})
    },
  )
})
