import { algorithms, type KeyType, openSigner, verifySignature } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { pkcs11 } from '../src/index.ts'
import { caught, rejected } from './caught.ts'
import { FakeModule } from './fake-module.ts'
import { type FakeKeyOptions, FakeToken, type FakeTokenOptions, pairOf, ulong } from './fake-token.ts'

const reference = 'pkcs11:object=release'
const call = { signal: new AbortController().signal }
const message = Buffer.from('hello')

function store(type: KeyType, key: FakeKeyOptions = {}, options: FakeTokenOptions = {}) {
  const token = new FakeToken(options)
  token.addKey(type, { label: 'release', ...key })
  const module = new FakeModule(token)
  return { token, module, keys: pkcs11({ module, pin: async () => token.pin }) }
}

describe('the public key', () => {
  it.each([
    ['EC-P256', 'bare'],
    ['EC-P256', 'bit-string'],
    ['EC-P521', 'octet-string'],
    ['EC-P521', 'bare'],
    ['Ed25519', 'octet-string'],
    ['Ed25519', 'bare'],
    ['Ed25519', 'bit-string'],
  ] as const)('of %s is read from a point written as %s', async (type, point) => {
    const { keys } = store(type, { point })
    await using signer = await openSigner(keys, reference)
    expect((await signer.sign(message)).bytes.length).toBe(algorithms[signer.algorithm.id].signatureLength)
  })

  it('of RSA is read from the private key where there is no other', async () => {
    const { keys } = store('RSA-2048', { withoutPublicKey: true })
    await using signer = await openSigner(keys, reference, { algorithm: 'PS256' })
    expect((await signer.sign(message)).bytes).toHaveLength(256)
  })

  it('is read from CKA_PUBLIC_KEY_INFO where there is no other', async () => {
    const token = new FakeToken()
    const { privateKey } = pairOf('EC-P256')
    const { createPublicKey } = await import('node:crypto')
    const value = createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
    const named = [
      { type: 0x102, value: Buffer.of(1) },
      { type: 0x3, value: 'release' },
    ]
    token.addPair(privateKey, named, { withoutPublicKey: true, privateAttributes: [{ type: 0x129, value }] })
    const keys = pkcs11({ module: new FakeModule(token), pin: async () => token.pin })
    await using signer = await openSigner(keys, reference)
    expect((await signer.sign(message)).bytes).toHaveLength(64)
  })

  it('that the token does not tell is UNSUPPORTED', async () => {
    const { keys } = store('EC-P256', { withoutPublicKey: true })
    expect((await rejected(openSigner(keys, reference))).code).toBe('UNSUPPORTED')
  })

  it('of another kind is UNSUPPORTED', async () => {
    const { keys } = store('EC-P256', { privateAttributes: [{ type: 0x100, value: 0x1 }] })
    const error = await rejected(openSigner(keys, reference))
    expect(error).toMatchObject({ code: 'UNSUPPORTED', message: expect.stringContaining('0x1') })
  })
})

describe('the algorithms', () => {
  it.each([
    ['RSA-2048', [0x1, 0xd], ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']],
    ['EC-P384', [0x1041], ['ES384']],
    ['EC-secp256k1', [0x1041], ['ES256K']],
  ] as const)('of %s hash on the token where it has no bare mechanism', async (type, without, ids) => {
    const { keys } = store(type, {}, { without })
    for (const id of ids) {
      await using signer = await openSigner(keys, reference, { algorithm: id })
      expect(signer.key.algorithms).toEqual(
        Object.fromEntries(ids.map(each => [each, { message: 64 * 2 ** 20 }])),
      )
      const { bytes } = await signer.sign(message)
      expect(verifySignature(id, signer.key.publicKey, message, bytes)).toBe(true)
    }
  })

  it('are those that the token can sign with', async () => {
    const { keys, token } = store('RSA-2048', {}, { without: [0xd, 0x43, 0x44] })
    // CKF_VERIFY alone
    token.mechanisms.set(0x1, 0x2000).set(0x40, 0x2000)
    const handle = await keys.open(reference, call)
    expect(Object.keys(handle.key.algorithms)).toEqual(['RS384', 'RS512', 'PS512'])
  })

  it('are those that the key is allowed', async () => {
    const value = Buffer.concat([ulong(0xd), ulong(0x250)])
    const { keys } = store('RSA-2048', { privateAttributes: [{ type: 0x4000_0600, value }] })
    const handle = await keys.open(reference, call)
    expect(Object.keys(handle.key.algorithms)).toEqual(['PS256', 'PS384', 'PS512'])
  })
})

describe('signRaw', () => {
  it.each([
    ['a digest that is too short', { input: 'digest', bytes: new Uint8Array(31) }, 'VALIDATION'],
    [
      'a message where the token takes digests',
      { input: 'message', bytes: new Uint8Array(32) },
      'VALIDATION',
    ],
    [
      'another algorithm',
      { algorithm: algorithms.ES384, input: 'digest', bytes: new Uint8Array(48) },
      'UNSUPPORTED',
    ],
  ] as const)('refuses %s before the token is asked', async (_, request, code) => {
    const { keys, module } = store('EC-P256')
    const handle = await keys.open(reference, call)
    expect((await rejected(handle.signRaw({ algorithm: algorithms.ES256, ...request }, call))).code).toBe(
      code,
    )
    expect(module.countOf('C_SignInit')).toBe(0)
  })
})

describe('the key', () => {
  it('that may not sign is KEY_STATE', async () => {
    const { keys } = store('EC-P256', { privateAttributes: [{ type: 0x108, value: false }] })
    expect((await rejected(openSigner(keys, reference))).code).toBe('KEY_STATE')
  })

  it.each([
    [true, 'hsm'],
    [false, 'unknown'],
  ] as const)('is protected as its slot says', async (hardware, protection) => {
    const { keys } = store('EC-P256', {}, { hardware })
    expect((await keys.open(reference, call)).key.protection).toBe(protection)
  })
})

it('names failures of the token by their CK_RV, and no others', () => {
  const { classify } = pkcs11()
  const named = (message: string, code: number) => classify(Object.assign(new Error(message), { code }))
  expect(named('CKR_DEVICE_REMOVED', 0x32)).toEqual({
    code: 'UNAVAILABLE',
    why: 'the token was removed (CKR_DEVICE_REMOVED)',
  })
  expect(named('CKR_VENDOR_DEFINED', 0x200)?.code).toBe('USER_PRESENCE')
  expect(named('CKR_VENDOR_DEFINED', 0x8000_0001)).toEqual({
    code: 'INTERNAL',
    why: 'the token answered error 0x80000001',
  })
  expect(named('ECONNREFUSED', 111)).toBeUndefined()
  expect(classify('CKR_DEVICE_REMOVED')).toBeUndefined()
  expect(caught(() => pkcs11().canonical('pkcs11:')).code).toBe('VALIDATION')
})
