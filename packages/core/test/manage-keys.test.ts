import { tracingChannel } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type FailedOperation,
  type Failure,
  type KeyAdmin,
  type KeyProvider,
  type Limiter,
  manageKeys,
  type SignerTrace,
} from '../src/index.ts'
import { fakeStore } from './fake-store.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

class VendorError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super('token canary')
    this.failure = failure
  }
}

/** A store whose every call fails as told, call by call, then succeeds. */
function flaky(...failures: Failure[]) {
  const calls: string[] = []
  const asked: (FailedOperation | undefined)[] = []
  const answer = async <T>(operation: string, value: T): Promise<T> => {
    calls.push(operation)
    const failure = failures.shift()
    if (failure !== undefined) throw new VendorError(failure)
    return value
  }
  const admin: Required<KeyAdmin> = {
    list: async function* () {
      yield { reference: 'fake:one' }
      yield await answer('list', { reference: 'fake:two' })
    },
    create: () => answer('create', 'fake:new@1'),
    rotate: () => answer('rotate', 'fake:new@2'),
    attachCertificates: () => answer('attachCertificates', undefined),
  }
  const provider: KeyProvider = {
    ...fakeStore({ type: 'Ed25519', accepts: {} }),
    title: 'Fake KMS',
    classify: (error, during) => {
      asked.push(during)
      return error instanceof VendorError ? error.failure : undefined
    },
    identify: () => answer('identify', { source: 'a file' }),
    admin,
  }
  return { provider, calls, asked }
}

const RUNS: Readonly<Record<string, (provider: KeyProvider) => Promise<unknown>>> = {
  list: provider => manageKeys(provider).list!({ prefix: 'fake:' }),
  identify: provider => manageKeys(provider).identify!('fake:key'),
  create: provider => manageKeys(provider).create!({ reference: 'fake:key', type: 'Ed25519' }),
  rotate: provider => manageKeys(provider).rotate!('fake:key'),
  attachCertificates: provider => manageKeys(provider).attachCertificates!('fake:key', []),
}

async function settled<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {})
  await vi.runAllTimersAsync()
  return work
}

describe('what can be repeated', () => {
  it.each(['list', 'identify'])('%s is attempted again', async operation => {
    const { provider, calls } = flaky({ code: 'UNAVAILABLE' }, { code: 'THROTTLED' })
    await settled(RUNS[operation]!(provider))
    expect(calls).toEqual([operation, operation, operation])
  })

  it('a list that broke off names no key twice', async () => {
    const { provider } = flaky({ code: 'UNAVAILABLE' })
    const keys = (await settled(RUNS.list!(provider))) as { reference: string }[]
    expect(keys.map(({ reference }) => reference)).toEqual(['fake:one', 'fake:two'])
  })

  it.each(['create', 'rotate', 'attachCertificates'])('%s never is', async operation => {
    const { provider, calls } = flaky({ code: 'UNAVAILABLE' })
    await expect(settled(RUNS[operation]!(provider))).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    expect(calls).toEqual([operation])
  })
})

describe('a failure', () => {
  it.each([
    ['list', 'ACCESS_DENIED', 'Fake KMS refused to list the keys of fake:'],
    ['identify', 'UNAUTHENTICATED', 'Fake KMS could not say whose credentials these are'],
    ['create', 'ACCESS_DENIED', 'Fake KMS refused to create fake:key'],
    ['rotate', 'KEY_STATE', 'Fake KMS could not rotate fake:key'],
    ['attachCertificates', 'NOT_FOUND', 'Fake KMS could not attach certificates to fake:key'],
  ] as const)('of %s with %s is told as: %s', async (operation, code, message) => {
    const failure = { code, why: 'the fact', fix: 'do this', requestId: 'r-1', retryAfterMs: 5 }
    const { provider, asked } = flaky(failure)
    const error = await settled(RUNS[operation]!(provider)).catch((refused: unknown) => refused)
    expect(error).toMatchObject({ message, ...failure })
    expect(asked).toEqual([expect.objectContaining({ operation })])
    expect(JSON.stringify(error)).not.toContain('canary')
  })

  it('that the adapter does not know is INTERNAL, without its text', async () => {
    const { provider } = flaky()
    provider.admin!.create = () => Promise.reject(new Error('token canary'))
    const error = await settled(RUNS.create!(provider)).catch((refused: unknown) => refused)
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'Fake KMS could not create fake:key' })
  })
})

describe('a call', () => {
  it('ends at its deadline, though the adapter ignores its signal', async () => {
    const { provider } = flaky()
    provider.admin!.create = () => new Promise(() => {})
    const work = manageKeys(provider).create!({ reference: 'fake:key', type: 'Ed25519' }, { timeoutMs: 50 })
    await expect(settled(work)).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: 'creating fake:key took longer than 50 ms',
    })
  })

  it('ends with its signal', async () => {
    const { provider, calls } = flaky()
    const work = manageKeys(provider).rotate!('fake:key', { signal: AbortSignal.abort() })
    await expect(settled(work)).rejects.toMatchObject({ code: 'ABORTED' })
    expect(calls).toEqual([])
  })

  it('is traced as an attempt', async () => {
    const traces: SignerTrace[] = []
    const channel = tracingChannel<SignerTrace>('sealwright:signer.attempt')
    const subscribers = { start: (trace: unknown) => void traces.push(trace as SignerTrace) }
    channel.start.subscribe(subscribers.start)
    const { provider } = flaky()
    await settled(RUNS.create!(provider))
    channel.start.unsubscribe(subscribers.start)
    expect(traces).toEqual([
      expect.objectContaining({ operation: 'create', provider: 'fake', reference: 'fake:key', attempt: 1 }),
    ])
  })

  it('goes through the limiter', async () => {
    const { provider } = flaky()
    const run = vi.fn()
    const limiter: Limiter = {
      run: task => {
        run()
        return task()
      },
    }
    await settled(manageKeys(provider, { limiter }).list!())
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('that made a key and names none is INTERNAL', async () => {
    const { provider } = flaky()
    provider.admin!.create = async () => '' as string
    await expect(settled(RUNS.create!(provider))).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

it('offers only what the store has', () => {
  expect(manageKeys(fakeStore({ type: 'Ed25519', accepts: {} }))).toEqual({})
})
