import { algorithms, openSigner } from '@sealwright/core'
import { expect, it } from 'vitest'
import { type Pkcs11Options, pkcs11 } from '../src/index.ts'
import { rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken, type FakeTokenOptions } from './fake-token.ts'

const reference = 'pkcs11:object=release'
const call = { signal: new AbortController().signal }
const request = { algorithm: algorithms.ES256, input: 'digest', bytes: new Uint8Array(32) } as const

async function opened(options: FakeTokenOptions = {}, more: Pkcs11Options = {}) {
  const token = new FakeToken(options)
  token.addKey('EC-P256', { label: 'release' })
  const module = new FakeModule(token)
  const keys = pkcs11({ module, pin: async () => token.pin, ...more })
  return { module, keys, handle: await keys.open(reference, call) }
}

it('opens as many sessions as calls need, at most as many as it may', async () => {
  const { module, handle } = await opened({}, { sessions: 3 })
  await handle.signRaw(request, call)
  expect(module.sessions.size).toBe(2)
  await Promise.all(Array.from({ length: 20 }, () => handle.signRaw(request, call)))
  expect(module.sessions.size).toBe(4)
})

it('makes do with the sessions that a token has', async () => {
  const { module, handle } = await opened({ maxSessions: 3 }, { sessions: 8 })
  const signatures = await Promise.all(Array.from({ length: 20 }, () => handle.signRaw(request, call)))
  expect(signatures).toHaveLength(20)
  expect(module.sessions.size).toBeLessThanOrEqual(3)
})

it('waits for a session of its own when others hold the rest', async () => {
  const { module, handle } = await opened()
  await handle.signRaw(request, call)
  const restore = module.inject('C_OpenSession', { rv: 'CKR_SESSION_COUNT' })
  expect(await Promise.all([handle.signRaw(request, call), handle.signRaw(request, call)])).toHaveLength(2)
  restore()
})

it('closes a session in which something failed', async () => {
  const { module, handle } = await opened()
  const restore = module.inject('C_SignAsync', { damage: () => Buffer.alloc(2000) })
  await expect(handle.signRaw(request, call)).rejects.toThrow('CKR_BUFFER_TOO_SMALL')
  expect(module.sessions.size).toBe(1)
  restore()
  expect((await handle.signRaw(request, call)).bytes).toHaveLength(64)
})

it('keeps the session of an aborted call until the token is done with it', async () => {
  const { module, handle, keys } = await opened({}, { sessions: 1 })
  const restore = module.inject('C_SignAsync', { hang: true })
  const controller = new AbortController()
  const first = handle.signRaw(request, { signal: controller.signal })
  const second = handle.signRaw(request, call)
  controller.abort(new Error('enough'))
  await expect(first).rejects.toThrow('enough')
  expect(module.sessions.size).toBe(2)
  restore()
  expect((await second).bytes).toHaveLength(64)
  await keys[Symbol.asyncDispose]!()
  expect(module.sessions.size).toBe(0)
})

it('lets a call that waits for a session be aborted, and the next one have it', async () => {
  const { module, handle } = await opened({}, { sessions: 1 })
  const restore = module.inject('C_SignAsync', { hang: true, count: 1 })
  const first = handle.signRaw(request, call)
  const controller = new AbortController()
  const second = handle.signRaw(request, { signal: controller.signal })
  const third = handle.signRaw(request, call)
  controller.abort(new Error('enough'))
  await expect(second).rejects.toThrow('enough')
  restore()
  expect(await Promise.all([first, third])).toHaveLength(2)
})

it('refuses calls after it is disposed of', async () => {
  const { handle, keys } = await opened()
  await keys[Symbol.asyncDispose]!()
  expect((await rejected(handle.signRaw(request, call))).code).toBe('VALIDATION')
  expect((await rejected(openSigner(keys, reference))).code).toBe('VALIDATION')
})

it.each([0, 65, 1.5])('refuses %d sessions', sessions => {
  expect(() => pkcs11({ sessions })).toThrow('sessions')
})
