import { createPublicKey } from 'node:crypto'
import { flattenedVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url, encodeJson } from '../../src/encoding/index.ts'
import { isSealwrightError, verifySignature } from '../../src/index.ts'
import { notaryAlgorithmFor, notaryJws } from '../../src/notary-jws/index.ts'
import { envelope, type TestSigner, testSigner } from '../envelope-signing.ts'
import { refusalOf } from '../mutations.ts'

const content = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'a'.repeat(64)}`,
  size: 528,
  annotations: { 'com.example/build': '<42> & more', 10: 'ten', 9: 'nine' },
}
const attributes = { signingTime: new Date('2025-06-01T12:00:00.987Z') }
const signer = testSigner('EC-P256', 'ES256')
const good = envelope(notaryJws, content, attributes, signer)

type Json = Record<string, unknown>
const parsed = (bytes: Uint8Array): { payload: string; protected: string; header: Json; signature: string } =>
  JSON.parse(Buffer.from(bytes).toString())
const bytesOf = (value: unknown) => new Uint8Array(Buffer.from(JSON.stringify(value)))
const protectedOf = (bytes: Uint8Array): Json =>
  JSON.parse(Buffer.from(parsed(bytes).protected, 'base64url').toString())

/** `good` with its protected header changed; its signature no longer holds, which `open` does not look at. */
function withProtected(
  change: (header: Json) => unknown,
  header: (unprotected: Json) => unknown = it => it,
): Uint8Array {
  const changed = protectedOf(good)
  const result = change(changed)
  const text = typeof result === 'string' ? result : JSON.stringify(changed)
  const outer = parsed(good)
  return bytesOf({
    ...outer,
    protected: Buffer.from(text).toString('base64url'),
    header: header(outer.header) ?? outer.header,
  })
}

const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (isSealwrightError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('notaryJws.prepare', () => {
  it('emits the members, the order and the escapes of the reference', () => {
    const { payload, protected: header } = parsed(good)
    expect(Buffer.from(payload, 'base64url').toString()).toBe(
      `{"targetArtifact":{"annotations":{"10":"ten","9":"nine","com.example/build":"\\u003c42\\u003e \\u0026 more"},"digest":"${content.digest}","mediaType":"${content.mediaType}","size":528}}`,
    )
    expect(Buffer.from(header, 'base64url').toString()).toBe(
      '{"alg":"ES256","crit":["io.cncf.notary.signingScheme"],"cty":"application/vnd.cncf.notary.payload.v1+json","io.cncf.notary.signingScheme":"notary.x509","io.cncf.notary.signingTime":"2025-06-01T12:00:00Z"}',
    )
    expect(Object.keys(parsed(good))).toEqual(['payload', 'protected', 'header', 'signature'])
    expect(parsed(good).header).toEqual({
      x5c: [Buffer.from(signer.identity.certificates[0]!).toString('base64')],
    })
  })

  it.each([
    ['EC-P256', 'ES256'],
    ['EC-P384', 'ES384'],
    ['EC-P521', 'ES512'],
    ['RSA-2048', 'PS256'],
  ] as const)('makes of a %s key with %s an envelope that jose verifies', async (type, algorithm) => {
    const other = testSigner(type, algorithm)
    const bytes = envelope(notaryJws, content, attributes, other)
    const { payload, protectedHeader } = await flattenedVerify(
      parsed(bytes),
      createPublicKey(other.privateKey),
      {
        crit: { 'io.cncf.notary.signingScheme': true },
      },
    )
    expect(JSON.parse(Buffer.from(payload).toString())).toEqual({ targetArtifact: content })
    expect(protectedHeader?.alg).toBe(algorithm)
    const [signature] = notaryJws.open(bytes).signatures
    expect(
      verifySignature(algorithm, other.identity.key.publicKey, signature!.toBeSigned, signature!.bytes),
    ).toBe(true)
  })

  it('is read back whole by open', () => {
    const full = {
      signingScheme: 'notary.x509.signingAuthority' as const,
      signingTime: new Date('2025-06-01T12:00:00Z'),
      expiry: new Date('2026-06-01T12:00:00Z'),
      extended: [
        { key: 'com.example.b', value: { z: [1, 'x'], a: null }, critical: true },
        { key: 'com.example.a', value: 'text', critical: false },
      ],
      signingAgent: 'Sealwright/0.1.0',
    }
    const opened = notaryJws.open(envelope(notaryJws, content, full, signer))
    expect(opened.payloadType).toBe('application/vnd.cncf.notary.payload.v1+json')
    expect(opened.content()).toEqual(content)
    expect(opened.signatures).toHaveLength(1)
    const [signature] = opened.signatures
    expect(signature).toMatchObject({
      algorithm: 'ES256',
      certificates: signer.identity.certificates,
      evidence: {},
    })
    expect({ ...signature!.attributes, extended: new Set(signature!.attributes.extended) }).toEqual({
      ...full,
      extended: new Set(full.extended),
    })
    expect(protectedOf(envelope(notaryJws, content, full, signer)).crit).toEqual([
      'io.cncf.notary.signingScheme',
      'com.example.b',
      'io.cncf.notary.authenticSigningTime',
      'io.cncf.notary.expiry',
    ])
  })

  it('attaches one timestamp, and refuses what it has no place for', () => {
    const token = Uint8Array.of(0x30, 0)
    const stamped = envelope(notaryJws, content, attributes, signer, { evidence: { timestamps: [token] } })
    expect(notaryJws.open(stamped).signatures[0]!.evidence).toEqual({ timestamps: [token] })
    for (const evidence of [{ timestamps: [token, token] }, { logEntries: [token] }]) {
      expect(codeOf(() => envelope(notaryJws, content, attributes, signer, { evidence }))).toBe('UNSUPPORTED')
    }
    const byAuthority = { ...attributes, signingScheme: 'notary.x509.signingAuthority' as const }
    expect(
      codeOf(() => envelope(notaryJws, content, byAuthority, signer, { evidence: { timestamps: [token] } })),
    ).toBe('UNSUPPORTED')
  })

  it('refuses an identity that may not sign', () => {
    const { identity } = signer
    const other = testSigner('EC-P256', 'ES256').identity.certificates
    const prepare = (changed: object, onto?: Uint8Array) =>
      codeOf(() => notaryJws.prepare(content, attributes, { ...identity, ...changed }, onto))
    expect(prepare({ certificates: other })).toBe('KEY_MISMATCH')
    expect(prepare({ certificates: [] })).toBe('VALIDATION')
    expect(prepare({ certificates: [...identity.certificates, Uint8Array.of(0x30, 1)] })).toBe('VALIDATION')
    expect(prepare({ certificates: [Uint8Array.from([...identity.certificates[0]!, 0])] })).toBe('VALIDATION')
    expect(prepare({ certificates: [Uint8Array.of(0x30, 0x02, 0x30, 0)] })).toBe('VALIDATION')
    expect(prepare({ algorithm: 'ES384' })).toBe('VALIDATION')
    expect(prepare({ keyId: 'a' })).toBe('UNSUPPORTED')
    expect(prepare({}, good)).toBe('UNSUPPORTED')
    expect(prepare({})).toBe('none')
  })

  it('refuses to close around the signature of another key or algorithm', () => {
    const prepared = notaryJws.prepare(content, attributes, signer.identity)
    const foreign = testSigner('EC-P256', 'ES256').sign(prepared)
    expect(codeOf(() => prepared.close(foreign, {}))).toBe('KEY_MISMATCH')
    expect(codeOf(() => prepared.close({ ...signer.sign(prepared), algorithm: 'ES384' }, {}))).toBe(
      'KEY_MISMATCH',
    )
  })

  it.each([
    ['an expiry that is the signing time', { expiry: new Date('2025-06-01T12:00:00.999Z') }],
    ['a time that is none', { signingTime: new Date(Number.NaN) }],
    ['a time before 1970', { signingTime: new Date(-1) }],
    ['an unknown scheme', { signingScheme: 'notary.x509.other' }],
    ['a reserved attribute', { extended: [{ key: 'io.cncf.notary.expiry', value: 1, critical: false }] }],
    [
      'an attribute named as the format names its own',
      { extended: [{ key: 'alg', value: 'none', critical: false }] },
    ],
    [
      'an attribute twice',
      {
        extended: [
          { key: 'a', value: 1, critical: false },
          { key: 'a', value: 1, critical: true },
        ],
      },
    ],
    ['an attribute by number', { extended: [{ key: 7, value: 1, critical: false }] }],
    ['an attribute that JSON cannot say', { extended: [{ key: 'a', value: 1n, critical: false }] }],
    ['a lone surrogate', { signingAgent: '\ud800' }],
  ])('refuses %s', (_, changed) => {
    expect(
      codeOf(() => notaryJws.prepare(content, { ...attributes, ...changed } as never, signer.identity)),
    ).toBe('VALIDATION')
  })

  it.each([
    ['reserved metadata', { annotations: { 'io.cncf.notary.verificationPlugin': 'x' } }],
    ['a size that is none', { size: 1.5 }],
    ['a negative size', { size: -1 }],
    ['a size beyond 2^53', { size: 2 ** 53 }],
    ['a digest that is none', { digest: 'sha256' }],
    ['no media type', { mediaType: '' }],
    ['metadata that is not a text', { annotations: { a: 1 } }],
  ])('refuses content with %s', (_, changed) => {
    expect(
      codeOf(() => notaryJws.prepare({ ...content, ...changed } as never, attributes, signer.identity)),
    ).toBe('VALIDATION')
  })
})

describe('notaryJws.open', () => {
  it('gives the bytes that were signed as they came', () => {
    const spaced = Buffer.from(`\n ${JSON.stringify(parsed(good), null, 2)}\n`)
    const { signatures } = notaryJws.open(spaced)
    expect(Buffer.from(signatures[0]!.toBeSigned).toString()).toBe(
      `${parsed(good).protected}.${parsed(good).payload}`,
    )
  })

  it('reads times with offsets and fractions', () => {
    const read = (time: string) =>
      notaryJws
        .open(withProtected(header => Object.assign(header, { 'io.cncf.notary.signingTime': time })))
        .signatures[0]!.attributes.signingTime.toISOString()
    expect(read('2025-06-01T12:00:00+08:00')).toBe('2025-06-01T04:00:00.000Z')
    expect(read('2025-06-01T12:00:00.123456789-00:30')).toBe('2025-06-01T12:30:00.123Z')
    expect(read('2024-02-29T00:00:00Z')).toBe('2024-02-29T00:00:00.000Z')
  })

  it('keeps unknown critical attributes, for the verifier to judge', () => {
    const bytes = withProtected(header =>
      Object.assign(header, { a: 1, crit: ['io.cncf.notary.signingScheme', 'a'] }),
    )
    expect(notaryJws.open(bytes).signatures[0]!.attributes.extended).toEqual([
      { key: 'a', value: 1, critical: true },
    ])
  })

  it('passes over members it does not know', () => {
    const outer = parsed(good)
    const header = { ...outer.header, 'io.cncf.notary.SigningAgent': 'as some envelopes spell it', other: 1 }
    expect(notaryJws.open(bytesOf({ ...outer, header, more: [] })).content()).toEqual(content)
  })

  const times = [
    '2025-06-01',
    '2025-06-01T12:00:00',
    '2025-06-01T12:00:00,5Z',
    '2025-06-01T9:00:00Z',
    '2025-06-01t12:00:00z',
    '2025-02-30T12:00:00Z',
    '2025-06-01T24:00:00Z',
    '2025-06-30T23:59:60Z',
    '2025-06-01T12:00:00+24:00',
    '2025-06-01T12:00:00+0100',
    '0001-01-01T00:00:00Z',
    ' 2025-06-01T12:00:00Z',
    '12025-06-01T12:00:00Z',
    '9999-12-31T23:59:59-00:01',
    '',
    1,
    null,
  ]
  it.each(times)('refuses %j as signing time', time => {
    refusalOf(() =>
      notaryJws.open(withProtected(header => Object.assign(header, { 'io.cncf.notary.signingTime': time }))),
    )
  })

  it('refuses a time with an escape, which readers in Go do not take for one', () => {
    const escaped = withProtected(header => JSON.stringify(header).replace('12:00:00Z', '12:00:00\\u005a'))
    expect(refusalOf(() => notaryJws.open(escaped))).toMatch(/escape/)
  })

  it('takes an unsigned member that is null for none', () => {
    const outer = parsed(good)
    const header = {
      ...outer.header,
      'io.cncf.notary.signingAgent': null,
      'io.cncf.notary.timestampSignature': null,
    }
    expect(notaryJws.open(bytesOf({ ...outer, header })).signatures).toEqual(notaryJws.open(good).signatures)
  })

  const scheme = 'io.cncf.notary.signingScheme'
  it.each<[string, (header: Json) => unknown]>([
    ['an algorithm that Notary does not use', h => Object.assign(h, { alg: 'RS256' })],
    ['the algorithm none', h => Object.assign(h, { alg: 'none' })],
    ['no algorithm', h => delete h.alg],
    ['another payload type', h => Object.assign(h, { cty: 'application/json' })],
    ['no critical list', h => delete h.crit],
    ['an empty critical list', h => Object.assign(h, { crit: [] })],
    ['a critical list without the scheme', h => Object.assign(h, { a: 1, crit: ['a'] })],
    ['a critical attribute that is not there', h => Object.assign(h, { crit: [scheme, 'a'] })],
    ['a critical attribute twice', h => Object.assign(h, { crit: [scheme, scheme] })],
    ['alg as critical', h => Object.assign(h, { crit: [scheme, 'alg'] })],
    ['the signing time as critical', h => Object.assign(h, { crit: [scheme, 'io.cncf.notary.signingTime'] })],
    ['a critical list of numbers', h => Object.assign(h, { crit: [scheme, {}] })],
    ['b64 as critical', h => Object.assign(h, { b64: false, crit: [scheme, 'b64'] })],
    ['an unknown scheme', h => Object.assign(h, { [scheme]: 'notary.x509.other' })],
    ['no signing time', h => delete h['io.cncf.notary.signingTime']],
    [
      'both signing times',
      h => Object.assign(h, { 'io.cncf.notary.authenticSigningTime': '2025-06-01T12:00:00Z' }),
    ],
    [
      'an expiry that is not critical',
      h => Object.assign(h, { 'io.cncf.notary.expiry': '2030-06-01T12:00:00Z' }),
    ],
    [
      'an expiry before the signing time',
      h =>
        Object.assign(h, {
          'io.cncf.notary.expiry': '2020-06-01T12:00:00Z',
          crit: [scheme, 'io.cncf.notary.expiry'],
        }),
    ],
    ['a name in another case', h => Object.assign(h, { CTY: 'text/plain' })],
    [
      'a name with a letter that Go folds',
      h => Object.assign(h, { 'io.cncf.notary.\u017figningTime': '2020-06-01T12:00:00Z' }),
    ],
    ['a name that stands in both headers', h => Object.assign(h, { x5c: [] })],
    ['a list', () => '[]'],
    ['a member twice', h => JSON.stringify(h).replace('{', '{"alg":"ES256",')],
  ])('refuses a protected header with %s', (_, change) => {
    expect(refusalOf(() => notaryJws.open(withProtected(change)))).toMatch(/^Notary JWS /)
  })

  it.each<[string, (outer: ReturnType<typeof parsed>) => unknown]>([
    ['no payload', ({ payload: _, ...rest }) => rest],
    ['an empty signature', outer => ({ ...outer, signature: '' })],
    ['a signature that is a number', outer => ({ ...outer, signature: 1 })],
    ['padding', outer => ({ ...outer, signature: `${outer.signature}==` })],
    ['a newline in the payload', outer => ({ ...outer, payload: `${outer.payload}\n` })],
    ['no header', ({ header: _, ...rest }) => rest],
    ['no chain', outer => ({ ...outer, header: {} })],
    ['an empty chain', outer => ({ ...outer, header: { x5c: [] } })],
    ['a chain that is a text', outer => ({ ...outer, header: { x5c: (outer.header.x5c as string[])[0] } })],
    ['a certificate with a byte more', outer => ({ ...outer, header: { x5c: ['MAAA'] } })],
    ['a certificate in base64url', outer => ({ ...outer, header: { x5c: ['MAD_'] } })],
    [
      'an agent that is a number',
      outer => ({ ...outer, header: { ...outer.header, 'io.cncf.notary.signingAgent': 1 } }),
    ],
    [
      'a timestamp with a newline',
      outer => ({ ...outer, header: { ...outer.header, 'io.cncf.notary.timestampSignature': 'MAA=\n' } }),
    ],
    ['a member in another case', outer => ({ ...outer, Payload: 'e30' })],
    ['several signatures', ({ payload, ...signature }) => ({ payload, signatures: [signature] })],
    ['a list', outer => [outer]],
  ])('refuses an envelope with %s', (_, change) => {
    expect(refusalOf(() => notaryJws.open(bytesOf(change(parsed(good)))))).toMatch(/^Notary JWS /)
  })

  it('refuses more than 4 MiB and 20,000 levels', () => {
    const outer = parsed(good)
    expect(refusalOf(() => notaryJws.open(bytesOf({ ...outer, more: 'a'.repeat(2 ** 22) })))).toMatch(
      /more than 4194304$/,
    )
    const deep = Buffer.from(
      JSON.stringify(outer).replace('{', `{"more":${'['.repeat(20_000)}${']'.repeat(20_000)},`),
    )
    expect(refusalOf(() => notaryJws.open(deep))).toMatch(/deeper than 64 levels/)
    expect(
      refusalOf(() =>
        notaryJws.open(withProtected(h => JSON.stringify(h).replace('{', `{"a":${'['.repeat(20_000)}`))),
      ),
    ).toMatch(/deeper than 64 levels/)
  })

  const target = (change: (target: Json) => unknown) => {
    const changed: Json = { ...content }
    const payload = JSON.stringify({ targetArtifact: change(changed) ?? changed })
    return notaryJws.open(bytesOf({ ...parsed(good), payload: Buffer.from(payload).toString('base64url') }))
  }
  it.each<[string, (target: Json) => unknown]>([
    ['a digest in another case beside it', t => Object.assign(t, { Digest: 'sha256:b' })],
    ['a size that is a text', t => Object.assign(t, { size: '1' })],
    ['no digest', ({ digest: _, ...rest }) => rest],
    ['annotations that are a list', t => Object.assign(t, { annotations: [] })],
    ['a list in its place', () => []],
    ['an artifact type that is a number', t => Object.assign(t, { artifactType: 1 })],
    ['URLs that are a text', t => Object.assign(t, { urls: 'a:b' })],
    ['URLs in another case', t => Object.assign(t, { URLs: [] })],
    ['a number among its URLs', t => Object.assign(t, { urls: [1] })],
    ['data that is a number', t => Object.assign(t, { data: 1.5 })],
    ['data that is not base64', t => Object.assign(t, { data: '*' })],
    ['a platform that is a text', t => Object.assign(t, { platform: 'linux' })],
    ['an architecture that is a number', t => Object.assign(t, { platform: { architecture: 1 } })],
    ['platform features that are a text', t => Object.assign(t, { platform: { 'os.features': 'a' } })],
  ])('has content() refuse a payload with %s, once it is asked for', (_, change) => {
    const opened = target(change)
    expect(refusalOf(() => opened.content())).toMatch(/^Notary payload: /)
  })

  it.each(['1e3', '1.0', '9007199254740992'])('has content() refuse the size %s', size => {
    const payload = encodeBase64url(
      Buffer.from(
        encodeJson({ targetArtifact: { ...content, size: 4711 } }, { label: 'x' }).replace('4711', size),
      ),
    )
    expect(refusalOf(() => notaryJws.open(bytesOf({ ...parsed(good), payload })).content())).toMatch(
      /not an integer within 2\^53/,
    )
  })

  it('passes over members of the descriptor that say nothing of its bytes, and ones it does not know', () => {
    const platform = { architecture: 'amd64', os: 'linux', 'os.version': null, 'os.features': ['a'], more: 1 }
    const more = { artifactType: 'a/b', data: 'MAA=', urls: ['a:b'], platform, more: [1.5] }
    expect(target(t => Object.assign(t, more)).content()).toEqual(content)
    const absent = { artifactType: null, data: null, urls: null, platform: null }
    expect(target(t => Object.assign(t, absent)).content()).toEqual(content)
    const { annotations: _, ...bare } = content
    expect(target(t => Object.assign(t, { annotations: null })).content()).toEqual(bare)
    expect(decodeBase64url(parsed(good).payload, 'payload')).toEqual(notaryJws.open(good).payload)
  })
})

describe('notaryAlgorithmFor', () => {
  it('has no algorithm for other keys, and names the ones it has', () => {
    const { identity }: TestSigner = testSigner('EC-secp256k1', 'ES256K')
    expect(refusalOf(() => notaryAlgorithmFor(identity.key))).toContain('EC-secp256k1')
    expect(notaryJws.algorithmFor(signer.identity.key)).toBe('ES256')
  })
})
