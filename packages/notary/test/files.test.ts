import { createHash } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createVerifier,
  fileContent,
  notaryCose,
  notaryJws,
  type SignatureBinding,
  signFile,
  trustAnchors,
} from '../src/index.ts'
import { makeParty, NOW, type Party, sealedBy } from './party.ts'
import { trustOf } from './trust.ts'

const FILE = Buffer.from('a file of some bytes\n'.repeat(1000))

async function* inChunks(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 777) yield bytes.subarray(at, at + 777)
}

describe('a file', () => {
  let vendor: Party
  let strong: Party
  beforeAll(async () => {
    vendor = await makeParty({ organisation: 'Acme' })
    strong = await makeParty({ organisation: 'Acme', key: 'p384' })
  })

  const sign = (party: Party, binding: SignatureBinding = notaryJws, metadata = {}) =>
    signFile(inChunks(FILE), binding, sealedBy(party, { binding }), {
      algorithm: party.signer.algorithm.id,
      metadata,
    })
  const verifierOf = (party: Party) =>
    createVerifier({ trust: trustAnchors({ certificates: [party.root.der] }), clock: () => NOW })

  it('is named by the hash of the key that signs it', async () => {
    const expected = (hash: string) => `${hash}:${createHash(hash).update(FILE).digest('hex')}`
    expect((await sign(vendor)).content).toEqual({
      mediaType: 'application/octet-stream',
      digest: expected('sha256'),
      size: FILE.length,
    })
    expect((await sign(strong)).content.digest).toBe(expected('sha384'))
  })

  it.each([notaryJws, notaryCose])(
    'is verified by its detached $name signature, whatever its chunks',
    async binding => {
      const { envelope, content } = await sign(strong, binding, { build: '42' })
      const verifier = await verifierOf(strong)
      const report = await verifier.verifyFile(
        { content: FILE, envelope, name: './app.tgz', mediaType: 'application/octet-stream' },
        { metadata: { build: '42' } },
      )
      expect(report).toMatchObject({
        reference: './app.tgz',
        resolved: `./app.tgz@${content.digest}`,
        verdict: 'verified',
        signatures: [
          {
            format: binding.name,
            digest: `sha256:${createHash('sha256').update(envelope.bytes).digest('hex')}`,
          },
        ],
      })
      expect((await verifier.verifyFile({ content: inChunks(FILE), envelope })).verdict).toBe('verified')
    },
  )

  it('needs a signature of at least a byte, even where the policy skips', async () => {
    const statement = {
      signatureVerification: { level: 'skip' },
      trustStores: [],
      trustedIdentities: [],
    } as const
    const verifier = await createVerifier({ trust: trustOf({ kind: 'blob', statement }) })
    const verifyWith = (bytes: Uint8Array) =>
      verifier.verifyFile({ content: FILE, envelope: { mediaType: notaryJws.mediaType, bytes } })
    expect((await verifyWith(Buffer.from('x'))).verdict).toBe('skipped')
    await expect(verifyWith(Buffer.of())).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('is not verified once it was changed, or under another type', async () => {
    const { envelope } = await sign(vendor)
    const verifier = await verifierOf(vendor)
    const changed = Buffer.from(FILE)
    changed[5]! ^= 1
    expect((await verifier.verifyFile({ content: changed, envelope })).reason?.code).toBe('TAMPERED')
    expect(
      (await verifier.verifyFile({ content: FILE, envelope, mediaType: 'image/png' })).reason?.code,
    ).toBe('TAMPERED')
  })

  it('is not even read if its signer is a stranger', async () => {
    const { envelope } = await sign(vendor)
    const report = await (await verifierOf(strong)).verifyFile({
      // biome-ignore lint/correctness/useYield: it must not be asked for anything.
      content: (async function* () {
        throw new Error('read')
      })(),
      envelope,
    })
    expect(report.reason?.code).toBe('UNTRUSTED')
  })

  it('is judged by the statement of a name, or the global one', async () => {
    const { envelope } = await sign(vendor)
    const verifier = await createVerifier({
      trust: trustOf({
        kind: 'blob',
        statement: { globalPolicy: false },
        stores: { 'ca:acme': [vendor.root] },
      }),
      clock: () => NOW,
    })
    expect((await verifier.verifyFile({ content: FILE, envelope, statement: 'prod' })).verdict).toBe(
      'verified',
    )
    expect(await verifier.verifyFile({ content: FILE, envelope })).toMatchObject({
      verdict: 'denied',
      reason: { code: 'NO_STATEMENT' },
    })
    expect((await verifier.verifyFile({ content: FILE, envelope, statement: 'other' })).verdict).toBe(
      'denied',
    )
    await expect(verifier.verifyFile({ content: FILE, envelope, statement: ' ' })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })

  it('needs media types that are some', async () => {
    await expect(fileContent(FILE, { algorithm: 'ES256', mediaType: 'nonsense/' })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await expect(
      fileContent(FILE, { algorithm: 'ES256', mediaType: 'text/plain; charset=utf-8' }),
    ).resolves.toBeDefined()
    const { envelope } = await sign(vendor)
    const verifier = await verifierOf(vendor)
    await expect(
      verifier.verifyFile({ content: FILE, envelope: { ...envelope, mediaType: 'text/plain' } }),
    ).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    await expect(verifier.verifyFile({ content: FILE, envelope, mediaType: '' })).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })

  it('may be given up on in the middle', async () => {
    const { envelope } = await sign(vendor)
    const controller = new AbortController()
    const endless = (async function* () {
      for (;;) {
        controller.abort()
        yield FILE
      }
    })()
    const verifier = await verifierOf(vendor)
    await expect(
      verifier.verifyFile({ content: endless, envelope }, { signal: controller.signal }),
    ).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })
})
