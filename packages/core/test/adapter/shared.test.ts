import { setTimeout as sleep } from 'node:timers/promises'
import type { Call } from '@sealwright/core'
import { KeyedMutex, retryAfterMs, SingleFlight, spkiOf, untilAborted } from '@sealwright/core/adapter'
import { describe, expect, it, vi } from 'vitest'

const never = new Promise<never>(() => {})

describe('retryAfterMs', () => {
  it('reads seconds and dates, and nothing else', () => {
    const now = Date.parse('2026-01-01T00:00:00Z')
    expect(retryAfterMs('2', now)).toBe(2000)
    expect(retryAfterMs(' 7 ', now)).toBe(7000)
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:00 GMT', now)).toBe(0)
    expect(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000)
    for (const field of [undefined, null, '', 'soon', '1'.repeat(30)]) {
      expect(retryAfterMs(field, now)).toBeUndefined()
    }
  })
})

describe('spkiOf', () => {
  it('puts the identifier before a raw key', () => {
    const spki = spkiOf('Ed25519', new Uint8Array(32).fill(7))
    expect(Buffer.from(spki).toString('hex')).toBe(`302a300506032b6570032100${'07'.repeat(32)}`)
  })

  it('refuses another length, and a type without a raw form', () => {
    expect(() => spkiOf('Ed25519', new Uint8Array(31))).toThrow(
      expect.objectContaining({ code: 'INTEGRITY' }),
    )
    expect(() => spkiOf('EC-P256', new Uint8Array(65))).toThrow(
      expect.objectContaining({ code: 'INTEGRITY' }),
    )
  })
})

describe('KeyedMutex', () => {
  it('runs the tasks of one key one after another, also after a failure, and those of another meanwhile', async () => {
    const mutex = new KeyedMutex()
    const seen: string[] = []
    const first = Promise.withResolvers<void>()
    const failing = mutex.run('a', async () => {
      await first.promise
      seen.push('a1')
      throw new Error('it failed')
    })
    const second = mutex.run('a', async () => seen.push('a2'))
    await mutex.run('b', async () => seen.push('b'))
    first.resolve()
    await expect(failing).rejects.toThrow('it failed')
    await second
    expect(seen).toEqual(['b', 'a1', 'a2'])
  })

  it('keeps the order when a caller gives up while it waits', async () => {
    const mutex = new KeyedMutex()
    const first = Promise.withResolvers<void>()
    const running = mutex.run('a', () => first.promise)
    const controller = new AbortController()
    const task = vi.fn(async () => {})
    const aborted = mutex.run('a', task, controller.signal)
    const seen: string[] = []
    const last = mutex.run('a', async () => seen.push('last'))
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    expect(task).not.toHaveBeenCalled()
    await sleep(0)
    expect(seen).toEqual([])
    first.resolve()
    await Promise.all([running, last])
    expect(seen).toEqual(['last'])
  })
})

describe('SingleFlight', () => {
  it('runs once for all who wait, and is aborted when nobody waits any more', async () => {
    const signals: AbortSignal[] = []
    const flights = new SingleFlight()
    const task = ({ signal }: Call) => {
      signals.push(signal)
      return never
    }
    const [one, other] = [new AbortController(), new AbortController()]
    const waits = [flights.run('a', one, task), flights.run('a', other, task)]
    one.abort(new Error('one'))
    await expect(waits[0]).rejects.toThrow('one')
    expect(signals.map(({ aborted }) => aborted)).toEqual([false])
    other.abort(new Error('other'))
    await expect(waits[1]).rejects.toThrow('other')
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    expect(flights.has('a')).toBe(false)
  })

  it('runs again once the task has ended, and at the same time for another key', async () => {
    const flights = new SingleFlight<number>()
    const task = vi.fn(async () => task.mock.calls.length)
    expect(await Promise.all(['a', 'b', 'a'].map(key => flights.run(key, {}, task)))).toEqual([1, 2, 1])
    expect(await flights.run('a', {}, task)).toBe(3)
    task.mockRejectedValueOnce(new Error('refused'))
    await expect(flights.run('a', {}, task)).rejects.toThrow('refused')
    expect(flights.has('a')).toBe(false)
  })
})

describe('untilAborted', () => {
  it('rejects with the reason of a signal that is aborted before or while it waits', async () => {
    await expect(untilAborted(never, AbortSignal.abort(new Error('before')))).rejects.toThrow('before')
    const controller = new AbortController()
    const wait = untilAborted(never, controller.signal)
    controller.abort(new Error('while'))
    await expect(wait).rejects.toThrow('while')
    expect(await untilAborted(Promise.resolve(1), undefined)).toBe(1)
  })
})
