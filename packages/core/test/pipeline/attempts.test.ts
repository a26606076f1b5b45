import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Failure, type Limiter, openSigner } from '../../src/index.ts'
import { fakeStore, privateKey, signWith } from '../fake-store.ts'

const accepts = { Ed25519: { message: 100 } } as const
const message = Uint8Array.of(1)

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A store that fails as told, call by call, then signs. */
function flaky(...failures: Failure[]) {
  const times: number[] = []
  const store = fakeStore({
    type: 'Ed25519',
    accepts,
    classify: error => (error as { failure: Failure }).failure,
    signRaw: async ({ algorithm, bytes }) => {
      times.push(performance.now())
      const failure = failures.shift()
      if (failure) throw Object.assign(new Error('vendor'), { failure })
      return signWith(privateKey('Ed25519'), algorithm, bytes, 'raw')
    },
  })
  return { store, times }
}

async function settled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  await vi.runAllTimersAsync()
  return work
}

describe('an attempt', () => {
  it.each(['THROTTLED', 'UNAVAILABLE'] as const)('is made again after %s', async code => {
    const { store, times } = flaky({ code }, { code }, { code })
    const signer = await openSigner(store, 'fake:key')
    await settled(signer.sign(message))
    expect(times).toHaveLength(4)
  })

  it('is made five times at most', async () => {
    const { store, times } = flaky(...Array.from({ length: 9 }, () => ({ code: 'UNAVAILABLE' }) as const))
    const signer = await openSigner(store, 'fake:key')
    await expect(settled(signer.sign(message))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(times).toHaveLength(5)
  })

  it.each([
    'VALIDATION',
    'UNSUPPORTED',
    'NOT_FOUND',
    'ACCESS_DENIED',
    'UNAUTHENTICATED',
    'TIMEOUT',
    'ABORTED',
    'KEY_STATE',
    'KEY_MISMATCH',
    'INTEGRITY',
    'PIN_INCORRECT',
    'PIN_LOCKED',
    'USER_PRESENCE',
    'INTERNAL',
  ] as const)('is not repeated after %s', async code => {
    const { store, times } = flaky({ code })
    const signer = await openSigner(store, 'fake:key')
    await expect(settled(signer.sign(message))).rejects.toMatchObject({ code })
    expect(times).toHaveLength(1)
  })

  it('waits with full jitter: up to 200 ms, then 400 ms, then 800 ms', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(1)
    const { store, times } = flaky({ code: 'THROTTLED' }, { code: 'THROTTLED' }, { code: 'THROTTLED' })
    const signer = await openSigner(store, 'fake:key')
    await settled(signer.sign(message))
    const waits = times.slice(1).map((time, index) => Math.round(time - times[index]!))
    expect(waits).toEqual([200, 400, 800])
  })

  it('waits as long as the store asks', async () => {
    const { store, times } = flaky({ code: 'THROTTLED', retryAfterMs: 7_000 })
    const signer = await openSigner(store, 'fake:key')
    await settled(signer.sign(message))
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(7_000)
  })

  it('is not waited for when the store asks for more than the deadline has left', async () => {
    const { store, times } = flaky({ code: 'THROTTLED', retryAfterMs: 40_000 })
    const signer = await openSigner(store, 'fake:key')
    const started = performance.now()
    await expect(settled(signer.sign(message))).rejects.toMatchObject({
      code: 'THROTTLED',
      retryAfterMs: 40_000,
    })
    expect(performance.now() - started).toBeLessThan(10_000)
    expect(times).toHaveLength(1)
  })

  it('is not made after the caller aborted during the wait', async () => {
    const { store, times } = flaky({ code: 'THROTTLED', retryAfterMs: 5_000 })
    const signer = await openSigner(store, 'fake:key')
    const controller = new AbortController()
    const signing = signer.sign(message, { signal: controller.signal })
    signing.catch(() => {})
    await vi.advanceTimersByTimeAsync(100)
    controller.abort()
    await expect(signing).rejects.toMatchObject({ code: 'ABORTED' })
    expect(times).toHaveLength(1)
  })

  it('to open a key is made again too', async () => {
    let calls = 0
    const good = fakeStore({ type: 'Ed25519', accepts })
    const store = fakeStore({
      type: 'Ed25519',
      accepts,
      classify: () => ({ code: 'UNAVAILABLE' }),
      open: async (reference, call) => {
        calls++
        if (calls < 3) throw new Error('busy')
        return good.open(reference, call)
      },
    })
    await settled(openSigner(store, 'fake:key'))
    expect(calls).toBe(3)
  })

  it('that signs gets bytes of its own, whatever the one before did to them', async () => {
    let calls = 0
    const seen: Uint8Array[] = []
    const store = fakeStore({
      type: 'Ed25519',
      accepts,
      classify: () => ({ code: 'UNAVAILABLE' }),
      signRaw: async ({ algorithm, bytes }) => {
        seen.push(Uint8Array.from(bytes))
        if (++calls === 1) {
          bytes.fill(9)
          throw new Error('busy')
        }
        return signWith(privateKey('Ed25519'), algorithm, bytes, 'raw')
      },
    })
    const signer = await openSigner(store, 'fake:key')
    await settled(signer.sign(message))
    expect(seen).toEqual([message, message])
  })
})

describe('a limiter', () => {
  it('has every call of the store pass through it, repeated ones included', async () => {
    let runs = 0
    const limiter: Limiter = {
      run: task => {
        runs++
        return task()
      },
    }
    const { store } = flaky({ code: 'THROTTLED' })
    const signer = await openSigner(store, 'fake:key', { limiter })
    await settled(signer.sign(message))
    // Opening, the throttled attempt and the good one.
    expect(runs).toBe(3)
  })

  it('that never gives a turn is left at the deadline, and its late turn calls nothing', async () => {
    const turns: (() => Promise<unknown>)[] = []
    let open = true
    const limiter: Limiter = {
      run: task => {
        if (open) return task()
        return new Promise(() => {
          turns.push(task)
        })
      },
    }
    const { store, times } = flaky()
    const signer = await openSigner(store, 'fake:key', { limiter })
    open = false
    await expect(settled(signer.sign(message, { timeoutMs: 50 }))).rejects.toMatchObject({ code: 'TIMEOUT' })
    await turns[0]!().catch(() => {})
    expect(times).toEqual([])
  })
})

it.each([
  ['30 s for a key of its own', {}, 30_000],
  ['120 s for a key that needs a person', { presence: 'touch' }, 120_000],
])('the deadline is %s', async (_, descriptor, limitMs) => {
  const store = fakeStore({ type: 'Ed25519', accepts, descriptor, signRaw: () => new Promise(() => {}) })
  const signer = await openSigner(store, 'fake:key')
  const ended = vi.fn()
  signer.sign(message).catch(ended)
  await vi.advanceTimersByTimeAsync(limitMs - 1)
  expect(ended).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(ended).toHaveBeenCalledWith(expect.objectContaining({ code: 'TIMEOUT' }))
})
