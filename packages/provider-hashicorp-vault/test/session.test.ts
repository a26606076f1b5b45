import { setTimeout as sleep } from 'node:timers/promises'
import { algorithms } from '@sealwright/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { hashicorpVault as store, type VaultAuth } from '../src/index.ts'
import { call } from './calls.ts'
import { ROLE_ID, SECRET_ID, TOKEN_CANARY } from './fake-auth.ts'
import { type FakeVault, fakeVault, reply } from './fake-vault.ts'

const hashicorpVault: typeof store = options => oneAttempt(store(options))

const APPROLE: VaultAuth = { method: 'approle', roleId: ROLE_ID, secretId: SECRET_ID }

let fake: FakeVault
beforeEach(async () => {
  fake = await fakeVault()
  fake.transit.handle('POST', ['keys', 'K'], new URLSearchParams(), { type: 'ed25519' })
})
afterEach(() => fake[Symbol.asyncDispose]())

const sign = (handle: Awaited<ReturnType<ReturnType<typeof hashicorpVault>['open']>>) =>
  handle.signRaw({ algorithm: algorithms.Ed25519, input: 'message', bytes: Uint8Array.of(1) }, call())

describe('a log-in', () => {
  it.each<[string, VaultAuth]>([
    ['AppRole', APPROLE],
    ['Kubernetes', { method: 'kubernetes', role: 'ci', jwt: async () => `${SECRET_ID}\n` }],
    ['JWT', { method: 'jwt', role: 'ci', jwt: SECRET_ID }],
    ['JWT at another mount', { method: 'jwt', mount: 'ci/github', role: 'ci', jwt: SECRET_ID }],
  ])('by %s gives the token that signs, and is ended with the provider', async (_, auth) => {
    const provider = hashicorpVault({ address: fake.url, auth })
    await sign(await provider.open('hashivault://K', call()))
    expect(fake.auth.logIns.length).toBe(1)
    expect(fake.auth.tokens.size).toBe(1)
    await provider[Symbol.asyncDispose]()
    expect(fake.auth.tokens.size).toBe(0)
    await expect(provider.open('hashivault://K', call())).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('is made once for all who wait for it, and the abort of one does not end it', async () => {
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const end = fake.inject(['log-in'], ({ answer, response }) => {
      setTimeout(() => reply(response, answer()), 100)
    })
    const impatient = new AbortController()
    const calls = [
      provider.open('hashivault://K', { signal: impatient.signal }),
      ...Array.from({ length: 20 }, () => provider.open('hashivault://K', call())),
    ]
    setTimeout(() => impatient.abort(), 30)
    const [first, ...others] = await Promise.allSettled(calls)
    end()
    expect(first!.status).toBe('rejected')
    expect(others.every(({ status }) => status === 'fulfilled')).toBe(true)
    expect(fake.auth.logIns.length).toBe(1)
  })

  it('is dropped when nobody waits for it any more, and made again', async () => {
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const end = fake.inject(['log-in'], () => {})
    const waiting = provider.open('hashivault://K', { signal: AbortSignal.timeout(50) })
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    end()
    await expect(provider.open('hashivault://K', call())).resolves.toBeDefined()
  })

  it('is renewed at two thirds of its life, with nobody asking', async () => {
    fake.auth.lease = { ttlSeconds: 3, renewable: true }
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const handle = await provider.open('hashivault://K', call())
    await vi.waitFor(() => expect(fake.auth.renewals).toBe(2), { timeout: 20_000 })
    await sign(handle)
    expect(fake.auth.logIns.length).toBe(1)
  })

  it('is made again at two thirds of its life when it cannot be renewed', async () => {
    fake.auth.lease = { ttlSeconds: 3, renewable: false }
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const handle = await provider.open('hashivault://K', call())
    await sleep(2250)
    await sign(handle)
    expect(fake.auth.logIns.length).toBe(2)
    expect(fake.auth.renewals).toBe(0)
  })

  it('is made again, once for all, when Vault does not know its token any more', async () => {
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const handle = await provider.open('hashivault://K', call())
    fake.auth.tokens.clear()
    await Promise.all(Array.from({ length: 20 }, () => sign(handle)))
    expect(fake.auth.logIns.length).toBe(2)
  })

  it('is not made again when a policy refuses', async () => {
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const handle = await provider.open('hashivault://K', call())
    const body = { errors: ['1 error occurred:\n\t* permission denied\n\n'] }
    const end = fake.inject(['sign'], ({ response }) => reply(response, { status: 403, body }))
    await expect(sign(handle)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    // Nor when the policy does not even let the token look itself up.
    const endBoth = fake.inject(['token'], ({ response }) => reply(response, { status: 403, body }))
    await expect(sign(handle)).rejects.toMatchObject({ code: 'ACCESS_DENIED' })
    endBoth()
    end()
    expect(fake.auth.logIns.length).toBe(1)
  })

  it('that was refused is not offered again, and a new one is', async () => {
    let secret = 'a-secret-that-is-wrong'
    await using provider = hashicorpVault({
      address: fake.url,
      auth: { ...APPROLE, secretId: async () => secret },
    })
    const open = () => provider.open('hashivault://K', call())
    await expect(open()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await expect(open()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(fake.auth.logIns.length).toBe(1)
    secret = SECRET_ID
    await expect(open()).resolves.toBeDefined()
  })

  it.each<[string, VaultAuth, string]>([
    ['an unknown mount', { ...APPROLE, mount: 'nowhere' }, 'UNAUTHENTICATED'],
    ['a token of the service account that is not there', { method: 'kubernetes', role: 'ci' }, 'VALIDATION'],
  ])('with %s fails as %s', async (_, auth, code) => {
    await using provider = hashicorpVault({ address: fake.url, auth })
    await expect(provider.open('hashivault://K', call())).rejects.toMatchObject({ code })
  })

  it('tells throttling and outages of the log-in from a refusal, and is tried again then', async () => {
    await using provider = hashicorpVault({ address: fake.url, auth: APPROLE })
    const open = () => provider.open('hashivault://K', call())
    const failing = (status: number) =>
      fake.inject(
        ['log-in'],
        ({ response }) => reply(response, { status, body: { errors: [] } }, { 'retry-after': '7' }),
        1,
      )
    failing(429)
    await expect(open()).rejects.toMatchObject({ code: 'THROTTLED', retryAfterMs: 7000 })
    failing(502)
    await expect(open()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 7000 })
    await expect(open()).resolves.toBeDefined()
  })
})

describe('a token that somebody else got', () => {
  const give = (token: string, ttlSeconds = Number.POSITIVE_INFINITY) =>
    fake.auth.tokens.set(token, {
      displayName: 'given',
      policies: [],
      expiresAt: performance.now() + ttlSeconds * 1000,
      renewable: Number.isFinite(ttlSeconds),
      leased: false,
    })

  it('is renewed after it was looked up, so that a service does not stop after its life', async () => {
    give('given', 3)
    fake.auth.lease = { ttlSeconds: 3, renewable: true }
    await using provider = hashicorpVault({ address: fake.url, token: 'given' })
    const handle = await provider.open('hashivault://K', call())
    await sleep(3500)
    expect(fake.auth.renewals).toBeGreaterThan(0)
    await sign(handle)
  })

  it('is not ended with the provider', async () => {
    give('given')
    const provider = hashicorpVault({ address: fake.url, token: 'given' })
    await provider.open('hashivault://K', call())
    await provider[Symbol.asyncDispose]()
    expect(fake.auth.tokens.has('given')).toBe(true)
    expect(fake.requests).not.toContain('POST auth/token/revoke-self')
  })

  it('is asked for again once Vault refuses it, and refused if it is the same', async () => {
    let token = 'old-token'
    give('old-token')
    await using provider = hashicorpVault({ address: fake.url, token: async () => token })
    const handle = await provider.open('hashivault://K', call())
    fake.auth.tokens.clear()
    await expect(sign(handle)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    token = 'new-token'
    give('new-token')
    await sign(handle)
    expect(JSON.stringify(fake.auth.logIns)).not.toContain(TOKEN_CANARY)
  })
})
