import { execFileSync } from 'node:child_process'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Algorithm, algorithms, openSigner, type RawSignature } from '../../src/index.ts'
import { chunked, fakeStore, paddingOf, privateKey, rows, spkiOf } from '../fake-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'sealwright-core-'))
afterAll(() => rmSync(folder, { recursive: true }))

const message = randomBytes(3000)

/** Verified by node:crypto itself, not through ours. */
function holds(algorithm: Algorithm, spki: Uint8Array, signature: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  const encoding = algorithm.family === 'ECDSA' ? { dsaEncoding: 'ieee-p1363' as const } : {}
  return verify(algorithm.hash ?? null, message, { key, ...paddingOf(algorithm), ...encoding }, signature)
}

/** A bare digest signed by openssl, as a key service does it: ECDSA answers in DER. */
function opensslSignDigest(algorithm: Algorithm, digest: Uint8Array): RawSignature {
  const file = join(folder, `${algorithm.keyTypes[0]}.pem`)
  writeFileSync(file, privateKey(algorithm.keyTypes[0]!).export({ type: 'pkcs8', format: 'pem' }))
  const options = ['-pkeyopt', `digest:${algorithm.hash}`]
  if (algorithm.family === 'RSASSA-PSS') {
    options.push('-pkeyopt', 'rsa_padding_mode:pss', '-pkeyopt', 'rsa_pss_saltlen:digest')
  }
  const bytes = execFileSync('openssl', ['pkeyutl', '-sign', '-inkey', file, ...options], { input: digest })
  return { bytes: new Uint8Array(bytes), encoding: algorithm.family === 'ECDSA' ? 'der' : 'raw' }
}

describe.each(rows)('%s', (id, type) => {
  const algorithm = algorithms[id]

  it.each(['der', 'raw'] as const)(
    'signs a message that its store takes whole and answers in %s',
    async encoding => {
      const store = fakeStore({ type, accepts: { [id]: { message: 4096 } }, encoding })
      await using signer = await openSigner(store, 'fake:key')
      const signature = await signer.sign(message)
      expect(signature.algorithm).toBe(id)
      expect(holds(algorithm, signer.key.publicKey, signature.bytes)).toBe(true)
      expect(store.requests.map(({ input, bytes }) => [input, bytes.length])).toEqual([['message', 3000]])
    },
  )

  it('signs a message that comes in chunks from a buffer that is used again', async () => {
    const store = fakeStore({ type, accepts: { [id]: { message: 4096 } } })
    await using signer = await openSigner(store, 'fake:key')
    const buffer = new Uint8Array(7)
    async function* reused() {
      for await (const chunk of chunked(message, buffer.length)) {
        buffer.set(chunk)
        yield buffer.subarray(0, chunk.length)
      }
    }
    const signature = await signer.sign(reused())
    expect(holds(algorithm, signer.key.publicKey, signature.bytes)).toBe(true)
  })
})

describe.each(rows.filter(([id]) => algorithms[id].hash))('%s by digest', (id, type) => {
  it.each([
    ['whole', () => message],
    ['in chunks', () => chunked(message, 17)],
  ])('signs a message given %s, of which the store sees the digest alone', async (_, give) => {
    const store = fakeStore({
      type,
      accepts: { [id]: { digest: true, message: 10 } },
      signRaw: async ({ algorithm, bytes }) => opensslSignDigest(algorithm, bytes),
    })
    await using signer = await openSigner(store, 'fake:key')
    const signature = await signer.sign(give())
    expect(holds(algorithms[id], signer.key.publicKey, signature.bytes)).toBe(true)
    expect(store.requests.map(({ input, bytes }) => [input, bytes.length])).toEqual([
      ['digest', algorithms[id].digestLength],
    ])
  })
})

it('512 ECDSA signatures in DER of each curve verify as r‖s of the full length, short numbers included', async () => {
  for (const [id, type, count] of [
    ['ES256', 'EC-P256', 512],
    ['ES384', 'EC-P384', 128],
    ['ES512', 'EC-P521', 512],
    ['ES256K', 'EC-secp256k1', 128],
  ] as const) {
    await using signer = await openSigner(
      fakeStore({ type, accepts: { [id]: { message: 100 } }, encoding: 'der' }),
      'fake:key',
    )
    const spki = spkiOf(privateKey(type))
    let padded = 0
    for (let n = 0; n < count; n++) {
      const { bytes } = await signer.sign(Uint8Array.of(n, n >> 8))
      expect(bytes.length).toBe(algorithms[id].signatureLength)
      if (bytes[0] === 0 || bytes[bytes.length / 2] === 0) padded++
      const key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
      const good = verify(
        algorithms[id].hash,
        Uint8Array.of(n, n >> 8),
        { key, dsaEncoding: 'ieee-p1363' },
        bytes,
      )
      expect(good).toBe(true)
    }
    // Half of all P-521 numbers begin with a zero byte: this curve proves the padding whatever the luck.
    if (id === 'ES512') expect(padded).toBeGreaterThan(0)
  }
})
