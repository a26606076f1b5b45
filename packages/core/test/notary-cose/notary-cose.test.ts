import { decode, encode, rfc8949EncodeOptions, Tagged } from 'cborg'
import { describe, expect, it } from 'vitest'
import { CborFloat, cborTagged, decodeCbor, encodeCbor } from '../../src/encoding/cbor.ts'
import { isSealwrightError, verifySignature } from '../../src/index.ts'
import { notaryAlgorithmFor, notaryCose } from '../../src/notary-cose/index.ts'
import { envelope, testSigner } from '../envelope-signing.ts'
import { refusalOf } from '../mutations.ts'

type Header = Map<string | number, unknown>
interface Parts {
  readonly tag: number
  readonly header: Header
  readonly unprotected: Header
  readonly payload: unknown
  readonly signature: unknown
}

const SCHEME = 'io.cncf.notary.signingScheme'
const TIME = 'io.cncf.notary.signingTime'
const EXPIRY = 'io.cncf.notary.expiry'
const content = {
  mediaType: 'a/b',
  digest: `sha512:${'b'.repeat(128)}`,
  size: 0,
  annotations: { z: '<', 10: 'x', 9: 'y' },
}
const attributes = { signingTime: new Date('2025-06-01T12:00:00Z') }
const signer = testSigner('EC-P384', 'ES384')
const good = envelope(notaryCose, content, attributes, signer)

/** Taken apart by cborg, not by us. */
function partsOf(bytes: Uint8Array): Parts {
  const options = { useMaps: true, tags: Tagged.preserve(18, 1) }
  const { tag, value } = decode(bytes, options)
  const [header, unprotected, payload, signature] = value
  return { tag, header: decode(header, options), unprotected, payload, signature }
}

function join({ tag, header, unprotected, payload, signature }: Parts): Uint8Array {
  return encode(new Tagged(tag, [encodeCbor(header), unprotected, payload, signature]), rfc8949EncodeOptions)
}

const changed = (change: (parts: Parts) => Partial<Parts> | unknown): Uint8Array => {
  const parts = partsOf(good)
  const result = change(parts)
  return join({
    ...parts,
    ...(result && typeof result === 'object' && !(result instanceof Map) ? result : {}),
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

describe('notaryCose.prepare', () => {
  it('emits a tagged COSE_Sign1 with the headers and the payload of the reference', () => {
    expect(Buffer.from(good.subarray(0, 2)).toString('hex')).toBe('d284')
    const { header, unprotected, payload } = partsOf(good)
    expect([...header]).toEqual([
      [1, -35],
      [2, [SCHEME]],
      [3, 'application/vnd.cncf.notary.payload.v1+json'],
      [TIME, new Tagged(1, 1748779200)],
      [SCHEME, 'notary.x509'],
    ])
    expect(unprotected).toEqual(new Map([[33, signer.identity.certificates]]))
    expect(Buffer.from(payload as Uint8Array).toString()).toBe(
      `{"targetArtifact":{"mediaType":"a/b","digest":"${content.digest}","size":0,"annotations":{"10":"x","9":"y","z":"\\u003c"}}}`,
    )
  })

  it.each([
    ['EC-P256', 'ES256'],
    ['EC-P384', 'ES384'],
    ['EC-P521', 'ES512'],
    ['RSA-2048', 'PS256'],
  ] as const)('makes of a %s key with %s an envelope whose Sig_structure is signed', (type, algorithm) => {
    const other = testSigner(type, algorithm)
    const bytes = envelope(notaryCose, content, attributes, other)
    const { value } = decode(bytes, { useMaps: true, tags: Tagged.preserve(18, 1) })
    const structure = encode(['Signature1', value[0], new Uint8Array(), value[2]], rfc8949EncodeOptions)
    expect(verifySignature(algorithm, other.identity.key.publicKey, structure, value[3])).toBe(true)
    const [signature] = notaryCose.open(bytes).signatures
    expect(signature).toMatchObject({ toBeSigned: structure, bytes: value[3], algorithm })
  })

  it('is read back whole by open', () => {
    const full = {
      signingScheme: 'notary.x509.signingAuthority' as const,
      signingTime: new Date('2025-06-01T12:00:00Z'),
      expiry: new Date('2026-06-01T12:00:00Z'),
      extended: [
        { key: 100, value: [1n << 60n, new Map([['a', Uint8Array.of(1)]])], critical: true },
        { key: 'com.example.a', value: cborTagged(32, 'text'), critical: false },
      ],
      signingAgent: 'Sealwright/0.1.0',
    }
    const bytes = envelope(notaryCose, content, full, signer)
    const opened = notaryCose.open(bytes)
    expect(opened.content()).toEqual(content)
    const [signature] = opened.signatures
    expect({ ...signature!.attributes, extended: new Set(signature!.attributes.extended) }).toEqual({
      ...full,
      extended: new Set(full.extended),
    })
    expect(signature!.certificates).toEqual(signer.identity.certificates)
    expect(
      partsOf(
        envelope(notaryCose, content, { ...full, extended: full.extended.slice(0, 1) }, signer),
      ).header.get(2),
    ).toEqual([SCHEME, 'io.cncf.notary.authenticSigningTime', EXPIRY, 100])
  })

  it('attaches one timestamp, and refuses what it has no place for', () => {
    const token = Uint8Array.of(0x30, 0)
    const stamped = envelope(notaryCose, content, attributes, signer, { evidence: { timestamps: [token] } })
    expect(notaryCose.open(stamped).signatures[0]!.evidence).toEqual({ timestamps: [token] })
    for (const evidence of [{ timestamps: [token, token] }, { logEntries: [token] }]) {
      expect(codeOf(() => envelope(notaryCose, content, attributes, signer, { evidence }))).toBe(
        'UNSUPPORTED',
      )
    }
  })

  it('refuses an identity that may not sign', () => {
    const { identity } = signer
    const other = testSigner('EC-P384', 'ES384')
    const prepare = (more: object, onto?: Uint8Array) =>
      codeOf(() => notaryCose.prepare(content, attributes, { ...identity, ...more }, onto))
    expect(prepare({ certificates: other.identity.certificates })).toBe('KEY_MISMATCH')
    expect(prepare({ certificates: undefined })).toBe('VALIDATION')
    expect(prepare({ algorithm: 'ES256' })).toBe('VALIDATION')
    expect(prepare({ keyId: 'a' })).toBe('UNSUPPORTED')
    expect(prepare({}, good)).toBe('UNSUPPORTED')
    const prepared = notaryCose.prepare(content, attributes, identity)
    expect(codeOf(() => prepared.close(other.sign(prepared), {}))).toBe('KEY_MISMATCH')
  })

  it.each([
    ['an attribute with the number of the algorithm', { key: 1, value: -7, critical: false }],
    ['an attribute with the number of the chain', { key: 33, value: [], critical: false }],
    ['an attribute with half a number', { key: 1.5, value: 0, critical: false }],
    ['an attribute that CBOR cannot say', { key: 'a', value: () => 1, critical: false }],
    ['a lone surrogate', { key: 'a', value: ['\ud800'], critical: false }],
    ['a key id that is text', { key: 4, value: 'a', critical: false }],
    ['a time tag on text', { key: 'a', value: cborTagged(1, '1'), critical: false }],
  ])('refuses %s', (_, attribute) => {
    expect(
      codeOf(() => notaryCose.prepare(content, { ...attributes, extended: [attribute] }, signer.identity)),
    ).toBe('VALIDATION')
  })

  it('prescribes as for JWS', () => {
    expect(notaryCose.algorithmFor).toBe(notaryAlgorithmFor)
    expect(notaryAlgorithmFor(signer.identity.key)).toBe('ES384')
  })
})

describe('notaryCose.open', () => {
  it('reads labels in any order, and keeps unknown critical ones for the verifier to judge', () => {
    const parts = partsOf(good)
    const reordered = new Map<string | number, unknown>([
      ['a', null],
      [99, true],
      ...[...parts.header].reverse(),
    ])
    reordered.set(2, [99, SCHEME])
    const header = encode(reordered, { mapSorter: () => 0 })
    const bytes = encodeCbor(cborTagged(18, [header, parts.unprotected, parts.payload, parts.signature]))
    expect(notaryCose.open(bytes).signatures[0]!.attributes.extended).toEqual([
      { key: 'a', value: null, critical: false },
      { key: 99, value: true, critical: true },
    ])
    expect(refusalOf(() => decodeCbor(header, { label: 'header' }))).toBe(
      'header: CBOR not in deterministic encoding',
    )
  })

  it('passes over an agent that is not a text, as the reference does', () => {
    const opened = notaryCose.open(
      changed(({ unprotected }) => unprotected.set('io.cncf.notary.signingAgent', 1)),
    )
    expect(opened.signatures[0]!.attributes).not.toHaveProperty('signingAgent')
  })

  it.each([
    ['text', 'a'],
    ['null', null],
    ['a list', []],
  ])('passes over a timestamp that is %s, as the reference does', (_, timestamp) => {
    const opened = notaryCose.open(
      changed(({ unprotected }) => unprotected.set('io.cncf.notary.timestampSignature', timestamp)),
    )
    expect(opened.signatures[0]!.evidence).toEqual({})
  })

  it('reads the parameters that RFC 9052 has for all, and tags that hold what they say', () => {
    const extended = new Map<number | string, unknown>([
      [4, Uint8Array.of(1)],
      [5, Uint8Array.of(2)],
      [16, 'a/b'],
      ['date', new Tagged(0, '2025-06-01T12:00:00Z')],
      ['large', new Tagged(2, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0))],
      ['times', [new Tagged(1, 1), new Tagged(1, 1.5)]],
      ['uri', new Tagged(32, 'a:b')],
    ])
    const opened = notaryCose.open(
      changed(({ header, unprotected }) => {
        for (const [key, value] of extended) header.set(key, value)
        unprotected.set(16, 0)
        header.delete(16)
      }),
    )
    expect(opened.signatures[0]!.attributes.extended?.map(({ key }) => key).toSorted()).toEqual(
      [...extended.keys()].filter(key => key !== 16).toSorted(),
    )
  })

  it('reads times before 1970', () => {
    const opened = notaryCose.open(changed(({ header }) => header.set(TIME, new Tagged(1, -1))))
    expect(opened.signatures[0]!.attributes.signingTime).toEqual(new Date(-1000))
  })

  it.each<[string, (parts: Parts) => unknown]>([
    ['another tag', () => ({ tag: 98 })],
    ['an algorithm that Notary does not use', ({ header }) => header.set(1, -257)],
    ['an algorithm in text', ({ header }) => header.set(1, 'ES384')],
    ['no algorithm', ({ header }) => header.delete(1)],
    ['another payload type', ({ header }) => header.set(3, 'application/json')],
    ['a payload type by number', ({ header }) => header.set(3, 50)],
    ['no critical list', ({ header }) => header.delete(2)],
    ['an empty critical list', ({ header }) => header.set(2, [])],
    ['the algorithm as critical', ({ header }) => header.set(2, [SCHEME, 1])],
    ['the signing time as critical', ({ header }) => header.set(2, [SCHEME, TIME])],
    ['a critical label twice', ({ header }) => header.set(2, [SCHEME, SCHEME])],
    ['a critical label that is not there', ({ header }) => header.set(2, [SCHEME, 99])],
    ['a critical label that is a list', ({ header }) => header.set(2, [SCHEME, []])],
    ['critical labels in the unprotected header', ({ unprotected }) => unprotected.set(2, [33])],
    ['a label in both headers', ({ unprotected }) => unprotected.set(TIME, 0)],
    ['no scheme', ({ header }) => header.delete(SCHEME)],
    ['a scheme in bytes', ({ header }) => header.set(SCHEME, Buffer.from('notary.x509'))],
    ['a time without a tag', ({ header }) => header.set(TIME, 1748779200)],
    ['a time as text', ({ header }) => header.set(TIME, '2025-06-01T12:00:00Z')],
    ["Go's zero time", ({ header }) => header.set(TIME, new Tagged(1, -62135596800))],
    ['a time after the year 9999', ({ header }) => header.set(TIME, new Tagged(1, 253402300800))],
    ['a time beyond 2^53', ({ header }) => header.set(TIME, new Tagged(1, 2n ** 60n))],
    ['an expiry that is not critical', ({ header }) => header.set(EXPIRY, new Tagged(1, 2000000000))],
    [
      'an expiry before the signing time',
      ({ header }) => header.set(EXPIRY, new Tagged(1, 1)).set(2, [SCHEME, EXPIRY]),
    ],
    ['a payload elsewhere', () => ({ payload: null })],
    ['an empty payload', () => ({ payload: new Uint8Array() })],
    ['a payload that is text', () => ({ payload: '{}' })],
    ['no signature', () => ({ signature: new Uint8Array() })],
    ['a signature that is text', () => ({ signature: 'a' })],
    ['no chain', ({ unprotected }) => unprotected.delete(33)],
    ['an empty chain', ({ unprotected }) => unprotected.set(33, [])],
    [
      'a certificate outside a list',
      ({ unprotected }) => unprotected.set(33, signer.identity.certificates[0]),
    ],
    ['a certificate that is text', ({ unprotected }) => unprotected.set(33, ['a'])],
    [
      'a certificate with a byte more',
      ({ unprotected }) =>
        unprotected.set(33, [Buffer.concat([signer.identity.certificates[0]!, Buffer.of(0)])]),
    ],
    ['a tag in the unprotected header', ({ unprotected }) => unprotected.set('a', [new Tagged(1, 1)])],
    [
      'a tag in a map there',
      ({ unprotected }) => unprotected.set('a', new Map([['b', new Tagged(32, 'c')]])),
    ],
    ['a time tag on text', ({ header }) => header.set('a', [new Tagged(1, '1')])],
    ['a time tag on a tag', ({ header }) => header.set('a', new Tagged(1, new Tagged(1, 1)))],
    ['a date tag on a number', ({ header }) => header.set('a', new Map([['b', new Tagged(0, 1)]]))],
    ['a date tag on other text', ({ header }) => header.set('a', new Tagged(0, 'noon'))],
    ['a large-number tag on text', ({ header }) => header.set('a', new Tagged(2, '1'))],
    ['a key id in text', ({ header }) => header.set(4, 'key')],
    ['a key id in text, unprotected', ({ unprotected }) => unprotected.set(4, 'key')],
    ['an IV that is null', ({ header }) => header.set(5, null)],
    ['a partial IV that is a number', ({ unprotected }) => unprotected.set(6, 1)],
    ['both kinds of IV', ({ header }) => header.set(5, Buffer.of(1)).set(6, Buffer.of(1))],
    [
      'both kinds of IV, one in each header',
      ({ header, unprotected }) => [header.set(5, Buffer.of(1)), unprotected.set(6, Buffer.of(1))].length,
    ],
    ['a type in bytes', ({ header }) => header.set(16, Buffer.from('a/b'))],
    ['a negative type', ({ header }) => header.set(16, -1)],
    ['a type of one word', ({ unprotected }) => unprotected.set(16, 'a')],
    ['a type with a space before it', ({ header }) => header.set(16, ' a/b')],
    ['a countersignature among what is signed', ({ header }) => header.set(11, Buffer.of(1))],
    ['a countersignature', ({ unprotected }) => unprotected.set(7, [])],
    ['a short countersignature', ({ unprotected }) => unprotected.set(12, Buffer.of(1))],
  ])('refuses an envelope with %s', (_, change) => {
    expect(refusalOf(() => notaryCose.open(changed(change)))).toMatch(/^Notary COSE /)
  })

  it.each([
    ['half a second', 1748779200.5, '2025-06-01T12:00:00.500Z'],
    ['a whole float', new CborFloat(1748779200), '2025-06-01T12:00:00.000Z'],
    ['the first seconds of the year 1', -62135596799, '0001-01-01T00:00:01.000Z'],
  ])('reads a time of %s', (_, seconds, expected) => {
    const opened = notaryCose.open(changed(({ header }) => header.set(TIME, new Tagged(1, seconds))))
    expect(opened.signatures[0]!.attributes.signingTime.toISOString()).toBe(expected)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -62135596800, 253402300800, 1e300, -1e300])(
    'refuses a time of %d seconds',
    seconds => {
      const bytes = changed(({ header }) => header.set(TIME, new Tagged(1, seconds)))
      expect(refusalOf(() => notaryCose.open(bytes))).toMatch(/signingTime/)
    },
  )

  it('takes no float for an integer', () => {
    expect(
      refusalOf(() => notaryCose.open(changed(({ header }) => header.set(1, new CborFloat(-37))))),
    ).toMatch(/alg/)
  })

  it.each([
    ['five items', [new Uint8Array(), new Map(), new Uint8Array(), new Uint8Array(), 0]],
    ['three items', [new Uint8Array(), new Map(), new Uint8Array()]],
    ['a protected header that is a map', [new Map(), new Map(), Uint8Array.of(1), Uint8Array.of(1)]],
    ['an unprotected header that is a list', [new Uint8Array(), [], Uint8Array.of(1), Uint8Array.of(1)]],
    ['an empty protected header', [new Uint8Array(), new Map(), Uint8Array.of(1), Uint8Array.of(1)]],
    [
      'a protected header that is a list',
      [Uint8Array.of(0x80), new Map(), Uint8Array.of(1), Uint8Array.of(1)],
    ],
  ])('refuses a COSE_Sign1 of %s', (_, items) => {
    expect(refusalOf(() => notaryCose.open(encodeCbor(cborTagged(18, items))))).toMatch(/^Notary COSE /)
  })

  it('refuses what is not tagged, more than 4 MiB, and 20,000 levels', () => {
    expect(refusalOf(() => notaryCose.open(good.subarray(1)))).toBe(
      'Notary COSE envelope: not a tagged COSE_Sign1',
    )
    expect(refusalOf(() => notaryCose.open(new Uint8Array(2 ** 22 + 1)))).toMatch(/more than 4194304$/)
    const deep = Buffer.from('81'.repeat(20_000), 'hex')
    expect(refusalOf(() => notaryCose.open(deep))).toMatch(/deeper than 32 levels$/)
    const { unprotected, payload, signature } = partsOf(good)
    const inside = encodeCbor(
      cborTagged(18, [Buffer.concat([Buffer.of(0xa1, 1), deep]), unprotected, payload, signature]),
    )
    expect(refusalOf(() => notaryCose.open(inside))).toBe(
      'Notary COSE envelope, protected header: CBOR deeper than 32 levels',
    )
  })
})
