import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type KeyHandle, openSigner, SealwrightError } from '../../src/index.ts'
import { fakeStore, privateKey, signWith } from '../fake-store.ts'

const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)
beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})
afterEach(async () => {
  await sleep(5)
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

const message = Uint8Array.of(1)
const accepts = { Ed25519: { message: 100 } } as const
const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

function storeOf(signRaw: KeyHandle['signRaw']) {
  return fakeStore({ type: 'Ed25519', accepts, signRaw })
}

const hanging = () => storeOf(() => new Promise(() => {}))

describe('the deadline of a signature', () => {
  it('ends the wait for a store that hangs and ignores its signal', async () => {
    await using signer = await openSigner(hanging(), 'fake:key')
    await expect(signer.sign(message, { timeoutMs: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'signing with fake:key took longer than 20 ms',
      retryable: true,
    })
  })

  it('drops a signature that comes late: it is not put on record', async () => {
    const records: unknown[] = []
    const store = storeOf(async ({ algorithm, bytes }) => {
      await sleep(40)
      return signWith(privateKey('Ed25519'), algorithm, bytes, 'raw')
    })
    const audit = async (record: unknown) => void records.push(record)
    await using signer = await openSigner(store, 'fake:key', { audit })
    await expect(signer.sign(message, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await sleep(60)
    expect(records).toEqual([])
  })

  it('drops a rejection that comes late', async () => {
    const store = storeOf(async () => {
      await sleep(20)
      throw new Error('late')
    })
    await using signer = await openSigner(store, 'fake:key')
    await expect(signer.sign(message, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await sleep(30)
  })

  it('reaches the adapter as a signal with the reason', async () => {
    let reason: unknown
    const store = storeOf(
      (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(new Error('aborted by the SDK'))
          })
        }),
    )
    await using signer = await openSigner(store, 'fake:key')
    await expect(signer.sign(message, { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(reason).toMatchObject({ code: 'TIMEOUT' })
  })

  it('leaves no timer behind, whether it is met or missed', async () => {
    const before = timers()
    await using good = await openSigner(fakeStore({ type: 'Ed25519', accepts }), 'fake:key')
    await good.sign(message)
    await using bad = await openSigner(hanging(), 'fake:key')
    await bad.sign(message, { timeoutMs: 5 }).catch(() => {})
    expect(timers()).toBe(before)
  })

  it('spans the audit too', async () => {
    const audit = () => new Promise<void>(() => {})
    await using signer = await openSigner(fakeStore({ type: 'Ed25519', accepts }), 'fake:key', { audit })
    await expect(signer.sign(message, { timeoutMs: 10 })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5' as never])(
    'cannot be %s milliseconds',
    async timeoutMs => {
      const store = fakeStore({ type: 'Ed25519', accepts })
      await expect(openSigner(store, 'fake:key', { timeoutMs })).rejects.toMatchObject({ code: 'VALIDATION' })
      await using signer = await openSigner(store, 'fake:key')
      await expect(signer.sign(message, { timeoutMs })).rejects.toMatchObject({ code: 'VALIDATION' })
      expect(store.requests).toEqual([])
    },
  )
})

describe('the caller', () => {
  it('ends a signature in flight, although the adapter ignores it', async () => {
    await using signer = await openSigner(hanging(), 'fake:key')
    const controller = new AbortController()
    const signing = signer.sign(message, { signal: controller.signal })
    controller.abort(new Error('secret reason'))
    await expect(signing).rejects.toMatchObject({
      code: 'ABORTED',
      message: 'the call was aborted by its caller',
    })
  })

  it('that has aborted before is not served', async () => {
    const store = hanging()
    await using signer = await openSigner(store, 'fake:key')
    await expect(signer.sign(message, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
    expect(store.requests).toEqual([])
    await expect(openSigner(store, 'fake:key', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('that has a deadline of its own gets TIMEOUT', async () => {
    await using signer = await openSigner(hanging(), 'fake:key')
    await expect(signer.sign(message, { signal: AbortSignal.timeout(10) })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
  })

  it('gets its own SealwrightError back as the reason', async () => {
    await using signer = await openSigner(hanging(), 'fake:key')
    const reason = new SealwrightError('USER_PRESENCE', 'nobody touched the key')
    const controller = new AbortController()
    const signing = signer.sign(message, { signal: controller.signal })
    controller.abort(reason)
    await expect(signing).rejects.toBe(reason)
  })

  it('keeps no listener of ours on its signal', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const add = signal.addEventListener.bind(signal)
    const remove = signal.removeEventListener.bind(signal)
    signal.addEventListener = (...all: Parameters<typeof add>) => {
      listeners++
      add(...all)
    }
    signal.removeEventListener = (...all: Parameters<typeof remove>) => {
      listeners--
      remove(...all)
    }
    await using signer = await openSigner(fakeStore({ type: 'Ed25519', accepts }), 'fake:key', { signal })
    await signer.sign(message, { signal })
    expect(listeners).toBe(0)
  })

  it('cannot pass something else than a signal', async () => {
    const store = fakeStore({ type: 'Ed25519', accepts })
    await expect(openSigner(store, 'fake:key', { signal: {} as never })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })
})

describe('opening', () => {
  it('that takes too long is TIMEOUT, and the handle that comes late is released', async () => {
    const late = fakeStore({ type: 'Ed25519', accepts })
    const store = fakeStore({
      type: 'Ed25519',
      accepts,
      open: async (reference, call) => {
        await sleep(30)
        return late.open(reference, call)
      },
    })
    await expect(openSigner(store, 'fake:key', { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(late.disposals.count).toBe(0)
    await sleep(50)
    expect(late.disposals.count).toBe(1)
  })
})

describe('a key that needs a person', () => {
  it('announces the touch, to the callback of the call or else of the opening', async () => {
    const heard: string[] = []
    const store = fakeStore({ type: 'Ed25519', accepts, descriptor: { presence: 'touch' } })
    await using signer = await openSigner(store, 'fake:key', { onPresence: () => heard.push('opening') })
    await signer.sign(message)
    await signer.sign(message, { onPresence: key => heard.push(key.reference) })
    expect(heard).toEqual(['opening', 'fake:key'])
  })

  it('is asked once, whatever the failure', async () => {
    const store = fakeStore({
      type: 'Ed25519',
      accepts,
      descriptor: { presence: 'pin' },
      classify: () => ({ code: 'UNAVAILABLE' }),
      signRaw: async () => {
        throw new Error('gone')
      },
    })
    await using signer = await openSigner(store, 'fake:key')
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(store.requests).toHaveLength(1)
  })
})
