import type { CallOptions, Signer } from '@sealwright/core'
import { der, ecdsaToDer } from '@sealwright/core/encoding'
import { encodeSignatureAlgorithm } from './signature-scheme.ts'

/**
 * `SIGNED` (RFC 5280, appendix A): what is to be signed, the algorithm and the signature, made by the signer over the
 * bytes as a message.
 */
export async function signedDer(
  toBeSigned: Uint8Array,
  signer: Signer,
  options?: CallOptions,
): Promise<Uint8Array> {
  const { bytes } = await signer.sign(toBeSigned, options)
  const signature = signer.algorithm.family === 'ECDSA' ? ecdsaToDer(bytes) : bytes
  return der.sequence(toBeSigned, encodeSignatureAlgorithm(signer.algorithm), der.bitString(signature))
}
