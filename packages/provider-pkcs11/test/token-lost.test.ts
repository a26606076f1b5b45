import { algorithms, openSigner } from '@sealwright/core'
import { describe, expect, it, vi } from 'vitest'
import { pkcs11 } from '../src/index.ts'
import { rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken } from './fake-token.ts'

const message = Buffer.from('hello')
const reference = 'pkcs11:object=release'
const call = { signal: new AbortController().signal }

function store() {
  const token = new FakeToken()
  const id = token.addKey('EC-P256', { label: 'release' })
  const module = new FakeModule(token)
  let asked = 0
  const keys = pkcs11({
    module,
    pin: async () => {
      asked++
      return token.pin
    },
  })
  return { token, module, keys, id, asked: () => asked }
}

describe('a token that was removed', () => {
  it('is UNAVAILABLE while it is away, and signs again when it is back, in another slot', async () => {
    const { module, keys, asked } = store()
    await using signer = await openSigner(keys, reference)
    await signer.sign(message)
    const token = module.removeToken(1)
    const error = await rejected(signer.sign(message, { timeoutMs: 300 }))
    expect(['UNAVAILABLE', 'TIMEOUT']).toContain(error.code)
    module.insertToken(7, token)
    expect((await signer.sign(message)).bytes).toHaveLength(64)
    expect(asked()).toBe(2)
  })

  it('and is back at once needs no second attempt of the caller', async () => {
    const { module, keys } = store()
    const handle = await keys.open(reference, call)
    module.insertToken(1, module.removeToken(1))
    const request = { algorithm: algorithms.ES256, input: 'digest', bytes: new Uint8Array(32) } as const
    expect((await handle.signRaw(request, call)).bytes).toHaveLength(64)
    await keys[Symbol.asyncDispose]!()
    expect(module.sessions.size).toBe(0)
  })

  it('while it signed is UNAVAILABLE: the adapter does not ask for a second signature', async () => {
    const { module, keys } = store()
    const handle = await keys.open(reference, call)
    const restore = module.inject('C_SignAsync', { hang: true })
    const request = { algorithm: algorithms.ES256, input: 'digest', bytes: new Uint8Array(32) } as const
    const signing = rejected(handle.signRaw(request, call))
    await vi.waitFor(() => expect(module.countOf('C_SignAsync')).toBe(1))
    module.insertToken(1, module.removeToken(1))
    restore()
    expect((await signing).code).toBe('UNAVAILABLE')
    expect(module.countOf('C_SignAsync')).toBe(1)
    expect((await handle.signRaw(request, call)).bytes).toHaveLength(64)
  })

  it('is not replaced by another token with a key of the same name', async () => {
    const { module, keys } = store()
    await using signer = await openSigner(keys, reference)
    module.removeToken(1)
    const other = new FakeToken({ serial: '0043' })
    other.addKey('EC-P256', { label: 'release' })
    module.insertToken(1, other)
    expect((await rejected(signer.sign(message, { timeoutMs: 300 }))).code).toMatch(/UNAVAILABLE|TIMEOUT/)
  })
})

describe('an open key', () => {
  it('survives sessions that were closed by somebody else', async () => {
    const { module, keys } = store()
    await using signer = await openSigner(keys, reference)
    await signer.sign(message)
    for (const handle of [...module.sessions.keys()]) module.C_CloseSession(Buffer.from(handle, 'hex'))
    expect((await signer.sign(message)).bytes).toHaveLength(64)
  })

  it('is looked up again when its handle is stale', async () => {
    const { module, keys, token } = store()
    await using signer = await openSigner(keys, reference)
    token.renumberPrivate()
    expect((await signer.sign(message)).bytes).toHaveLength(64)
    expect(module.countOf('C_Login')).toBe(1)
  })

  it('is KEY_MISMATCH when another key has its id', async () => {
    const { keys, token, id } = store()
    await using signer = await openSigner(keys, reference)
    token.remove(id)
    token.addKey('EC-P256', { id, label: 'release' })
    expect((await rejected(signer.sign(message))).code).toBe('KEY_MISMATCH')
  })

  it('survives a module that somebody finalised', async () => {
    const { module, keys } = store()
    await using signer = await openSigner(keys, reference)
    module.sessions.clear()
    module.isInitialised = false
    expect((await signer.sign(message)).bytes).toHaveLength(64)
    expect(module.initialisations).toHaveLength(2)
  })

  it('is found again after a search that could not be ended', async () => {
    const { module, keys } = store()
    await using first = await openSigner(keys, reference)
    module.inject('C_FindObjectsFinal', { rv: 'CKR_GENERAL_ERROR', count: 1 })
    await using second = await openSigner(keys, reference)
    for (const signer of [first, second]) expect((await signer.sign(message)).bytes).toHaveLength(64)
  })
})
