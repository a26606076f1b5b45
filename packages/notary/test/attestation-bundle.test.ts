import { createPublicKey, verify } from 'node:crypto'
import { isSealwrightError } from '@sealwright/core'
import { preAuthEncoding } from '@sealwright/core/dsse'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseBundle, parseStatement, predicateTypeOf, sigstoreBundle } from '../src/index.ts'
import { bundledBy } from './attesting.ts'
import { makeAuthority, makeParty, type Party } from './party.ts'

const PAYLOAD = { payloadType: 'application/vnd.in-toto+json', payload: Buffer.from('{"a":1}') }
const RAW = Buffer.from('bytes').toString('base64')

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'none'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return error.code
  }
}

describe('a Sigstore bundle', () => {
  let self: Party
  let issued: Party
  let rsa: Party
  beforeAll(async () => {
    const authority = await makeAuthority('Acme')
    const middle = await makeParty({
      organisation: 'Acme',
      authority,
      certificate: { ca: true, subject: 'C=DE,ST=Hessen,O=Acme,CN=middle' },
    })
    self = await makeParty({ organisation: 'Acme' })
    issued = await makeParty({ organisation: 'Acme', authority: { ...middle, root: middle.chain[0]! } })
    rsa = await makeParty({ organisation: 'Acme', key: 'rsa2048' })
  })

  it('is a DSSE with an ECDSA signature in DER and a hint at the key', async () => {
    const { mediaType, bytes } = await bundledBy(self)(PAYLOAD)
    expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
    const bundle = JSON.parse(Buffer.from(bytes).toString())
    const key = createPublicKey({ key: Buffer.from(self.signer.key.publicKey), format: 'der', type: 'spki' })
    const hint = Buffer.from(
      await crypto.subtle.digest('SHA-256', Uint8Array.from(self.signer.key.publicKey)),
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
    const chained = JSON.parse(Buffer.from((await bundledBy(issued, true)(PAYLOAD)).bytes).toString())
    const ders = issued.chain.map(({ der }) => ({ rawBytes: Buffer.from(der).toString('base64') }))
    expect(ders).toHaveLength(3)
    expect(chained.verificationMaterial).toEqual({
      x509CertificateChain: { certificates: ders.slice(0, 2) },
    })
    const alone = JSON.parse(Buffer.from((await bundledBy(self, true)(PAYLOAD)).bytes).toString())
    expect(alone.verificationMaterial).toEqual({
      certificate: { rawBytes: Buffer.from(self.chain[0]!.der).toString('base64') },
    })
  })

  it('is opened as it was made, with what it says of its key', async () => {
    for (const party of [self, rsa]) {
      const opened = sigstoreBundle.open((await bundledBy(party)(PAYLOAD)).bytes)
      expect(Buffer.from(opened.payload)).toEqual(PAYLOAD.payload)
      expect(opened.signatures).toHaveLength(1)
      expect(opened.signatures[0]!.keyId).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    }
  })

  it('gains no second signature', async () => {
    const { bytes } = await bundledBy(self)(PAYLOAD)
    const { key, algorithm } = self.signer
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

const statement = (members: object): Buffer =>
  Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'ab' } }],
      predicateType: 'https://example.org/t',
      predicate: {},
      ...members,
    }),
  )

describe('parseStatement', () => {
  it('reads v1 and v0.1, with names and several digests', () => {
    for (const type of ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']) {
      const subject = [{ name: 'app', digest: { sha256: 'ab', sha512: 'cd' } }]
      expect(parseStatement(statement({ _type: type, subject }))).toMatchObject({ type, subjects: subject })
    }
  })

  it('reads the predicate when it is asked for', () => {
    expect(parseStatement(statement({ predicate: { a: 1 } })).predicate).toEqual({ a: 1 })
    const twice = Buffer.from(
      statement({ predicate: { a: 1, b: 2 } })
        .toString()
        .replace('"b"', '"a"'),
    )
    const read = parseStatement(twice)
    expect(read.predicateType).toBeDefined()
    for (const _ of [1, 2]) expect(codeOf(() => read.predicate)).toBe('VALIDATION')
    const large = statement({ predicate: { a: Array(1_000_000).fill(0) } })
    expect(codeOf(() => parseStatement(large).predicate)).toBe('VALIDATION')
    const two = Buffer.from(`${statement({}).toString().slice(0, -1)},"predicate":{}}`)
    expect(codeOf(() => parseStatement(two))).toBe('VALIDATION')
  })

  it.each<[string, object]>([
    ['of another type', { _type: 'https://in-toto.io/Statement/v2' }],
    ['without a subject', { subject: [] }],
    ['with a subject that has no digest', { subject: [{ name: 'app' }] }],
    ['with an empty digest', { subject: [{ digest: {} }] }],
    ['with a digest that is a number', { subject: [{ digest: { sha256: 1 } }] }],
    ['without a predicate type', { predicateType: '' }],
    ['with a predicate that is text', { predicate: 'x' }],
    ['with more subjects than anybody has', { subject: Array(1025).fill({ digest: { sha256: 'ab' } }) }],
  ])('refuses a statement %s', (_, members) => {
    expect(codeOf(() => parseStatement(statement(members)))).toBe('VALIDATION')
  })
})

describe('predicateTypeOf', () => {
  it.each([
    ['slsa', 'https://slsa.dev/provenance/v1'],
    ['spdx', 'https://spdx.dev/Document'],
    ['cyclonedx', 'https://cyclonedx.org/bom'],
    ['vsa', 'https://slsa.dev/verification_summary/v1'],
    ['https://example.org/review/v1', 'https://example.org/review/v1'],
    ['urn:example:review', 'urn:example:review'],
  ])('takes %s for %s', (text, uri) => {
    expect(predicateTypeOf(text)).toBe(uri)
  })

  it.each([
    'slsa1',
    'SLSA',
    '',
    'https:',
    'https://example.org/a b',
    'https://example.org/\u0000',
    'constructor',
  ])('refuses %j', text => {
    expect(codeOf(() => predicateTypeOf(text))).toBe('VALIDATION')
  })
})
