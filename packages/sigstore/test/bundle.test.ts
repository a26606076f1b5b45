import { createPublicKey, verify } from 'node:crypto'
import { type Signer, seal } from '@sealwright/core'
import { preAuthEncoding } from '@sealwright/core/dsse'
import { type Certificate, issueCertificate } from '@sealwright/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeKey, signerOf } from '../../x509/test/test-signer.ts'
import { parseBundle, sigstoreBundle } from '../src/index.ts'
import { codeOf } from './code-of.ts'

const PAYLOAD = { payloadType: 'application/vnd.in-toto+json', payload: Buffer.from('{"a":1}') }
const RAW = Buffer.from('bytes').toString('base64')

describe('a Sigstore bundle', () => {
  let root: Certificate
  let middle: Certificate
  let leaf: Certificate
  let signer: Signer
  let rsa: Signer
  beforeAll(async () => {
    const authority = await signerOf(makeKey('p256'), 'ES256')
    signer = await signerOf(makeKey('p256'), 'ES256')
    rsa = await signerOf(makeKey('rsa2048'), 'RS256')
    const between = await signerOf(makeKey('p256'), 'ES256')
    const year = { notBefore: new Date('2026-01-01'), notAfter: new Date('2027-01-01') }
    const { publicKey } = authority.key
    root = await issueCertificate({
      signer: authority,
      subject: 'C=DE,O=Acme,CN=root',
      publicKey,
      ca: true,
      ...year,
    })
    middle = await issueCertificate({
      signer: authority,
      issuer: root,
      subject: 'C=DE,O=Acme,CN=middle',
      publicKey: between.key.publicKey,
      ca: true,
      ...year,
    })
    leaf = await issueCertificate({
      signer: between,
      issuer: middle,
      subject: 'C=DE,O=Acme,CN=release',
      publicKey: signer.key.publicKey,
      ...year,
    })
  })

  const sealed = (by: Signer, certificates: readonly Certificate[] = []) =>
    seal(sigstoreBundle, PAYLOAD, by, { attributes: {}, certificates: certificates.map(({ der }) => der) })

  it('is a DSSE with an ECDSA signature in DER and a hint at the key', async () => {
    const { mediaType, bytes } = await sealed(signer)
    expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
    const bundle = JSON.parse(Buffer.from(bytes).toString())
    const key = createPublicKey({ key: Buffer.from(signer.key.publicKey), format: 'der', type: 'spki' })
    const hint = Buffer.from(
      await crypto.subtle.digest('SHA-256', Uint8Array.from(signer.key.publicKey)),
    ).toString('base64')
    expect(bundle).toEqual({
      mediaType,
      verificationMaterial: { publicKey: { hint } },
      dsseEnvelope: {
        payloadType: PAYLOAD.payloadType,
        payload: PAYLOAD.payload.toString('base64'),
        signatures: [{ sig: expect.any(String) }],
      },
    })
    const signature = Buffer.from(bundle.dsseEnvelope.signatures[0].sig, 'base64')
    expect(verify('sha256', preAuthEncoding(PAYLOAD.payloadType, PAYLOAD.payload), key, signature)).toBe(true)
  })

  it('carries a chain without its root, and one certificate alone as such', async () => {
    const chained = JSON.parse(Buffer.from((await sealed(signer, [leaf, middle, root])).bytes).toString())
    const ders = [leaf, middle].map(({ der }) => ({ rawBytes: Buffer.from(der).toString('base64') }))
    expect(chained.verificationMaterial).toEqual({
      x509CertificateChain: { certificates: ders },
    })
    const alone = JSON.parse(Buffer.from((await sealed(signer, [leaf])).bytes).toString())
    expect(alone.verificationMaterial).toEqual({
      certificate: { rawBytes: Buffer.from(leaf.der).toString('base64') },
    })
  })

  it('is opened as it was made, with what it says of its key', async () => {
    for (const by of [signer, rsa]) {
      const opened = sigstoreBundle.open((await sealed(by)).bytes)
      expect(Buffer.from(opened.payload)).toEqual(PAYLOAD.payload)
      expect(opened.signatures).toHaveLength(1)
      expect(opened.signatures[0]!.keyId).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    }
  })

  it('gains no second signature', async () => {
    const { bytes } = await sealed(signer)
    const { key, algorithm } = signer
    expect(codeOf(() => sigstoreBundle.prepare(PAYLOAD, {}, { key, algorithm: algorithm.id }, bytes))).toBe(
      'VALIDATION',
    )
  })
})

const envelope = { payloadType: 'a/b', payload: RAW, signatures: [{ sig: RAW }] }
const hinted = { publicKey: { hint: 'x' } }
const bundle = (members: object): Buffer =>
  Buffer.from(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: hinted,
      dsseEnvelope: envelope,
      ...members,
    }),
  )

describe('parseBundle', () => {
  it.each([
    ['0.1', 'application/vnd.dev.sigstore.bundle+json;version=0.1'],
    ['0.2', 'application/vnd.dev.sigstore.bundle+json;version=0.2'],
    ['0.3', 'application/vnd.dev.sigstore.bundle+json;version=0.3'],
    ['0.3', 'application/vnd.dev.sigstore.bundle.v0.3+json'],
  ])('reads version %s as %s', (version, mediaType) => {
    expect(parseBundle(bundle({ mediaType })).version).toBe(version)
  })

  it('gives the DSSE as it was written, to the last digit', () => {
    const text = bundle({})
      .toString()
      .replace('"payloadType"', '"build": 12345678901234567890, "payloadType"')
    const { content } = parseBundle(Buffer.from(text))
    expect(content.kind === 'dsse' && Buffer.from(content.envelope).toString()).toContain(
      '"build": 12345678901234567890, "payloadType"',
    )
  })

  it('reads a message signature, certificates, timestamps and the number of log entries', () => {
    const read = parseBundle(
      bundle({
        dsseEnvelope: null,
        messageSignature: { messageDigest: { algorithm: 'SHA2_256', digest: RAW }, signature: RAW },
        verificationMaterial: {
          certificate: { rawBytes: RAW },
          tlogEntries: [{ logIndex: '1' }, {}],
          timestampVerificationData: { rfc3161Timestamps: [{ signedTimestamp: RAW }] },
        },
      }),
    )
    expect(read).toMatchObject({
      certificates: [Uint8Array.from(Buffer.from('bytes'))],
      logEntries: 2,
      content: { kind: 'message', digest: { algorithm: 'SHA2_256' } },
    })
    expect(read.timestamps).toHaveLength(1)
    expect(read.hint).toBeUndefined()
  })

  it.each<[string, object | string]>([
    ['of no known version', { mediaType: 'application/vnd.dev.sigstore.bundle.v0.4+json' }],
    ['with a member that is unknown', { extra: 1 }],
    ['with both kinds of content', { messageSignature: { signature: RAW } }],
    ['without content', { dsseEnvelope: null }],
    ['without material', { verificationMaterial: {} }],
    ['with two kinds of material', { verificationMaterial: { ...hinted, certificate: { rawBytes: RAW } } }],
    ['with a chain of nothing', { verificationMaterial: { x509CertificateChain: { certificates: [] } } }],
    ['with base64 of another alphabet', { verificationMaterial: { certificate: { rawBytes: '-_8=' } } }],
    ['with a hint that is a number', { verificationMaterial: { publicKey: { hint: 1 } } }],
    ['that is a list', '[]'],
    ['with a member twice', '{"mediaType":"a","mediaType":"b"}'],
  ])('refuses a bundle %s', (_, members) => {
    const bytes = typeof members === 'string' ? Buffer.from(members) : bundle(members)
    expect(codeOf(() => parseBundle(bytes))).toBe('VALIDATION')
  })

  it('leaves a DSSE of two signatures to be refused by whoever opens it', () => {
    const two = bundle({ dsseEnvelope: { ...envelope, signatures: [{ sig: RAW }, { sig: RAW }] } })
    expect(codeOf(() => sigstoreBundle.open(two))).toBe('VALIDATION')
  })
})
