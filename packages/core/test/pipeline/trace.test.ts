import { tracingChannel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { openSigner, type SignerStep, type SignerTrace } from '../../src/index.ts'
import { fakeStore, privateKey, signWith } from '../fake-store.ts'

const steps: readonly SignerStep[] = [
  'check',
  'read',
  'deadline',
  'attempt',
  'same-key',
  'encode',
  'verify',
  'audit',
]
const releases: (() => void)[] = []
afterEach(() => {
  for (const release of releases.splice(0)) release()
})

type Event = [kind: string, trace: SignerTrace & { error?: unknown; result?: unknown }]

function listen(): Event[] {
  const events: Event[] = []
  for (const step of steps) {
    const channel = tracingChannel<SignerTrace>(`sealwright:signer.${step}`)
    const told = (kind: string) => (trace: object) => void events.push([kind, { ...(trace as SignerTrace) }])
    const subscribers = {
      start: told('start'),
      end: told('end'),
      asyncStart: told('asyncStart'),
      asyncEnd: told('asyncEnd'),
      error: told('error'),
    }
    channel.subscribe(subscribers)
    releases.push(() => channel.unsubscribe(subscribers))
  }
  return events
}

it('every step of a signature is traced on its channel, in the order of the pipeline', async () => {
  const store = fakeStore({ type: 'Ed25519', accepts: { Ed25519: { message: 100 } } })
  await using signer = await openSigner(store, 'fake:key', { audit: async () => {} })
  const events = listen()
  const signature = await signer.sign(new TextEncoder().encode('canary-message'))
  const started = events.filter(([kind]) => kind === 'start').map(([, { step }]) => step)
  expect(started).toEqual(steps)
  expect(events.filter(([kind]) => kind === 'error')).toEqual([])
  expect(events[0]![1]).toEqual({
    step: 'check',
    operation: 'sign',
    provider: 'fake',
    reference: 'fake:key',
    algorithm: 'Ed25519',
  })
  // Neither the message nor the signature is in what subscribers see.
  const seen = inspect(events, { depth: 20, maxArrayLength: null })
  expect(seen).not.toContain(Buffer.from('canary-message').toString('hex').slice(0, 8))
  expect(events.some(([, trace]) => trace.result !== undefined)).toBe(false)
  expect(signature.bytes).toHaveLength(64)
})

it('each attempt is traced with its number and with our error, not the vendor’s', async () => {
  let calls = 0
  const store = fakeStore({
    type: 'Ed25519',
    accepts: { Ed25519: { message: 100 } },
    classify: () => ({ code: 'THROTTLED' }),
    signRaw: async ({ algorithm, bytes }) => {
      if (++calls === 1) throw new Error('token canary')
      return signWith(privateKey('Ed25519'), algorithm, bytes, 'raw')
    },
  })
  await using signer = await openSigner(store, 'fake:key')
  const events = listen()
  await signer.sign(Uint8Array.of(1))
  const attempts = events.filter(([, { step }]) => step === 'attempt')
  expect(attempts.filter(([kind]) => kind === 'start').map(([, { attempt }]) => attempt)).toEqual([1, 2])
  const [failed] = attempts.filter(([kind]) => kind === 'error')
  expect(failed![1].error).toMatchObject({ code: 'THROTTLED' })
  expect(inspect(events, { depth: 20 })).not.toContain('canary')
})

it('a failed step is an error event of that step', async () => {
  const store = fakeStore({
    type: 'Ed25519',
    accepts: { Ed25519: { message: 100 } },
    signRaw: async () => ({ bytes: new Uint8Array(64), encoding: 'raw' }),
  })
  await using signer = await openSigner(store, 'fake:key')
  const events = listen()
  await expect(signer.sign(Uint8Array.of(1))).rejects.toMatchObject({ code: 'INTEGRITY' })
  const failed = events.filter(([kind]) => kind === 'error').map(([, { step }]) => step)
  expect(failed).toEqual(['verify', 'deadline'])
})
