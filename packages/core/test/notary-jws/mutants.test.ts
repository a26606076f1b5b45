import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { notaryJws } from '../../src/notary-jws/index.ts'
import { envelope, testSigner } from '../envelope-signing.ts'
import { mutantsOf } from '../mutations.ts'
import { unmalleable } from '../unmalleable.ts'

const signer = testSigner('EC-P256', 'ES256')
const good = envelope(
  notaryJws,
  {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'5'.repeat(64)}`,
    size: 42,
    annotations: { a: 'é' },
  },
  {
    signingTime: new Date('2025-06-01T12:00:00Z'),
    expiry: new Date('2035-06-01T12:00:00Z'),
    extended: [{ key: 'com.example', value: [1, { a: null }], critical: true }],
    signingAgent: 'Sealwright/0.1.0',
  },
  signer,
  { evidence: { timestamps: [Uint8Array.of(0x30, 0)] } },
)
const parts = JSON.parse(Buffer.from(good).toString())
const signed = ({ signingAgent: _, ...attributes }: { readonly signingAgent?: string | undefined }) =>
  attributes
const check = unmalleable(notaryJws, good, signer, signed)

/** Mutates the bytes within, so that the base64 around them is sound and the mutant reaches the inner decoders. */
const within = (text: string, encoding: 'base64' | 'base64url', put: (text: string) => object) =>
  mutantsOf(Buffer.from(text, encoding)).map(bytes =>
    Buffer.from(JSON.stringify({ ...parts, ...put(Buffer.from(bytes).toString(encoding)) })),
  )

describe('a mutated Notary JWS is refused, or does not verify, or says what the good one says', () => {
  it('is itself read and verified', () => {
    expect(check(good)).toBe(true)
  })

  it.each([
    ['the envelope', mutantsOf(good)],
    ['the protected header', within(parts.protected, 'base64url', text => ({ protected: text }))],
    ['the payload', within(parts.payload, 'base64url', text => ({ payload: text }))],
    ['the signature', within(parts.signature, 'base64url', text => ({ signature: text }))],
    [
      'the certificate',
      within(parts.header.x5c[0], 'base64', text => ({ header: { ...parts.header, x5c: [text] } })),
    ],
  ])('mutated in %s', (_, mutants) => {
    fc.assert(
      fc.property(mutants, mutant => {
        check(mutant)
      }),
      { numRuns },
    )
  })

  it('cut off anywhere is refused', () => {
    for (let length = 0; length < good.length; length++) expect(check(good.subarray(0, length))).toBe(false)
  })
})
