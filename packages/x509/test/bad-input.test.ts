import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  checkChain,
  encodeCertificates,
  parseCertificate,
  parseCertificateRequest,
  parseCertificates,
  readTimestampToken,
  requestCertificate,
  verifyTimestampToken,
} from '../src/index.ts'
import { basicConstraints, extendedKeyUsage, keyUsage, leaf, middle, root } from './craft.ts'
import { makeKey, signerOf } from './test-signer.ts'
import { craftToken, MESSAGE, trusted } from './timestamp-craft.ts'

const rich = leaf({
  extensions: [keyUsage(0x80), basicConstraints(false), extendedKeyUsage(['1.3.6.1.5.5.7.3.3'])],
})

/** A few bytes overwritten, inserted or cut out, at places that fast-check chooses. */
function mutationsOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(bytes.length - 1),
    remove: fc.constantFrom(0, 1, 1, 1, 2, 9),
    insert: fc.uint8Array({ maxLength: 3 }),
  })
  return fc.array(change, { minLength: 1, maxLength: 3 }).map(changes => {
    let result: Uint8Array = bytes
    for (const { at, remove, insert } of changes) {
      result = Buffer.concat([result.subarray(0, at), insert, result.subarray(at + remove)])
    }
    return result
  })
}

function orRefusal<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return undefined
    throw error
  }
}

it('a mutated certificate is refused by name, or read with exactly its bytes', () => {
  fc.assert(
    fc.property(mutationsOf(rich.der), bytes => {
      const certificate = orRefusal(() => parseCertificate(bytes))
      if (certificate === undefined) return
      expect(Buffer.compare(certificate.der, bytes)).toBe(0)
      const faults = checkChain([certificate, middle(), root()], { purpose: 'codeSigning' })
      // The signature covers every byte but its own, and those of the algorithm outside must equal the ones within.
      if (Buffer.compare(certificate.toBeSigned, rich.toBeSigned) !== 0) expect(faults).not.toEqual([])
    }),
    { numRuns },
  )
})

it('a mutated bundle is refused by name, or read', () => {
  const bundle = new TextEncoder().encode(encodeCertificates([rich, root()]))
  fc.assert(
    fc.property(mutationsOf(bundle), bytes => {
      for (const certificate of orRefusal(() => parseCertificates(bytes, 'f')) ?? []) {
        expect(certificate.der.length).toBeGreaterThan(0)
      }
    }),
    { numRuns },
  )
})

it('a mutated request is refused by name, or is the one that was signed', async () => {
  const signer = await signerOf(makeKey('ed25519'), 'Ed25519')
  const request = await requestCertificate({ signer, subject: 'CN=x,O=y,C=DE' })
  fc.assert(
    fc.property(mutationsOf(request), bytes => {
      const read = orRefusal(() => parseCertificateRequest(bytes))
      if (read !== undefined) expect(Buffer.compare(bytes, request)).toBe(0)
    }),
    { numRuns },
  )
})

it('a mutated timestamp token is refused by name, or proves what the original proved', () => {
  const bytes = craftToken()
  const original = readTimestampToken(bytes)
  fc.assert(
    fc.property(mutationsOf(bytes), mutated => {
      try {
        const token = readTimestampToken(mutated)
        verifyTimestampToken(token, { message: MESSAGE, roots: [trusted] })
        // What is not signed, such as a certificate that the chain does not need, may have changed.
        expect(Buffer.compare(token.content, original.content)).toBe(0)
        expect(Buffer.compare(token.signer.signedAttributes, original.signer.signedAttributes)).toBe(0)
      } catch (error) {
        if (!isSealwrightError(error)) throw error
      }
    }),
    { numRuns },
  )
})
