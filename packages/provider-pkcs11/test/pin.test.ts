import { openSigner } from '@sealwright/core'
import { expect, it } from 'vitest'
import { type PinRequest, pkcs11 } from '../src/index.ts'
import { rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { FakeToken, type FakeTokenOptions } from './fake-token.ts'

const message = Buffer.from('hello')

function store(options: FakeTokenOptions = {}, alwaysAuthenticate = false) {
  const token = new FakeToken(options)
  token.addKey('EC-P256', {
    label: 'release',
    privateAttributes: [{ type: 0x202, value: alwaysAuthenticate }],
  })
  return { token, module: new FakeModule(token), reference: 'pkcs11:token=ACME;object=release' }
}

/** A provider whose PIN callback answers from a list and remembers what it was asked. */
function asking(module: FakeModule, ...answers: readonly (string | undefined)[]) {
  const asked: PinRequest[] = []
  const keys = pkcs11({
    module,
    pin: async request => answers[Math.min(asked.push(request), answers.length) - 1],
  })
  return { keys, asked }
}

it('asks for the PIN once, however many keys are opened and signatures made at once', async () => {
  const { module, reference, token } = store()
  const { keys, asked } = asking(module, token.pin)
  const signers = await Promise.all(Array.from({ length: 5 }, () => openSigner(keys, reference)))
  await Promise.all(signers.map(signer => signer.sign(message)))
  expect(asked).toEqual([
    { purpose: 'login', token: { label: 'ACME', serial: '0042', manufacturer: 'Fake', model: 'F1' } },
  ])
  expect(module.countOf('C_Login')).toBe(1)
})

it('takes a PIN as bytes', async () => {
  const { module, reference } = store({ pin: 'Prüfung' })
  await using signer = await openSigner(
    pkcs11({ module, pin: async () => Buffer.from('Prüfung') }),
    reference,
  )
  expect((await signer.sign(message)).bytes).toHaveLength(64)
})

it('does not offer a refused PIN again, by another provider either, and takes the right one', async () => {
  const { module, reference, token } = store()
  const { keys } = asking(module, 'wrong-1', 'wrong-1', token.pin)
  expect((await rejected(openSigner(keys, reference))).code).toBe('PIN_INCORRECT')
  const again = await rejected(openSigner(keys, reference))
  expect(again).toMatchObject({ code: 'PIN_INCORRECT', why: expect.stringContaining('not tried again') })
  const other = await rejected(openSigner(asking(module, 'wrong-1').keys, reference))
  expect(other.code).toBe('PIN_INCORRECT')
  expect(token.tries).toBe(2)
  await using signer = await openSigner(keys, reference)
  expect((await signer.sign(message)).bytes).toHaveLength(64)
})

it('says how many tries are left, to the callback before and in the message after', async () => {
  const { module, reference, token } = store({ tries: 3 })
  const { keys, asked } = asking(module, 'wrong-1', 'wrong-2', 'wrong-3', token.pin)
  const whys = []
  for (let time = 0; time < 4; time++) {
    const { code, why } = await rejected(openSigner(keys, reference))
    whys.push([code, why])
  }
  expect(whys).toEqual([
    ['PIN_INCORRECT', 'tried once; few tries are left'],
    ['PIN_INCORRECT', 'tried once; one try is left'],
    ['PIN_LOCKED', 'a wrong one was given too often'],
    ['PIN_LOCKED', 'a wrong one was given too often'],
  ])
  expect(asked.map(({ triesLeft }) => triesLeft)).toEqual([undefined, 'few', 'last'])
  expect(module.countOf('C_Login')).toBe(3)
})

it('shows no PIN in an error', async () => {
  const { module, reference } = store()
  const error = await rejected(openSigner(asking(module, 'canary-31415').keys, reference))
  expect(JSON.stringify([error, error.message, error.why, error.fix, error.cause])).not.toContain('31415')
})

it.each([
  ['nobody to ask', undefined, 'no callback can ask for it'],
  ['no answer', async () => undefined, 'none was given'],
  ['an empty answer', async () => '', undefined],
  ['an answer that is not a string', async () => 1234 as unknown as string, undefined],
])('says VALIDATION with %s, and does not try', async (_, pin, why) => {
  const { module, reference } = store()
  const error = await rejected(openSigner(pkcs11({ module, ...(pin && { pin }) }), reference))
  expect(error.code).toBe('VALIDATION')
  expect(error.why).toBe(why)
  expect(module.countOf('C_Login')).toBe(0)
  expect(module.sessions.size).toBe(0)
})

it('passes on what a callback throws without its message', async () => {
  const { module, reference } = store()
  const pin = async () => {
    throw new Error('the vault said 31415')
  }
  const error = await rejected(openSigner(pkcs11({ module, pin }), reference, { timeoutMs: 100 }))
  expect(['UNAVAILABLE', 'TIMEOUT']).toContain(error.code)
  expect(JSON.stringify([error.message, error.why, error.cause])).not.toContain('31415')
})

it('names a token whose PIN must be set or changed first', async () => {
  const unset = store()
  unset.token.pin = undefined
  const first = await rejected(openSigner(asking(unset.module, 'any').keys, unset.reference))
  expect(first).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining('no user PIN') })
  const old = store({ flags: 0x8_0000 })
  const second = await rejected(openSigner(asking(old.module, 'any').keys, old.reference))
  expect(second).toMatchObject({ code: 'UNAUTHENTICATED', message: expect.stringContaining('changed') })
})

it('does not ask where the token has a reader for its PIN', async () => {
  const { module, reference } = store({ flags: 0x100 })
  await using signer = await openSigner(pkcs11({ module }), reference)
  expect((await signer.sign(message)).bytes).toHaveLength(64)
})

it('compares the PIN of a second provider with the accepted one, at no cost of a try', async () => {
  const { module, reference, token } = store()
  await using _first = await openSigner(asking(module, token.pin).keys, reference)
  const error = await rejected(openSigner(asking(module, 'another').keys, reference))
  expect(error).toMatchObject({ code: 'PIN_INCORRECT', why: expect.stringContaining('not asked') })
  await using second = await openSigner(asking(module, token.pin).keys, reference)
  expect((await second.sign(message)).bytes).toHaveLength(64)
  expect(module.countOf('C_Login')).toBe(1)
})

it('shares the log-in of an application that logged in itself', async () => {
  const { module, reference, token } = store()
  module.C_Initialize()
  const session = module.C_OpenSession(module.C_GetSlotList()[0]!, 4)
  module.C_Login(session, 1, token.pin!)
  await using signer = await openSigner(pkcs11({ module }), reference)
  expect((await signer.sign(message)).bytes).toHaveLength(64)
})

it('logs out when the last session is closed, and asks again then', async () => {
  const { module, reference, token } = store()
  const { keys, asked } = asking(module, token.pin)
  await (await openSigner(keys, reference))[Symbol.asyncDispose]()
  await keys[Symbol.asyncDispose]!()
  expect(module.sessions.size).toBe(0)
  await using _signer = await openSigner(asking(module, token.pin).keys, reference)
  expect(asked).toHaveLength(1)
  expect(module.countOf('C_Login')).toBe(2)
})

it('asks for the PIN of each signature where the key wants it, and says so', async () => {
  const { module, reference, token } = store({}, true)
  const { keys, asked } = asking(module, token.pin)
  await using signer = await openSigner(keys, reference)
  expect(signer.key.presence).toBe('pin')
  const announced: unknown[] = []
  const onPresence = (key: unknown) => void announced.push(key)
  await Promise.all([signer.sign(message, { onPresence }), signer.sign(message, { onPresence })])
  expect(asked.map(({ purpose, reference: asks }) => [purpose, asks])).toEqual([
    ['login', undefined],
    ['sign', reference],
    ['sign', reference],
  ])
  expect(announced).toEqual([signer.key, signer.key])
})

it('offers a wrong PIN of a signature once, and signs with the right one after', async () => {
  const { module, reference, token } = store({}, true)
  const { keys } = asking(module, token.pin, 'wrong', 'wrong', token.pin)
  await using signer = await openSigner(keys, reference)
  const failures = await Promise.all([rejected(signer.sign(message)), rejected(signer.sign(message))])
  expect(failures.map(({ code }) => code)).toEqual(['PIN_INCORRECT', 'PIN_INCORRECT'])
  expect(token.tries).toBe(2)
  expect((await signer.sign(message)).bytes).toHaveLength(64)
})

it('lets others wait no longer than their own call while a person is asked', async () => {
  const { module, reference, token } = store()
  const { promise, resolve } = Promise.withResolvers<string>()
  const keys = pkcs11({ module, pin: () => promise })
  const first = openSigner(keys, reference)
  const second = await rejected(openSigner(keys, reference, { timeoutMs: 30 }))
  expect(second.code).toBe('TIMEOUT')
  resolve(token.pin!)
  await using signer = await first
  expect((await signer.sign(message)).bytes).toHaveLength(64)
  expect(module.countOf('C_Login')).toBe(1)
})
