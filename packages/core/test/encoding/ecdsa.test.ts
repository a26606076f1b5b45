import { createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { der, ecdsaFromDer, ecdsaToDer } from '../../src/encoding/index.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'
import { absent, haveVectors, vectorJson } from '../vectors.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

interface Wycheproof<Test> {
  readonly testGroups: readonly { readonly publicKeyDer: string; readonly tests: readonly Test[] }[]
}
interface EcdsaTest {
  readonly tcId: number
  readonly comment: string
  readonly flags: readonly string[]
  readonly msg: string
  readonly sig: string
  readonly result: 'valid' | 'invalid'
}

describe('ecdsaFromDer', () => {
  const half = fc.bigInt({ min: 1n, max: 2n ** 256n - 1n })

  it('gives r‖s in halves of the length asked for, and ecdsaToDer undoes it', () => {
    fc.assert(
      fc.property(half, half, (r, s) => {
        const encoded = der.sequence(der.integer(r), der.integer(s))
        const raw = ecdsaFromDer(encoded, 32)
        expect(Buffer.from(raw).toString('hex')).toBe(
          [r, s].map(n => n.toString(16).padStart(64, '0')).join(''),
        )
        expect(ecdsaToDer(raw)).toEqual(encoded)
      }),
      { numRuns: Math.min(numRuns, 5000) },
    )
  })

  it('has one encoding for a signature: a mutant that it reads is what ecdsaToDer writes', () => {
    const good = der.sequence(der.integer(2n ** 255n + 5n), der.integer(77n))
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        const raw = readOrRefuse(() => ecdsaFromDer(mutant, 32))
        if (raw !== undefined) expect(ecdsaToDer(raw)).toEqual(mutant)
      }),
      { numRuns },
    )
  })

  it.each([
    ['zero as r', der.sequence(der.integer(0), der.integer(1))],
    ['a negative s', der.sequence(der.integer(1), der.integer(-1))],
    ['a number of 33 bytes', der.sequence(der.integer(2n ** 256n), der.integer(1))],
    ['one number', der.sequence(der.integer(1))],
    ['three numbers', der.sequence(der.integer(1), der.integer(1), der.integer(1))],
    ['an empty input', new Uint8Array()],
    ['20,000 levels', hex('3004'.repeat(20_000))],
  ])('refuses %s', (_, signature) => {
    expect(refusalOf(() => ecdsaFromDer(signature, 32))).toMatch(/^ECDSA signature: /)
  })

  it('refuses to write an odd length and zero halves', () => {
    for (const raw of [new Uint8Array(63).fill(1), new Uint8Array(), new Uint8Array(64)]) {
      expect(refusalOf(() => ecdsaToDer(raw))).toMatch(/^ECDSA signature: /)
    }
  })

  describe('agrees with Wycheproof', () => {
    beforeEach(({ skip }) => skip(!haveVectors, absent))

    const { testGroups } = haveVectors
      ? vectorJson<Wycheproof<EcdsaTest>>('wycheproof', 'ecdsa_secp256r1_sha256_test.json')
      : { testGroups: [] }

    it('on every signature: read and verified if valid, refused or not verified if not', () => {
      let read = 0
      for (const { publicKeyDer, tests } of testGroups) {
        const key = createPublicKey({ key: Buffer.from(hex(publicKeyDer)), format: 'der', type: 'spki' })
        for (const { tcId, comment, msg, sig, result } of tests) {
          const raw = readOrRefuse(() => ecdsaFromDer(hex(sig), 32))
          const holds =
            raw !== undefined && verify('sha256', hex(msg), { key, dsaEncoding: 'ieee-p1363' }, raw)
          expect(holds, `${tcId} ${comment}`).toBe(result === 'valid')
          if (raw !== undefined) read++
        }
      }
      expect(read).toBeGreaterThan(174)
    })

    it('refuses by itself what is a matter of encoding', () => {
      const ofEncoding = ['BerEncodedSignature', 'InvalidEncoding', 'InvalidTypesInSignature']
      const tests = testGroups
        .flatMap(group => group.tests)
        .filter(({ flags, result }) => result === 'invalid' && flags.some(flag => ofEncoding.includes(flag)))
      expect(tests.length).toBeGreaterThan(100)
      for (const { sig } of tests) refusalOf(() => ecdsaFromDer(hex(sig), 32))
    })

    it.each([
      ['ecdsa_secp256r1_sha256_p1363_test.json', 'sha256'],
      ['ecdsa_secp384r1_sha384_p1363_test.json', 'sha384'],
      ['ecdsa_secp521r1_sha512_p1363_test.json', 'sha512'],
    ])('and its valid r‖s of %s survive the way to DER and back', (file, hash) => {
      for (const { publicKeyDer, tests } of vectorJson<Wycheproof<EcdsaTest>>('wycheproof', file)
        .testGroups) {
        const key = createPublicKey({ key: Buffer.from(hex(publicKeyDer)), format: 'der', type: 'spki' })
        for (const { msg, sig } of tests.filter(({ result }) => result === 'valid').slice(0, 5)) {
          const encoded = ecdsaToDer(hex(sig))
          expect(verify(hash, hex(msg), key, encoded)).toBe(true)
          expect(ecdsaFromDer(encoded, sig.length / 4)).toEqual(hex(sig))
        }
      }
    })
  })
})
