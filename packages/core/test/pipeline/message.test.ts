import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { openSigner } from '../../src/index.ts'
import { messageRepresentative } from '../../src/raw-public-key.ts'
import { chunked, fakeStore, privateKey, signWith, spkiOf } from '../fake-store.ts'

const MiB = 2 ** 20

async function* zeros(size: number, onEnd: () => void = () => {}): AsyncGenerator<Uint8Array> {
  try {
    for (let left = size; left > 0; left -= MiB) yield new Uint8Array(Math.min(left, MiB))
  } finally {
    onEnd()
  }
}

describe('the input for a store', () => {
  it.each([
    ['whole', (bytes: Uint8Array) => bytes],
    ['in chunks', (bytes: Uint8Array) => chunked(bytes, 1000)],
  ])('is the message %s up to the limit and refused one byte beyond, without a call', async (_, give) => {
    const store = fakeStore({ type: 'Ed25519', accepts: { Ed25519: { message: 4096 } } })
    await using signer = await openSigner(store, 'fake:key')
    await signer.sign(give(randomBytes(4096)))
    await expect(signer.sign(give(randomBytes(4097)))).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      why: 'at most 4096 bytes, and it does not accept digests',
    })
    expect(store.requests).toHaveLength(1)
  })

  it('is μ for an ML-DSA message beyond the limit, and the message below it', async () => {
    const key = privateKey('ML-DSA-65')
    const messages: Uint8Array[] = [randomBytes(100), randomBytes(101)]
    const store = fakeStore({
      type: 'ML-DSA-65',
      accepts: { 'ML-DSA-65': { message: 100, mu: true } },
      signRaw: async ({ algorithm, bytes, input }) =>
        signWith(key, algorithm, input === 'message' ? bytes : messages[1]!, 'raw'),
    })
    await using signer = await openSigner(store, 'fake:key')
    for (const message of messages) await signer.sign(chunked(message, 9))
    const [first, second] = store.requests
    expect(first).toMatchObject({ input: 'message' })
    expect(second).toMatchObject({ input: 'mu' })
    expect(second!.bytes).toEqual(messageRepresentative(signer.key.publicKey, messages[1]!))
  })

  it('is empty for an empty message, given whole or as a stream', async () => {
    const store = fakeStore({ type: 'Ed25519', accepts: { Ed25519: { message: 1 } } })
    await using signer = await openSigner(store, 'fake:key')
    const whole = await signer.sign(new Uint8Array())
    const streamed = await signer.sign(chunked(new Uint8Array(), 1))
    expect(streamed.bytes).toEqual(whole.bytes)
  })

  it('is held up to 64 MiB only, and the source is told to stop', async () => {
    const store = fakeStore({ type: 'Ed25519', accepts: { Ed25519: { message: 2 ** 40 } } })
    await using signer = await openSigner(store, 'fake:key')
    let ended = 0
    const tooMuch = zeros(200 * MiB, () => ended++)
    await expect(signer.sign(tooMuch)).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect.poll(() => ended).toBe(1)
    await expect(signer.sign(new Uint8Array(64 * MiB + 1))).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(store.requests).toHaveLength(0)
  })
})

it('μ is SHAKE256 over the hash of the raw public key, two zero bytes and the message', () => {
  const key = privateKey('ML-DSA-44')
  const spki = spkiOf(key)
  const raw = Buffer.from((key.export({ format: 'jwk' }) as { pub: string }).pub, 'base64url')
  const shake = (...parts: Uint8Array[]) =>
    createHash('shake256', { outputLength: 64 }).update(Buffer.concat(parts)).digest()
  const message = randomBytes(33)
  const expected = shake(shake(raw), Buffer.of(0, 0), message)
  expect(Buffer.from(messageRepresentative(spki, message))).toEqual(expected)
})

it('a stream of 96 MiB is hashed, not held, where the store takes digests', async () => {
  const store = fakeStore({ type: 'RSA-2048', accepts: { RS256: { digest: true } } })
  await using signer = await openSigner(store, 'fake:key')
  await signer.sign(zeros(96 * MiB))
  expect(store.requests[0]!.bytes).toHaveLength(32)
})

it('a message in one large array is hashed before the store is called, and later changes do not matter', async () => {
  const message = randomBytes(MiB)
  const expected = createHash('sha256').update(message).digest()
  const store = fakeStore({ type: 'RSA-2048', accepts: { RS256: { digest: true } } })
  await using signer = await openSigner(store, 'fake:key')
  const signing = signer.sign(message)
  message.fill(0)
  await signing
  expect(Buffer.from(store.requests[0]!.bytes)).toEqual(expected)
})

it('a stream is read once, although the first attempt fails', async () => {
  let calls = 0
  const key = privateKey('EC-P256')
  const store = fakeStore({
    type: 'EC-P256',
    accepts: { ES256: { message: 100 } },
    classify: () => ({ code: 'UNAVAILABLE' }),
    signRaw: async ({ algorithm, bytes }) => {
      calls++
      if (calls === 1) throw new Error('first')
      return signWith(key, algorithm, bytes, 'raw')
    },
  })
  await using signer = await openSigner(store, 'fake:key')
  let readings = 0
  await signer.sign({
    [Symbol.asyncIterator]: () => {
      readings++
      return chunked(Uint8Array.of(1, 2, 3), 1)
    },
  })
  expect({ calls, readings }).toEqual({ calls: 2, readings: 1 })
})

describe('a message that cannot be read', () => {
  const store = fakeStore({ type: 'Ed25519', accepts: { Ed25519: { message: 100 } } })

  it('is UNAVAILABLE when its source fails, and the store is not called', async () => {
    await using signer = await openSigner(store, 'fake:key')
    async function* broken() {
      yield Uint8Array.of(1)
      throw new Error('token=canary')
    }
    const error = await signer.sign(broken()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'UNAVAILABLE' })
    expect(String(error)).not.toContain('canary')
    expect(store.requests).toHaveLength(0)
  })

  it.each([
    ['text', 'abc'],
    ['nothing', undefined],
    ['an array', [1, 2]],
    ['a promise', Promise.resolve(new Uint8Array())],
  ])('is VALIDATION when it is %s', async (_, message) => {
    await using signer = await openSigner(store, 'fake:key')
    await expect(signer.sign(message as never)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('is VALIDATION when its chunks are text', async () => {
    await using signer = await openSigner(store, 'fake:key')
    async function* text() {
      yield 'abc'
    }
    await expect(signer.sign(text() as never)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('is given up when the caller aborts while the source hangs', async () => {
    await using signer = await openSigner(store, 'fake:key')
    const controller = new AbortController()
    const hanging = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
    const signing = signer.sign(hanging, { signal: controller.signal })
    controller.abort()
    await expect(signing).rejects.toMatchObject({ code: 'ABORTED' })
  })
})
