import { constants, sign } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type KeyHandle, openSigner, type RawSignature } from '../../src/index.ts'
import { fakeStore, makeKey, privateKey, signWith, spkiOf } from '../fake-store.ts'

const message = new TextEncoder().encode('a message')

/** An ECDSA store that answers whatever `spoil` makes of a good DER or raw signature. */
function spoiled(encoding: 'der' | 'raw', spoil: (good: RawSignature) => unknown) {
  const key = privateKey('EC-P256')
  const signRaw = (async ({ algorithm, bytes }) =>
    spoil(signWith(key, algorithm, bytes, encoding))) as KeyHandle['signRaw']
  return fakeStore({ type: 'EC-P256', accepts: { ES256: { message: 100 } }, signRaw })
}

function rsaStore(signRaw: KeyHandle['signRaw']) {
  return fakeStore({ type: 'RSA-2048', accepts: { PS256: { message: 100 } }, signRaw })
}

async function refusal(store: ReturnType<typeof fakeStore>): Promise<unknown> {
  await using signer = await openSigner(store, 'fake:key')
  return signer.sign(message).catch((error: unknown) => error)
}

const changed = (bytes: Uint8Array, index: number) => bytes.map((byte, i) => (i === index ? byte ^ 1 : byte))

describe('an adapter that returns a signature that is none', () => {
  it.each([
    [
      'r twice',
      spoiled('raw', ({ bytes }) => ({
        bytes: Buffer.concat([bytes.subarray(0, 32), bytes.subarray(0, 32)]),
        encoding: 'raw',
      })),
    ],
    [
      'numbers without their padding',
      spoiled('raw', ({ bytes }) => ({ bytes: bytes.subarray(1), encoding: 'raw' })),
    ],
    ['DER declared as raw', spoiled('der', ({ bytes }) => ({ bytes, encoding: 'raw' }))],
    ['raw declared as DER', spoiled('raw', ({ bytes }) => ({ bytes, encoding: 'der' }))],
    [
      'DER with trailing bytes',
      spoiled('der', ({ bytes }) => ({ bytes: Buffer.concat([bytes, Buffer.of(0)]), encoding: 'der' })),
    ],
    ['zeros', spoiled('raw', () => ({ bytes: new Uint8Array(64), encoding: 'raw' }))],
    [
      's = n',
      spoiled('raw', ({ bytes }) => ({
        bytes: Buffer.concat([
          bytes.subarray(0, 32),
          Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex'),
        ]),
        encoding: 'raw',
      })),
    ],
    ['a flipped bit', spoiled('raw', ({ bytes }) => ({ bytes: changed(bytes, 5), encoding: 'raw' }))],
    ['nothing', spoiled('raw', () => ({ bytes: new Uint8Array(), encoding: 'raw' }))],
    [
      'the signature of another key',
      fakeStore({
        type: 'EC-P256',
        accepts: { ES256: { message: 100 } },
        signRaw: async ({ algorithm, bytes }) => signWith(makeKey('EC-P256'), algorithm, bytes, 'raw'),
      }),
    ],
    [
      'the signature of another message',
      fakeStore({
        type: 'Ed25519',
        accepts: { Ed25519: { message: 100 } },
        signRaw: async ({ algorithm, bytes }) => {
          bytes.fill(0)
          return signWith(privateKey('Ed25519'), algorithm, bytes, 'raw')
        },
      }),
    ],
    [
      'an ML-DSA signature of another message',
      fakeStore({
        type: 'ML-DSA-44',
        accepts: { 'ML-DSA-44': { message: 100 } },
        signRaw: async ({ algorithm }) =>
          signWith(privateKey('ML-DSA-44'), algorithm, Uint8Array.of(1), 'raw'),
      }),
    ],
    [
      'PSS with the longest salt',
      rsaStore(async ({ bytes }) => ({
        bytes: sign('sha256', bytes, {
          key: privateKey('RSA-2048'),
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN,
        }),
        encoding: 'raw',
      })),
    ],
    [
      'PSS without a salt',
      rsaStore(async ({ bytes }) => ({
        bytes: sign('sha256', bytes, {
          key: privateKey('RSA-2048'),
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: 0,
        }),
        encoding: 'raw',
      })),
    ],
    [
      'PKCS#1 v1.5 for PSS',
      rsaStore(async ({ bytes }) => ({
        bytes: sign('sha256', bytes, privateKey('RSA-2048')),
        encoding: 'raw',
      })),
    ],
    [
      'PSS over another hash',
      rsaStore(async ({ bytes }) => ({
        bytes: sign('sha384', bytes, {
          key: privateKey('RSA-2048'),
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: 32,
        }),
        encoding: 'raw',
      })),
    ],
    [
      'an RSA signature declared as DER',
      rsaStore(async ({ algorithm, bytes }) => ({
        ...signWith(privateKey('RSA-2048'), algorithm, bytes, 'raw'),
        encoding: 'der',
      })),
    ],
    [
      'an RSA signature in an OCTET STRING',
      rsaStore(async ({ algorithm, bytes }) => ({
        bytes: Buffer.concat([
          Buffer.from('04820100', 'hex'),
          signWith(privateKey('RSA-2048'), algorithm, bytes, 'raw').bytes,
        ]),
        encoding: 'raw',
      })),
    ],
    [
      'a digest that it hashed again',
      fakeStore({
        type: 'EC-P256',
        accepts: { ES256: { digest: true } },
        signRaw: async ({ algorithm, bytes }) => signWith(privateKey('EC-P256'), algorithm, bytes, 'raw'),
      }),
    ],
  ])('is caught with INTEGRITY, once and for all: %s', async (_, store) => {
    expect(await refusal(store)).toMatchObject({ name: 'SealwrightError', code: 'INTEGRITY' })
    expect(store.requests).toHaveLength(1)
  })
})

describe('an adapter that returns no signature at all', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['text', 'c2ln'],
    ['bytes alone', new Uint8Array(64)],
    ['a hexadecimal signature', { bytes: '00', encoding: 'raw' }],
    ['an unknown encoding', { bytes: new Uint8Array(64), encoding: 'p1363' }],
    ['certificates as text', { bytes: new Uint8Array(64), encoding: 'raw', certificates: ['x'] }],
    ['a reference that is not a text', { bytes: new Uint8Array(64), encoding: 'raw', reference: 1 }],
  ])('is caught with INTERNAL: %s', async (_, answer) => {
    expect(await refusal(spoiled('raw', () => answer))).toMatchObject({ code: 'INTERNAL' })
  })
})

describe('the key that a store says it used', () => {
  const answering = (reference: string) =>
    spoiled('raw', good => ({ ...good, reference, requestId: 'request-1' }))

  it('may be the opened one', async () => {
    await using signer = await openSigner(answering('fake:key'), 'fake:key')
    expect(await signer.sign(message)).toMatchObject({ requestId: 'request-1' })
  })

  it('is KEY_MISMATCH when it is another version, although the signature verifies', async () => {
    expect(await refusal(answering('fake:key/2'))).toMatchObject({
      code: 'KEY_MISMATCH',
      why: 'opened fake:key, used fake:key/2',
      requestId: 'request-1',
    })
  })

  it('is INTERNAL when the adapter cannot read its own word', async () => {
    expect(await refusal(answering('nonsense'))).toMatchObject({ code: 'INTERNAL' })
  })
})

describe('what an adapter throws', () => {
  const canary = 'canary-4711'
  const failing = (thrown: unknown, classify = () => undefined as never) =>
    fakeStore({
      type: 'EC-P256',
      accepts: { ES256: { message: 100 } },
      signRaw: () => {
        throw thrown
      },
      classify,
    })

  it.each([
    ['text', `token ${canary}`],
    ['nothing', undefined],
    ['an object', { token: canary }],
    ['an error', Object.assign(new Error(`token ${canary}`), { request: { token: canary }, code: 'ECODE' })],
  ])('is INTERNAL without any of its text when the adapter does not know it: %s', async (_, thrown) => {
    const error = await refusal(failing(thrown))
    expect(error).toMatchObject({
      code: 'INTERNAL',
      message: 'key store "fake" could not sign with fake:key',
    })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(canary)
  })

  it.each([
    [new Error('Dynamic require of "node:tty" is not supported'), 'Error: Dynamic require of "node:tty"'],
    [
      Object.assign(new Error("Cannot find package 'undici' imported from /a/b.js\nmore"), {
        code: 'ERR_MODULE_NOT_FOUND',
      }),
      "Error: Cannot find package 'undici' imported from /a/b.js",
    ],
    [new SyntaxError("Unexpected token 'export'"), "SyntaxError: Unexpected token 'export'"],
    [new TypeError('sdk.Client is not a constructor'), 'TypeError: sdk.Client is not a constructor'],
  ])('keeps what is said of the program itself, which holds no secret: %s', async (thrown, why) => {
    const error = await refusal(failing(thrown))
    expect(error).toMatchObject({ code: 'INTERNAL', why: expect.stringContaining(why) })
    expect(error).toMatchObject({
      cause: { name: thrown.name, message: expect.stringContaining(why.slice(thrown.name.length + 2)) },
    })
  })

  it.each([
    new SyntaxError(`Unexpected token 'c', "${canary}" is not valid JSON`),
    new SyntaxError(`Unexpected token ${canary} in JSON at position 0`),
    new TypeError(`Invalid header: ${canary} is not a function`),
    new Error(`Dynamic require of "x" is not supported ${canary}`),
    new Error(`Cannot read properties of undefined (reading 'x') of ${canary}`),
  ])('and of no other, however alike: %s', async thrown => {
    const error = await refusal(failing(thrown))
    expect(error).toMatchObject({ code: 'INTERNAL' })
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(canary)
  })

  it('is INTERNAL when classify fails too, or makes up a code', async () => {
    const throwing = () => {
      throw new Error(canary)
    }
    expect(await refusal(failing(new Error('x'), throwing))).toMatchObject({ code: 'INTERNAL' })
    const inventing = (() => ({ code: 'OOPS' })) as never
    expect(await refusal(failing(new Error('x'), inventing))).toMatchObject({ code: 'INTERNAL' })
  })

  it('has the code, the fact, the fix and the request id of its classification', async () => {
    const failure = { code: 'ACCESS_DENIED', why: 'no kms:Sign', fix: 'allow it', requestId: 'r-9' }
    expect(await refusal(failing(new Error('x'), (() => failure) as never))).toMatchObject({
      message: 'key store "fake" refused to sign with fake:key',
      ...failure,
    })
  })
})

describe('what an adapter says of a key', () => {
  const describing = (descriptor: object, accepts: object = { ES256: { message: 100 } }) =>
    fakeStore({ type: 'EC-P256', accepts: accepts as never, descriptor })
  const cutOff = spkiOf(privateKey('EC-P256')).subarray(0, 80)

  it.each([
    ['no public key', { publicKey: undefined }, 'INTERNAL'],
    ['a public key in PEM', { publicKey: 'PEM' }, 'INTERNAL'],
    ['a public key that does not parse', { publicKey: cutOff }, 'INTEGRITY'],
    [
      'a public key with trailing bytes',
      { publicKey: Buffer.concat([spkiOf(privateKey('EC-P256')), Buffer.of(0)]) },
      'INTEGRITY',
    ],
    ['a key of another type than the algorithm', { publicKey: spkiOf(privateKey('EC-P384')) }, 'INTERNAL'],
    ['a reference of another store', { reference: 'other:key' }, 'INTERNAL'],
    ['no reference', { reference: undefined }, 'INTERNAL'],
    ['an unknown protection', { protection: 'tee' }, 'INTERNAL'],
    ['an unknown presence', { presence: 'face' }, 'INTERNAL'],
  ])('is refused and the handle released: %s', async (_, descriptor, code) => {
    const store = describing(descriptor)
    await expect(openSigner(store, 'fake:key')).rejects.toMatchObject({ code })
    expect(store.disposals.count).toBe(1)
  })

  it.each([
    ['an unknown algorithm', { EdDSA: { message: 1 } }],
    ['an algorithm named like a method', { toString: { message: 1 } }],
    ['no input', { ES256: {} }],
    ['μ for ECDSA', { ES256: { mu: true } }],
    ['no bytes', { ES256: { message: 0 } }],
    ['part of a byte', { ES256: { message: 1.5 } }],
    ['endless messages', { ES256: { message: Number.POSITIVE_INFINITY } }],
    ['a digest that is false', { ES256: { digest: false } }],
    ['nothing', { ES256: undefined }],
  ])('is refused where the inputs cannot be: %s', async (_, accepts) => {
    await expect(openSigner(describing({}, accepts), 'fake:key')).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('is refused where Ed25519 would take a digest', async () => {
    const store = fakeStore({ type: 'Ed25519', accepts: { Ed25519: { digest: true } } })
    await expect(openSigner(store, 'fake:key')).rejects.toMatchObject({ code: 'INTERNAL' })
  })

  it('cannot be changed after it was checked', async () => {
    const publicKey = spkiOf(privateKey('EC-P256'))
    await using signer = await openSigner(describing({ publicKey }), 'fake:key')
    publicKey.fill(0)
    expect(signer.key.publicKey).toEqual(spkiOf(privateKey('EC-P256')))
    expect(Object.isFrozen(signer.key) && Object.isFrozen(signer.key.algorithms)).toBe(true)
    await signer.sign(message)
  })

  it('is refused when no key was opened', async () => {
    const store = fakeStore({ type: 'EC-P256', accepts: {}, open: async () => undefined as never })
    await expect(openSigner(store, 'fake:key')).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})
