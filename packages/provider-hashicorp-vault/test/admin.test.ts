import type { KeySpec } from '@sealwright/core'
import { encodePem } from '@sealwright/core/encoding'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { hashicorpVault as store } from '../src/index.ts'
import { call, collect } from './calls.ts'
import { fakeTransit } from './fake-transit.ts'
import { type FakeVault, fakeVault } from './fake-vault.ts'
import { KEYS } from './harness.ts'

const hashicorpVault: typeof store = options => oneAttempt(store(options))

let fake: FakeVault
let provider: ReturnType<typeof hashicorpVault>
const admin = () => provider.admin!

beforeAll(async () => {
  fake = await fakeVault()
  fake.auth.tokens.set('a-token', {
    displayName: 'root',
    policies: [],
    expiresAt: Number.POSITIVE_INFINITY,
    renewable: false,
    leased: false,
  })
  provider = hashicorpVault({ address: fake.url, token: 'a-token' })
})
afterAll(async () => {
  await provider[Symbol.asyncDispose]()
  await fake[Symbol.asyncDispose]()
})

it.each(KEYS.filter(({ type }) => type !== 'RSA-4096'))(
  'creates a key of type $type that cannot be exported',
  async ({ type, transit }) => {
    const reference = await admin().create({ reference: `hashivault://New-${type}`, type }, call())
    expect(reference).toBe(`hashivault://New-${type}?version=1`)
    expect(fake.transit.keys.get(`New-${type}`)).toMatchObject({
      ...transit,
      exportable: false,
      allowPlaintextBackup: false,
      derived: false,
    })
  },
)

it('creates nothing over a key that exists, whose answer would be the same', async () => {
  const spec: KeySpec = { reference: 'hashivault://Twice', type: 'Ed25519' }
  await admin().create(spec, call())
  const before = fake.transit.keys.get('Twice')
  await expect(admin().create(spec, call())).rejects.toMatchObject({ code: 'VALIDATION' })
  expect(fake.transit.keys.get('Twice')).toBe(before)
})

it.each([
  ['a version', { reference: 'hashivault://X?version=1', type: 'Ed25519' }, 'VALIDATION'],
  [
    'an algorithm of another type',
    { reference: 'hashivault://X', type: 'Ed25519', algorithm: 'ES256' },
    'VALIDATION',
  ],
  ['an HSM', { reference: 'hashivault://X', type: 'Ed25519', protection: 'hsm' }, 'UNSUPPORTED'],
  ['a curve that transit lacks', { reference: 'hashivault://X', type: 'EC-secp256k1' }, 'UNSUPPORTED'],
] as const)('creates nothing that is asked for with %s', async (_, spec, code) => {
  const before = fake.requests.length
  await expect(admin().create(spec, call())).rejects.toMatchObject({ code })
  expect(fake.requests.length).toBe(before)
})

it('makes a new version of a key, whichever version it is asked by', async () => {
  await admin().create({ reference: 'hashivault://Turning', type: 'EC-P256' }, call())
  expect(await admin().rotate!('hashivault://Turning?version=1', call())).toBe(
    'hashivault://Turning?version=2',
  )
  expect(await admin().rotate!('hashivault://Turning?version=1', call())).toBe(
    'hashivault://Turning?version=3',
  )
  await expect(admin().rotate!('hashivault://Missing', call())).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('lists the keys that sign, by the beginning of their names, at their latest versions', async () => {
  const engine = fakeTransit()
  fake.engines.set('team/lists', engine)
  const add = (name: string, body: object) =>
    engine.handle('POST', ['keys', name], new URLSearchParams(), { ...body })
  expect(await collect(admin().list({ prefix: 'hashivault://lists/?namespace=team' }, call()))).toEqual([])
  add('Rel-b', { type: 'ecdsa-p256' })
  add('Rel-a', { type: 'ed25519' })
  add('Rel-encrypts', { type: 'aes256-gcm96' })
  add('Other', { type: 'ed25519' })
  engine.handle('POST', ['keys', 'Rel-b', 'rotate'], new URLSearchParams(), {})
  expect(await collect(admin().list({ prefix: 'hashivault://lists/Rel-?namespace=team' }, call()))).toEqual([
    {
      reference: 'hashivault://lists/Rel-a?version=1&namespace=team',
      type: 'Ed25519',
      algorithms: ['Ed25519'],
      state: 'enabled',
      created: expect.any(Date),
      protection: 'software',
    },
    expect.objectContaining({
      reference: 'hashivault://lists/Rel-b?version=2&namespace=team',
      type: 'EC-P256',
    }),
  ])
  const begun = collect(admin().list({ prefix: 'hashivault://lists' }, call()))
  await expect(begun).rejects.toMatchObject({
    code: 'NOT_FOUND',
    fix: expect.stringContaining('hashivault://lists/'),
  })
  const nowhere = collect(admin().list({ prefix: 'hashivault://nowhere/' }, call()))
  await expect(nowhere).rejects.toMatchObject({ code: 'NOT_FOUND' })
})

it('keeps certificates beside a version of a key, and gives them back, leaf first', async () => {
  const reference = await admin().create({ reference: 'hashivault://Certified', type: 'EC-P256' }, call())
  const plain = await provider.open(reference, call())
  expect(plain.certificates).toBeUndefined()
  const chain = [Uint8Array.of(0x30, 1, 5), Uint8Array.of(0x30, 1, 7)]
  await admin().attachCertificates!(reference, chain, call())
  const handle = await provider.open(reference, call())
  expect(await handle.certificates!(call())).toEqual(chain)
  const version = fake.transit.keys.get('Certified')!.versions[0]!
  version.certificateChain = encodePem('PRIVATE KEY', Uint8Array.of(1))
  await expect(provider.open(reference, call())).rejects.toMatchObject({ code: 'INTEGRITY' })
})
