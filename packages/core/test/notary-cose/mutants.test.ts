import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { notaryCose } from '../../src/notary-cose/index.ts'
import { encodeSign1, readSign1, type Sign1 } from '../../src/notary-cose/sign1.ts'
import { envelope, testSigner } from '../envelope-signing.ts'
import { mutantsOf } from '../mutations.ts'
import { unmalleable } from '../unmalleable.ts'

const signer = testSigner('EC-P256', 'ES256')
const good = envelope(
  notaryCose,
  {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: `sha256:${'5'.repeat(64)}`,
    size: 42,
    annotations: { a: 'é' },
  },
  {
    signingTime: new Date('2025-06-01T12:00:00Z'),
    expiry: new Date('2035-06-01T12:00:00Z'),
    extended: [{ key: 'com.example', value: [1, new Map([['a', null]])], critical: true }],
    signingAgent: 'Sealwright/0.1.0',
  },
  signer,
  { evidence: { timestamps: [Uint8Array.of(0x30, 0)] } },
)
const sign1 = readSign1(good, 'good', good.length)
const signed = ({ signingAgent: _, ...attributes }: { readonly signingAgent?: string | undefined }) =>
  attributes
const check = unmalleable(notaryCose, good, signer, signed)

/** Mutates the bytes within, so that the CBOR around them is sound and the mutant reaches the inner decoders. */
const within = (bytes: Uint8Array, put: (bytes: Uint8Array) => Partial<Sign1>) =>
  mutantsOf(bytes).map(mutant => encodeSign1({ ...sign1, ...put(mutant) }))

describe('a mutated Notary COSE is refused, or does not verify, or says what the good one says', () => {
  it('is itself read and verified', () => {
    expect(check(good)).toBe(true)
  })

  it.each([
    ['the envelope', mutantsOf(good)],
    ['the protected header', within(sign1.protectedBytes, protectedBytes => ({ protectedBytes }))],
    ['the payload', within(sign1.payload, payload => ({ payload }))],
    ['the signature', within(sign1.signature, signature => ({ signature }))],
    [
      'the certificate',
      within(signer.identity.certificates[0]!, certificate => ({
        unprotected: new Map([...sign1.unprotected, [33, [certificate]]]),
      })),
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
