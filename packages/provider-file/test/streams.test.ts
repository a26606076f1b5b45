import { createVerify, generateKeyPairSync, verify } from 'node:crypto'
import { openSigner, SealwrightError, verifySignature } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { fileKeys } from '../src/index.ts'
import { keyFile, keyFolder } from './key-folder.ts'

const folder = keyFolder()
const MiB = 2 ** 20

const kinds = {
  EC: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  RSA: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: () => generateKeyPairSync('ed25519'),
}

function pair(kind: keyof typeof kinds) {
  const { privateKey, publicKey } = kinds[kind]()
  return { path: keyFile(folder, privateKey.export({ type: 'pkcs8', format: 'pem' })), publicKey }
}

/** The same buffer again and again, as a file is read. */
async function* chunks(count: number, note?: () => void): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(MiB)
  for (let at = 0; at < count; at++) {
    buffer.fill(at)
    note?.()
    yield buffer
  }
}

describe('a stream is hashed as it arrives', () => {
  it.each([
    ['ES384', 'EC'],
    ['PS256', 'RSA'],
    ['RS512', 'RSA'],
  ] as const)(
    '%s over 400 MB in flat memory, and the signature is that of node:crypto',
    async (algorithm, kind) => {
      const { path, publicKey } = pair(kind)
      await using signer = await openSigner(fileKeys(), `file:${path}`, { algorithm })
      globalThis.gc?.()
      const before = process.memoryUsage()
      let most = 0
      const watched = chunks(400, () => {
        const { external, arrayBuffers, heapUsed } = process.memoryUsage()
        most = Math.max(
          most,
          external + heapUsed - before.external - before.heapUsed,
          arrayBuffers - before.arrayBuffers,
        )
      })
      const { bytes } = await signer.sign(watched)
      expect(most).toBeLessThan(64 * MiB)
      const verifier = createVerify(signer.algorithm.hash!)
      for await (const chunk of chunks(400)) verifier.update(chunk)
      const options = algorithm.startsWith('PS')
        ? { padding: 6, saltLength: 32 }
        : { dsaEncoding: 'ieee-p1363' as const }
      expect(verifier.verify({ key: publicKey, ...options }, bytes)).toBe(true)
    },
  )

  it('whatever the length of its chunks', async () => {
    const { path, publicKey } = pair('EC')
    await using signer = await openSigner(fileKeys(), `file:${path}`)
    const message = Buffer.from('a message in several chunks')
    for (const size of [1, 5, 100]) {
      const { bytes } = await signer.sign(
        (async function* () {
          for (let at = 0; at < message.length; at += size) yield message.subarray(at, at + size)
        })(),
      )
      expect(verify('sha384', message, { key: publicKey, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true)
    }
  })
})

it('a message in one array above 64 MiB is signed, too', async () => {
  const { path } = pair('EC')
  await using signer = await openSigner(fileKeys(), `file:${path}`)
  const message = Buffer.alloc(65 * MiB, 7)
  const { bytes, algorithm } = await signer.sign(message)
  expect(verifySignature(algorithm, signer.key.publicKey, message, bytes)).toBe(true)
})

it('Ed25519 signs the message itself: the limit stays, and the advice names keys that have none', async () => {
  const { path } = pair('Ed25519')
  await using signer = await openSigner(fileKeys(), `file:${path}`)
  const error = await signer.sign(chunks(65)).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(SealwrightError)
  expect(error).toMatchObject({ code: 'UNSUPPORTED', fix: expect.stringContaining('an RSA or ECDSA key') })
})
