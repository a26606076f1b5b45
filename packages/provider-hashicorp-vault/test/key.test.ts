import { createPublicKey, createVerify } from 'node:crypto'
import { algorithms, openSigner } from '@sealwright/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { hashicorpVault as store } from '../src/index.ts'
import { call } from './calls.ts'
import { SECRET_ID } from './fake-auth.ts'
import { type FakeVault, fakeVault, reply } from './fake-vault.ts'

const hashicorpVault: typeof store = options => oneAttempt(store(options))

const TOKEN = 'a-token-of-tests'
let fake: FakeVault
let provider: ReturnType<typeof hashicorpVault>
let made = 0

beforeAll(async () => {
  fake = await fakeVault()
  fake.auth.tokens.set(TOKEN, {
    displayName: 'token-ci',
    policies: ['sign'],
    expiresAt: Number.POSITIVE_INFINITY,
    renewable: false,
    leased: false,
  })
  provider = hashicorpVault({ address: fake.url, token: TOKEN })
})
afterAll(async () => {
  await provider[Symbol.asyncDispose]()
  await fake[Symbol.asyncDispose]()
})

function add(body: Record<string, unknown> = { type: 'ecdsa-p256' }): string {
  const name = `Key-${++made}`
  fake.transit.handle('POST', ['keys', name], new URLSearchParams(), body)
  return name
}

const digest = { algorithm: algorithms.ES256, input: 'digest', bytes: new Uint8Array(32) } as const

describe('the version of a key', () => {
  it('is resolved when the key is opened, and stays', async () => {
    const name = add()
    const handle = await provider.open(`hashivault://${name}`, call())
    expect(handle.key.reference).toBe(`hashivault://${name}?version=1`)
    fake.transit.handle('POST', ['keys', name, 'rotate'], new URLSearchParams(), {})
    const { reference } = await handle.signRaw(digest, call())
    expect(reference).toBe(`hashivault://${name}?version=1`)
    expect((await provider.open(`hashivault://${name}`, call())).key.reference).toMatch(/version=2$/)
  })

  it.each([
    ['the signature names another', { signature: 'vault:v2:AAAA', key_version: 2 }],
    ['its two places disagree', { signature: 'vault:v1:AAAA', key_version: 2 }],
    ['its number is text', { signature: 'vault:v1:AAAA', key_version: '1' }],
    ['it is 0, as in a failed batch', { signature: 'vault:v1:AAAA', key_version: 0 }],
    ['the prefix is of something else', { signature: 'other:v1:AAAA', key_version: 1 }],
    ['there is no prefix', { signature: 'AAAA', key_version: 1 }],
    ['the signature is not canonical base64', { signature: 'vault:v1:AAB', key_version: 1 }],
    ['the signature is of the JWS kind', { signature: 'vault:v1:-_-_', key_version: 1 }],
    ['there is no signature', { key_version: 1 }],
  ])('makes a reply INTEGRITY when %s', async (_, data) => {
    const handle = await provider.open(`hashivault://${add()}`, call())
    const end = fake.inject(['sign'], ({ response }) => reply(response, { status: 200, body: { data } }))
    await expect(handle.signRaw(digest, call())).rejects.toMatchObject({ code: 'INTEGRITY' })
    end()
  })

  it('is KEY_STATE below a limit, and NOT_FOUND above the latest', async () => {
    const name = add()
    for (let count = 0; count < 3; count++) {
      fake.transit.handle('POST', ['keys', name, 'rotate'], new URLSearchParams(), {})
    }
    Object.assign(fake.transit.keys.get(name)!, { minDecryptionVersion: 2, minEncryptionVersion: 3 })
    const open = (version: number) => provider.open(`hashivault://${name}?version=${version}`, call())
    await expect(open(1)).rejects.toMatchObject({
      code: 'KEY_STATE',
      why: expect.stringContaining('archived'),
    })
    await expect(open(2)).rejects.toMatchObject({
      code: 'KEY_STATE',
      why: expect.stringContaining('below 3'),
    })
    await expect(open(3)).resolves.toBeDefined()
    await expect(open(5)).rejects.toMatchObject({ code: 'NOT_FOUND', why: 'the latest version is 4' })
  })
})

describe('a key that is not for us', () => {
  it.each([
    ['it encrypts', { type: 'aes256-gcm96' }, 'aes256-gcm96'],
    ['it is derived', { type: 'ed25519', derived: true }, 'derived'],
    ['it can be exported', { type: 'ecdsa-p256', exportable: true }, 'exportable'],
    [
      'it can be backed up in the clear',
      { type: 'ecdsa-p256', allow_plaintext_backup: true },
      'allow_plaintext_backup',
    ],
  ])('is UNSUPPORTED because %s', async (_, body, why) => {
    await expect(provider.open(`hashivault://${add(body)}`, call())).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      why: expect.stringContaining(why),
    })
  })

  it('is opened all the same where exportable keys are accepted', async () => {
    await using lenient = hashicorpVault({ address: fake.url, token: TOKEN, allowExportable: true })
    const name = add({ type: 'ecdsa-p256', exportable: true })
    await expect(lenient.open(`hashivault://${name}`, call())).resolves.toBeDefined()
  })

  it('is INTEGRITY when its public key is of another type than Vault says', async () => {
    const name = add()
    const end = fake.inject(['open'], ({ answer, response }) => {
      const { status, body } = answer() as { status: number; body: { data: object } }
      reply(response, { status, body: { ...body, data: { ...body.data, type: 'ecdsa-p384' } } })
    })
    await expect(provider.open(`hashivault://${name}`, call())).rejects.toMatchObject({ code: 'INTEGRITY' })
    end()
  })
})

describe('what Vault is asked', () => {
  it.each([
    ['a digest of another length', { ...digest, bytes: new Uint8Array(20) }, 'VALIDATION'],
    ['a message', { ...digest, input: 'message' as const }, 'UNSUPPORTED'],
    ['an algorithm of another key', { ...digest, algorithm: algorithms.PS256 }, 'UNSUPPORTED'],
  ])('is nothing when an ECDSA key is given %s', async (_, request, code) => {
    const handle = await provider.open(`hashivault://${add()}`, call())
    const before = fake.transit.signCalls
    await expect(handle.signRaw(request, call())).rejects.toMatchObject({ code })
    expect(fake.transit.signCalls).toBe(before)
  })

  it('is nothing once the handle is closed', async () => {
    const handle = await provider.open(`hashivault://${add()}`, call())
    await handle[Symbol.asyncDispose]!()
    await expect(handle.signRaw(digest, call())).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('stays inside the engine, the namespace and the version of the reference', async () => {
    const { fakeTransit } = await import('./fake-transit.ts')
    const engine = fakeTransit()
    fake.engines.set('acme/ops/team/sign', engine)
    engine.handle('POST', ['keys', 'Re.lease-1'], new URLSearchParams(), { type: 'ecdsa-p256' })
    const signer = await openSigner(provider, 'hashivault://team/sign/Re.lease-1?namespace=acme/ops')
    const message = Buffer.from('an artifact')
    const { bytes, key } = await signer.sign(message)
    expect(key.reference).toBe('hashivault://team/sign/Re.lease-1?version=1&namespace=acme/ops')
    expect(fake.requests.slice(-2)).toEqual([
      'GET team/sign/keys/Re.lease-1',
      'POST team/sign/sign/Re.lease-1',
    ])
    const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' })
    expect(
      createVerify('sha256').update(message).verify({ key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes),
    ).toBe(true)
    await signer[Symbol.asyncDispose]()
  })
})

it('says whose token answered, where it is from and which server is asked, and never the token', async () => {
  const identity = await provider.identify!(call())
  expect(identity).toEqual({
    source: `the option \`token\`, asking ${fake.url}`,
    identity: 'token-ci (policies: sign)',
  })
  await using loggedIn = hashicorpVault({
    address: fake.url,
    auth: { method: 'kubernetes', role: 'ci', jwt: SECRET_ID },
  })
  expect((await loggedIn.identify!(call())).source).toContain('log-in by Kubernetes (auth/kubernetes)')
})
