import { describe, expect, it } from 'vitest'
import { type CallOptions, fingerprint, type KeyHandle, openSigner, SealwrightError } from '../src/index.ts'
import { fakeStore, privateKey, signWith, spkiOf } from './fake-store.ts'

const message = Uint8Array.of(1, 2, 3)
const rsa = () =>
  fakeStore({
    type: 'RSA-2048',
    accepts: { PS256: { message: 100 }, RS256: { message: 100 }, PS512: { message: 1 } },
  })
const ed25519 = (options: Partial<Parameters<typeof fakeStore>[0]> = {}) =>
  fakeStore({ type: 'Ed25519', accepts: { Ed25519: { message: 100 } }, ...options })

describe('the algorithm', () => {
  it('need not be given when the key allows one only', async () => {
    await using signer = await openSigner(ed25519(), 'fake:key')
    expect(signer.algorithm.id).toBe('Ed25519')
  })

  it('must be given when the key allows several; none is the first choice', async () => {
    const store = rsa()
    await expect(openSigner(store, 'fake:key')).rejects.toMatchObject({
      code: 'VALIDATION',
      fix: 'give one of: RS256, PS256, PS512',
    })
    expect(store.disposals.count).toBe(1)
  })

  it('may be chosen by name or by looking at the key', async () => {
    await using byName = await openSigner(rsa(), 'fake:key', { algorithm: 'PS256' })
    expect(byName.algorithm.id).toBe('PS256')
    await using byKey = await openSigner(rsa(), 'fake:key', {
      algorithm: key => (key.reference === 'fake:key' ? 'RS256' : 'PS256'),
    })
    expect((await byKey.sign(message)).algorithm).toBe('RS256')
  })

  it('is UNSUPPORTED when the key lacks it, VALIDATION when nobody knows it; the choices are named', async () => {
    const fix = 'give one of: RS256, PS256, PS512'
    await expect(openSigner(rsa(), 'fake:key', { algorithm: 'ES256' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      fix,
    })
    for (const algorithm of ['RSA', '__proto__', 'toString', ''] as never[]) {
      await expect(openSigner(rsa(), 'fake:key', { algorithm })).rejects.toMatchObject({
        code: 'VALIDATION',
        fix,
      })
    }
  })

  it('is UNSUPPORTED when the key has none', async () => {
    await expect(openSigner(ed25519({ accepts: {} }), 'fake:key')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
    })
  })
})

describe('the fingerprint', () => {
  it('lets the expected key pass and refuses any other with KEY_MISMATCH', async () => {
    const expected = fingerprint(spkiOf(privateKey('Ed25519')))
    await using signer = await openSigner(ed25519(), 'fake:key', { fingerprint: expected })
    expect(signer.key.reference).toBe('fake:key')
    const store = ed25519()
    const other = fingerprint(spkiOf(privateKey('EC-P256')))
    await expect(openSigner(store, 'fake:key', { fingerprint: other })).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
      why: `its public key is ${expected}; expected ${other}`,
    })
    expect(store.disposals.count).toBe(1)
  })

  it('must be spelled in full', async () => {
    for (const wrong of ['sha256:abc', 'SHA256:', '', fingerprint(message).toUpperCase()]) {
      await expect(openSigner(ed25519(), 'fake:key', { fingerprint: wrong })).rejects.toMatchObject({
        code: 'VALIDATION',
      })
    }
  })
})

describe('opening', () => {
  it('refuses a provider of another contract', async () => {
    const store = { ...ed25519(), contract: 2 as never }
    await expect(openSigner(store, 'fake:key')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
    await expect(openSigner(undefined as never, 'fake:key')).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('refuses a reference that the provider cannot read, before the store is called', async () => {
    let opened = 0
    const store = ed25519({
      open: async () => {
        opened++
        throw new Error('not reached')
      },
    })
    await expect(openSigner(store, 'awskms:///key')).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(openSigner(store, 7 as never)).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(opened).toBe(0)
  })

  it('passes an error of ours as it is', async () => {
    const denied = new SealwrightError('ACCESS_DENIED', 'no')
    const store = ed25519({ open: () => Promise.reject(denied) })
    await expect(openSigner(store, 'fake:key')).rejects.toBe(denied)
  })

  it('reports why a key was refused, although its release fails as well', async () => {
    const handle = {
      key: {},
      signRaw: async () => {},
      [Symbol.asyncDispose]: () => Promise.reject(new Error('x')),
    }
    const store = ed25519({ open: async () => handle as never })
    await expect(openSigner(store, 'fake:key')).rejects.toMatchObject({
      message: 'key store "fake" described a key without a public key',
    })
  })
})

describe('disposing of a signer', () => {
  it('releases the key once, however often it is done', async () => {
    const store = ed25519()
    const signer = await openSigner(store, 'fake:key')
    await Promise.all([signer[Symbol.asyncDispose](), signer[Symbol.asyncDispose]()])
    await signer[Symbol.asyncDispose]()
    expect(store.disposals.count).toBe(1)
  })

  it('makes every later call VALIDATION', async () => {
    const store = ed25519({ handle: { certificates: async () => [] } })
    const signer = await openSigner(store, 'fake:key')
    await signer[Symbol.asyncDispose]()
    await expect(signer.sign(message)).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(signer.certificates!()).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(store.requests).toEqual([])
  })

  it('waits for the signatures in flight before the key is released', async () => {
    const order: string[] = []
    let finish = () => {}
    const started = Promise.withResolvers<void>()
    const signRaw: KeyHandle['signRaw'] = async ({ algorithm, bytes }) => {
      started.resolve()
      await new Promise<void>(resolve => {
        finish = resolve
      })
      return signWith(privateKey('Ed25519'), algorithm, bytes, 'raw')
    }
    const store = ed25519({ signRaw })
    const signer = await openSigner(store, 'fake:key')
    const signing = signer.sign(message).then(() => order.push('signed'))
    await started.promise
    const disposing = signer[Symbol.asyncDispose]().then(() => order.push('released'))
    expect(store.disposals.count).toBe(0)
    finish()
    await Promise.all([signing, disposing])
    expect(order).toEqual(['signed', 'released'])
  })

  it('lets a signature be returned from the function that holds the signer', async () => {
    async function signOnce() {
      await using signer = await openSigner(ed25519(), 'fake:key')
      return signer.sign(message)
    }
    expect((await signOnce()).bytes).toHaveLength(64)
  })

  it('names a failure to release', async () => {
    const handle = {
      key: (await ed25519().open('fake:key', { signal: new AbortController().signal })).key,
      signRaw: () => Promise.reject(new Error('x')),
      [Symbol.asyncDispose]: () => Promise.reject(new Error('token canary')),
    }
    const signer = await openSigner(ed25519({ open: async () => handle }), 'fake:key')
    await expect(signer[Symbol.asyncDispose]()).rejects.toMatchObject({
      code: 'INTERNAL',
      message: 'key store "fake" could not release a key',
    })
  })
})

describe('the certificates of a signer', () => {
  it('are absent where the store holds none', async () => {
    await using signer = await openSigner(ed25519(), 'fake:key')
    expect(signer.certificates).toBeUndefined()
  })

  it('are those of the store, asked within a deadline', async () => {
    const chain = [Uint8Array.of(0x30, 0)]
    await using good = await openSigner(ed25519({ handle: { certificates: async () => chain } }), 'fake:key')
    expect(await good.certificates!()).toEqual(chain)
    const hanging = { certificates: () => new Promise<never>(() => {}) }
    await using bad = await openSigner(ed25519({ handle: hanging }), 'fake:key')
    const options: CallOptions = { timeoutMs: 10 }
    await expect(bad.certificates!(options)).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('are INTERNAL when they are none', async () => {
    const store = ed25519({ handle: { certificates: async () => 'PEM' as never } })
    await using signer = await openSigner(store, 'fake:key')
    await expect(signer.certificates!()).rejects.toMatchObject({ code: 'INTERNAL' })
  })
})

it('fifty concurrent signatures are each of their own message', async () => {
  await using signer = await openSigner(ed25519(), 'fake:key')
  const signatures = await Promise.all(
    Array.from({ length: 50 }, (_, index) => signer.sign(Uint8Array.of(index))),
  )
  expect(new Set(signatures.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(50)
})

it('a signature carries the certificates and the request id that came with it', async () => {
  const certificates = [Uint8Array.of(0x30, 0)]
  const store = ed25519({
    signRaw: async ({ algorithm, bytes }) => ({
      ...signWith(privateKey('Ed25519'), algorithm, bytes, 'raw'),
      certificates,
      requestId: 'r-1',
    }),
  })
  await using signer = await openSigner(store, 'fake:key')
  expect(await signer.sign(message)).toMatchObject({ certificates, requestId: 'r-1', algorithm: 'Ed25519' })
})
