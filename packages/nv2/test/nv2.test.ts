import { createPublicKey, verify } from 'node:crypto'
import { type EnvelopeFormat, isSealwrightError, verifySignature } from '@sealwright/core'
import { compactVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { envelope, testSigner } from '../../core/test/envelope-signing.ts'
import { refusalOf } from '../../core/test/mutations.ts'
import { type Nv2Attributes, nv2, nv2First, nv2Jwt, nv2KeyId, nv2TypeOf, openNv2 } from '../src/index.ts'

const digest = `sha256:${'a'.repeat(64)}`
const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
const references = ['registry.example/app:v1', 'registry.example/app?<&>']
const first = { digest, size: 528, references }
const content = { mediaType, ...first }
const attributes: Nv2Attributes = {
  issuedAt: new Date('2020-07-29T11:15:19.987Z'),
  notBefore: new Date('2020-07-29T11:15:19.987Z'),
  expiry: new Date('2021-07-29T11:15:19.987Z'),
}
const rsa = testSigner('RSA-2048', 'RS256')
const ec = testSigner('EC-P384', 'ES384')
const { certificates, ...keyOnly } = rsa.identity
const byKeyId = { ...rsa, identity: keyOnly as typeof rsa.identity }

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text))
const escaped = '"references":["registry.example/app:v1","registry.example/app?\\u003c\\u0026\\u003e"]'
const kid = nv2KeyId(rsa.identity.key.publicKey)
const x5c = Buffer.from(certificates[0]!).toString('base64')

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (isSealwrightError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('the bytes of an nv2 envelope', () => {
  const sigOf = (bytes: Uint8Array): string => /"sig":"([^"]*)"/.exec(textOf(bytes))![1]!

  it('are the JSON of the overview, its members in that order', () => {
    const bytes = envelope(nv2, content, attributes, byKeyId)
    expect(textOf(bytes)).toBe(
      `{"signed":{"exp":1627557319,"nbf":1596021319,"iat":1596021319,"mediaType":"${mediaType}","digest":"${digest}","size":528,${escaped}},` +
        `"signature":{"typ":"x509","sig":"${sigOf(bytes)}","alg":"RS256","kid":"${kid}"}}`,
    )
  })

  it('are the first JSON of the prototype, which has no media type', () => {
    const bytes = envelope(nv2First, first, attributes, rsa)
    expect(textOf(bytes)).toBe(
      `{"signed":{"digest":"${digest}","size":528,${escaped},"exp":1627557319,"nbf":1596021319,"iat":1596021319},` +
        `"signature":{"typ":"x509","sig":"${sigOf(bytes)}","alg":"RS256","x5c":["${x5c}"]}}`,
    )
  })

  it('are the token of the prototype, with nothing after it', () => {
    const [header, claims, signature, ...more] = textOf(envelope(nv2Jwt, content, attributes, byKeyId)).split(
      '.',
    )
    expect(Buffer.from(header!, 'base64url').toString()).toBe(`{"typ":"x509","alg":"RS256","kid":"${kid}"}`)
    expect(Buffer.from(claims!, 'base64url').toString()).toBe(
      `{"mediaType":"${mediaType}","digest":"${digest}","size":528,${escaped},"exp":1627557319,"iat":1596021319,"nbf":1596021319}`,
    )
    expect(signature).toMatch(/^[\w-]+$/)
    expect(more).toEqual([])
  })

  it('leave out what is not claimed', () => {
    const bytes = envelope(nv2, { mediaType, digest, size: 0 }, {}, rsa)
    expect(textOf(bytes)).toMatch(`{"signed":{"mediaType":"${mediaType}","digest":"${digest}","size":0},`)
    const opened = nv2.open(bytes)
    expect(opened.content()).toEqual({ mediaType, digest, size: 0 })
    expect(opened.signatures[0]!.attributes).toEqual({})
  })
})

describe('an nv2 signature', () => {
  it('of the JSON forms holds over the bytes of signed, for a verifier that is not ours', () => {
    for (const bytes of [
      envelope(nv2, content, attributes, rsa),
      envelope(nv2First, first, attributes, rsa),
    ]) {
      const { signature } = JSON.parse(textOf(bytes))
      const signed = /^\{"signed":(.*),"signature":/.exec(textOf(bytes))![1]!
      const key = createPublicKey(rsa.privateKey)
      expect(verify('sha256', Buffer.from(signed), key, Buffer.from(signature.sig, 'base64'))).toBe(true)
      expect(verify('sha256', Buffer.from(`${signed} `), key, Buffer.from(signature.sig, 'base64'))).toBe(
        false,
      )
    }
  })

  it.each([
    ['RSA', rsa],
    ['EC', ec],
  ])('of the token holds for jose, with %s', async (_, signer) => {
    const token = textOf(envelope(nv2Jwt, content, attributes, signer))
    const { payload, protectedHeader } = await compactVerify(token, createPublicKey(signer.privateKey))
    expect(JSON.parse(textOf(payload))).toMatchObject({ digest, size: 528, references })
    expect(protectedHeader).toMatchObject({ typ: 'x509', alg: signer.identity.algorithm })
  })

  it.each([
    ['json', nv2 as EnvelopeFormat<unknown, Nv2Attributes>, content],
    ['first-json', nv2First as EnvelopeFormat<unknown, Nv2Attributes>, first],
    ['jwt', nv2Jwt as EnvelopeFormat<unknown, Nv2Attributes>, content],
  ])('of the form %s is read as what was written', (form, format, wanted) => {
    for (const signer of [rsa, byKeyId, ec]) {
      const bytes = envelope(format, wanted, attributes, signer)
      const opened = openNv2(bytes)
      expect(opened).toMatchObject({ form, mediaType: format.mediaType })
      expect(nv2TypeOf(bytes)).toBe(format.mediaType)
      expect(opened.envelope.content()).toEqual(wanted)
      const [signature] = opened.envelope.signatures
      expect(signature).toMatchObject({ algorithm: signer.identity.algorithm, evidence: {} })
      if (signer === byKeyId) expect(signature!.keyId).toBe(kid)
      else expect(signature!.certificates).toEqual(signer.identity.certificates)
      expect(signature!.attributes).toEqual({
        issuedAt: new Date('2020-07-29T11:15:19Z'),
        notBefore: new Date('2020-07-29T11:15:19Z'),
        expiry: new Date('2021-07-29T11:15:19Z'),
      })
      const { algorithm, key } = signer.identity
      expect(verifySignature(algorithm, key.publicKey, signature!.toBeSigned, signature!.bytes)).toBe(true)
    }
  })
})

describe('who may sign', () => {
  const keyOf = (publicKey: Uint8Array, ...ids: readonly string[]) => ({
    ...rsa.identity.key,
    publicKey,
    algorithms: Object.fromEntries(ids.map(id => [id, { digest: true as const }])),
  })
  const spki = rsa.identity.key.publicKey

  it('is a key of the algorithm that docker/libtrust chooses', () => {
    expect(nv2.algorithmFor(keyOf(spki, 'PS256', 'RS512', 'RS256'))).toBe('RS256')
    expect(nv2.algorithmFor(keyOf(spki, 'RS512'))).toBe('RS512')
    expect(nv2Jwt.algorithmFor(ec.identity.key)).toBe('ES384')
  })

  it('does not include a key bound to RSASSA-PSS, or one of another kind', () => {
    const ed25519 = testSigner('Ed25519', 'Ed25519').identity.key
    for (const key of [keyOf(spki, 'PS256', 'PS512'), ed25519])
      expect(refusalOf(() => nv2First.algorithmFor(key))).toBe('nv2 signatures are not made with this key')
  })

  it('does not include a key that its certificate does not match, or another algorithm', () => {
    const other = { ...rsa.identity, certificates: ec.identity.certificates }
    expect(codeOf(() => nv2.prepare(content, attributes, other))).toBe('KEY_MISMATCH')
    const strange = { ...rsa.identity, algorithm: 'RS512' as const }
    expect(refusalOf(() => nv2.prepare(content, attributes, strange))).toContain('RS256')
  })

  it('gives no key id of its own, no second signature and no evidence', () => {
    expect(
      codeOf(() => nv2.prepare(content, attributes, { ...keyOnly, keyId: 'ABCD' } as typeof rsa.identity)),
    ).toBe('UNSUPPORTED')
    expect(codeOf(() => nv2.prepare(content, attributes, rsa.identity, new Uint8Array()))).toBe('UNSUPPORTED')
    for (const format of [nv2, nv2Jwt])
      expect(
        codeOf(() =>
          envelope(format, content, attributes, rsa, { evidence: { timestamps: [Uint8Array.of(0x30, 0)] } }),
        ),
      ).toBe('UNSUPPORTED')
  })
})

describe('what is refused before it is signed', () => {
  const long = 'r'.repeat(4097)
  it.each([
    ['a digest that is none', { ...content, digest: 'sha256:ab' }, attributes],
    ['a negative size', { ...content, size: -1 }, attributes],
    ['no media type', { ...content, mediaType: '' }, attributes],
    ['an empty list of references', { ...content, references: [] }, attributes],
    ['a reference with a space', { ...content, references: ['a b'] }, attributes],
    ['a reference without end', { ...content, references: [long] }, attributes],
    ['too many references', { ...content, references: Array(257).fill('a') }, attributes],
    ['a member of its own', { ...content, more: 1 }, attributes],
    ['an end before the issue', content, { ...attributes, expiry: attributes.issuedAt! }],
    ['a time that is none', content, { issuedAt: new Date(Number.NaN) }],
    ['a time before 1970', content, { issuedAt: new Date(-1) }],
  ])('%s', (_, wrong, times) => {
    expect(refusalOf(() => nv2.prepare(wrong, times, rsa.identity))).toContain('nv2 envelope')
  })

  it('a media type in the form that has no place for it', () => {
    expect(refusalOf(() => nv2First.prepare(content, attributes, rsa.identity))).toContain('mediaType')
  })
})

describe('what is refused when it is read', () => {
  const good = textOf(envelope(nv2, content, attributes, rsa))
  const changed = (from: string | RegExp, to: string): string => {
    const text = good.replace(from, to)
    expect(text).not.toBe(good)
    return text
  }

  it.each([
    ['a member twice', () => changed('"size":528', '"size":528,"size":529'), 'twice'],
    ['a claim of its own', () => changed('"size":528', '"size":528,"crit":[]'), 'a claim'],
    ['a size that is not an integer', () => changed('"size":528', '"size":528.0'), 'integer'],
    ['a size as text', () => changed('"size":528', '"size":"528"'), 'not a size'],
    ['a time of zero', () => changed('"nbf":1596021319', '"nbf":0'), 'not a time'],
    ['a time beyond 9999', () => changed('"nbf":1596021319', '"nbf":253402300800'), 'not a time'],
    ['a digest in capitals', () => changed(digest, digest.toUpperCase()), 'not a digest'],
    ['references that are no list', () => changed(/\[.*?\]/, '"a"'), 'not a list'],
    ['another type of signature', () => changed('"typ":"x509"', '"typ":"gpg"'), 'another type'],
    ['another algorithm', () => changed('"alg":"RS256"', '"alg":"PS256"'), 'not an algorithm'],
    ['an algorithm that is none', () => changed('"alg":"RS256"', '"alg":"none"'), 'not an algorithm'],
    ['both kid and x5c', () => changed('"x5c"', `"kid":"${kid}","x5c"`), 'not one of'],
    ['neither kid nor x5c', () => changed(/,"x5c":\[.*?\]/, ''), 'not one of'],
    ['a certificate that is none', () => changed(x5c, 'AAAA'), 'certificate 1'],
    ['too many certificates', () => changed(`"${x5c}"`, Array(21).fill(`"${x5c}"`).join()), 'more than 20'],
    ['base64 of the other alphabet', () => changed(/"sig":"..../, '"sig":"__--'), 'base64'],
    ['a third member', () => changed('{"signed"', '{"a":1,"signed"'), 'other than'],
    [
      'a signature that is not an object',
      () => changed(/"signature":.*/s, '"signature":[]}'),
      'not an object',
    ],
  ])('%s', (_, text, fault) => {
    expect(refusalOf(() => nv2.open(bytesOf(text())))).toContain(fault)
  })

  it('one form by the reader of another', () => {
    const token = envelope(nv2Jwt, content, attributes, rsa)
    const old = envelope(nv2First, first, attributes, rsa)
    expect(refusalOf(() => nv2.open(old))).toContain('media type')
    expect(refusalOf(() => nv2First.open(bytesOf(good)))).toContain('a claim')
    expect(refusalOf(() => nv2.open(token))).toContain('line 1')
    expect(refusalOf(() => nv2Jwt.open(old))).toContain('nv2 token')
    expect(refusalOf(() => openNv2(new Uint8Array()))).toContain('end')
    for (const other of ['', 'e', 'e.y', '{}', '[]', '{"signed":{}}'])
      expect(nv2TypeOf(Buffer.from(other))).toBeUndefined()
  })

  it('a token with a newline after it, a fourth part, or padding', () => {
    const token = textOf(envelope(nv2Jwt, content, attributes, rsa))
    for (const text of [`${token}\n`, `${token}.`, `${token}.a`, `${token}==`, token.replace('.', '..')])
      expect(refusalOf(() => nv2Jwt.open(bytesOf(text)))).toContain('nv2 token')
  })

  it('more bytes than an envelope may have, before they are read', () => {
    const large = new Uint8Array(4 * 1024 * 1024 + 1).fill(0x20)
    for (const open of [nv2.open, nv2First.open, nv2Jwt.open, openNv2])
      expect(refusalOf(() => open(large))).toContain('more than')
  })
})

it('space around the members changes nothing, space within signed breaks the signature', () => {
  const good = envelope(nv2, content, attributes, rsa)
  const { key, algorithm } = rsa.identity
  const holds = (text: string): boolean => {
    const { toBeSigned, bytes } = nv2.open(bytesOf(text)).signatures[0]!
    return verifySignature(algorithm, key.publicKey, toBeSigned, bytes)
  }
  expect(holds(`\n${textOf(good).replace('{"signed":', '{ "signed" :\n')}\n`)).toBe(true)
  expect(holds(JSON.stringify(JSON.parse(textOf(good)), undefined, 2))).toBe(false)
})
