import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { cborTagged, decodeCbor, encodeCbor, isCborTagged } from '../src/encoding/cbor.ts'
import { type Evidence, isSealwrightError, type StapledEvidence } from '../src/index.ts'
import { notaryCose } from '../src/notary-cose/index.ts'
import { notaryJws } from '../src/notary-jws/index.ts'
import { envelope, testSigner } from './envelope-signing.ts'

const content = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: `sha256:${'a'.repeat(64)}`,
  size: 528,
}
const attributes = { signingTime: new Date('2026-06-01T12:00:00Z') }
const signer = testSigner('EC-P256', 'ES256')
const token = Uint8Array.of(0x30, 1, 0)
const stapled: StapledEvidence = {
  timestamps: [Uint8Array.of(0x30, 2, 5, 0)],
  ocsp: [Uint8Array.of(0x30, 0), Uint8Array.of(0x30, 1, 1)],
  crls: [Uint8Array.of(0x30, 3, 1, 1, 0)],
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

describe.each([
  ['JWS', notaryJws],
  ['COSE', notaryCose],
])('evidence in a %s envelope', (_, format) => {
  const bare = envelope(format, content, attributes, signer)
  const evidenceOf = (bytes: Uint8Array): Evidence => format.open(bytes).signatures[0]!.evidence

  it('is written when the envelope is made, or added later, and read back', () => {
    const made = envelope(format, content, attributes, signer, { evidence: { timestamps: [token], stapled } })
    const later = format.addEvidence(format.addEvidence(bare, { timestamps: [token] }), { stapled })
    for (const bytes of [made, later])
      expect(evidenceOf(bytes)).toEqual({ timestamps: [token], stapled: { ...stapled } })
  })

  it('leaves what is signed, and the chain, as they were', () => {
    const before = format.open(bare).signatures[0]!
    const after = format.open(format.addEvidence(bare, { timestamps: [token], stapled })).signatures[0]!
    for (const name of ['toBeSigned', 'bytes', 'certificates', 'attributes'] as const)
      expect(after[name]).toEqual(before[name])
    expect(format.addEvidence(bare, {})).toEqual(bare)
  })

  it('is added to what is there, each piece once', () => {
    const once = format.addEvidence(bare, { stapled })
    expect(format.addEvidence(once, { stapled })).toEqual(once)
    const more = Uint8Array.of(0x30, 4, 1, 1, 1, 1)
    const twice = evidenceOf(format.addEvidence(once, { stapled: { ocsp: [more, ...stapled.ocsp!] } }))
    expect(twice.stapled?.ocsp).toEqual([...stapled.ocsp!, more])
    expect(twice.stapled?.crls).toEqual(stapled.crls)
  })

  it.each<[string, Evidence]>([
    ['a second timestamp', { timestamps: [token] }],
    ['log entries', { logEntries: [token] }],
    ['a CRL of more than 64 KiB', { stapled: { crls: [new Uint8Array(64 * 1024 + 1)] } }],
    ['an OCSP response of more than 20 KiB', { stapled: { ocsp: [new Uint8Array(20 * 1024 + 1)] } }],
    [
      'more than 16 OCSP responses',
      { stapled: { ocsp: Array.from({ length: 17 }, (_each, index) => Uint8Array.of(index)) } },
    ],
  ])('has no place for %s', (__, evidence) => {
    const stamped = format.addEvidence(bare, { timestamps: [token] })
    expect(codeOf(() => format.addEvidence(stamped, evidence))).toBe('UNSUPPORTED')
  })

  it('goes with the scheme notary.x509 alone, as far as it is a timestamp', () => {
    const byAuthority = envelope(
      format,
      content,
      { ...attributes, signingScheme: 'notary.x509.signingAuthority' as const },
      signer,
    )
    expect(codeOf(() => format.addEvidence(byAuthority, { timestamps: [token] }))).toBe('UNSUPPORTED')
    expect(evidenceOf(format.addEvidence(byAuthority, { stapled })).stapled).toEqual(stapled)
  })
})

describe('the header etsiU', () => {
  type Json = Record<string, unknown>
  const bare = envelope(notaryJws, content, attributes, signer)
  const parsed = (bytes: Uint8Array): { header: Json } & Json => JSON.parse(Buffer.from(bytes).toString())
  const withEtsiU = (etsiU: unknown): Uint8Array => {
    const json = parsed(bare)
    return Buffer.from(JSON.stringify({ ...json, header: { ...json.header, etsiU } }))
  }
  const read = (etsiU: unknown) => notaryJws.open(withEtsiU(etsiU)).signatures[0]!.evidence
  const val = Buffer.of(0x30, 0).toString('base64')

  it('has the members of JAdES, and its timestamps are over the text of the signature', () => {
    expect(parsed(notaryJws.addEvidence(bare, { stapled })).header.etsiU).toEqual([
      { sigTst: { tstTokens: [{ val: 'MAIFAA==' }] } },
      { rVals: { ocspVals: [{ val: 'MAA=' }, { val: 'MAEB' }], crlVals: [{ val: 'MAMBAQA=' }] } },
    ])
    const message = notaryJws.stapledMessage(Uint8Array.of(0xfb, 0xff))
    expect(Buffer.from(message).toString()).toBe('-_8')
  })

  it('is read in its encoded form too, and beside elements of other kinds', () => {
    const encoded = Buffer.from(JSON.stringify({ rVals: { ocspVals: [{ val }] } })).toString('base64url')
    const found = read([{ xVals: [{ x509Cert: { val } }] }, encoded, { arcTst: {} }]).stapled
    expect(found?.ocsp).toEqual([Uint8Array.of(0x30, 0)])
  })

  it('keeps elements of others when something is added', () => {
    const added = notaryJws.addEvidence(withEtsiU([{ xVals: [1.5] }]), { stapled: { ocsp: [token] } })
    expect((parsed(added).header.etsiU as unknown[])[0]).toEqual({ xVals: [1.5] })
  })

  it.each([
    ['no list', { rVals: {} }],
    ['too many elements', Array.from({ length: 65 }, () => ({}))],
    ['an element that is a number', [1]],
    ['an element that is not base64url', ['?']],
    ['a value that is not base64', [{ rVals: { ocspVals: [{ val: '?' }] } }]],
    ['a list that is none', [{ sigTst: { tstTokens: 1 } }]],
    ['too many values', [{ rVals: { ocspVals: Array.from({ length: 17 }, () => ({ val })) } }]],
    ['a CRL that is too large', [{ rVals: { crlVals: [{ val: 'A'.repeat(4 * 22_000) }] } }]],
  ])('with %s makes the signature no worse, and is told', (_, etsiU) => {
    expect(read(etsiU)).toEqual({ stapledFault: expect.stringContaining('etsiU') })
  })

  it('never makes an envelope unreadable, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), etsiU => {
        const { stapled: found, stapledFault, ...rest } = read(etsiU)
        expect(rest).toEqual({})
        expect(found === undefined || stapledFault === undefined).toBe(true)
      }),
      { numRuns },
    )
  })
})

describe('the label dev.sealwright.evidence', () => {
  const bare = envelope(notaryCose, content, attributes, signer)

  function read(value: unknown): Evidence {
    const sign1 = decodeCbor(bare, { label: 'test' })
    if (!isCborTagged(sign1)) throw new Error('not tagged')
    const [head, unprotected, ...rest] = sign1.value as [unknown, Map<unknown, unknown>, ...unknown[]]
    const changed = new Map([...unprotected, ['dev.sealwright.evidence', value]])
    const bytes = encodeCbor(cborTagged(18, [head, changed, ...rest]))
    return notaryCose.open(bytes).signatures[0]!.evidence
  }

  it('passes over names that it does not know', () => {
    const value = new Map<string, unknown>([
      ['ocsp', [token]],
      ['other', 1],
    ])
    expect(read(value)).toEqual({ stapled: { ocsp: [token] } })
  })

  it.each<[string, unknown]>([
    ['text', 'text'],
    ['a list of text', new Map([['ocsp', ['text']]])],
    ['too many', new Map([['timestamps', Array.from({ length: 9 }, () => token)]])],
  ])('with %s makes the signature no worse, and is told', (_, value) => {
    expect(read(value)).toEqual({ stapledFault: expect.stringContaining('dev.sealwright.evidence') })
  })
})
