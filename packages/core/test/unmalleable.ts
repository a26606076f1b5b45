import { createPublicKey, X509Certificate } from 'node:crypto'
import { expect } from 'vitest'
import { type EnvelopeFormat, verifySignature } from '../src/index.ts'
import type { TestSigner } from './envelope-signing.ts'
import { readOrRefuse } from './mutations.ts'

/**
 * What must hold of any bytes made from `good` by mutation: they are refused, or their signature does not hold, or they say
 * exactly what `good` says. Certificates are not under the signature but under their own: one that differs must not hold.
 *
 * @param signed - What of the attributes is under the signature.
 * @returns Checks a mutant, and tells whether it was read.
 */
export function unmalleable<Content, Attributes>(
  format: EnvelopeFormat<Content, Attributes>,
  good: Uint8Array,
  signer: TestSigner,
  signed: (attributes: Attributes) => unknown = attributes => attributes,
): (mutant: Uint8Array) => boolean {
  const original = format.open(good)
  const [expected] = original.signatures
  const { algorithm } = signer.identity
  const publicKey = createPublicKey(signer.privateKey)
  return mutant => {
    const opened = readOrRefuse(() => format.open(mutant))
    if (opened === undefined) return false
    readOrRefuse(() => opened.content())
    for (const signature of opened.signatures) {
      const unchanged =
        Buffer.compare(signature.toBeSigned, expected!.toBeSigned) === 0 &&
        Buffer.compare(signature.bytes, expected!.bytes) === 0
      if (!unchanged && !verifySignature(algorithm, publicKey, signature.toBeSigned, signature.bytes))
        continue
      expect(unchanged).toBe(true)
      expect(opened.payload).toEqual(original.payload)
      expect(opened.payloadType).toBe(original.payloadType)
      expect(opened.content()).toEqual(original.content())
      expect(signed(signature.attributes)).toEqual(signed(expected!.attributes))
      expect(signature.algorithm).toBe(expected!.algorithm)
      for (const [index, certificate] of (signature.certificates ?? []).entries()) {
        const same = Buffer.compare(certificate, expected!.certificates?.[index] ?? new Uint8Array()) === 0
        if (!same) expect(isSelfSigned(certificate)).toBe(false)
      }
    }
    return true
  }
}

function isSelfSigned(certificate: Uint8Array): boolean {
  try {
    const parsed = new X509Certificate(certificate)
    return Buffer.compare(parsed.raw, certificate) === 0 && parsed.verify(parsed.publicKey)
  } catch {
    return false
  }
}
