import {
  type AlgorithmId,
  isSealwrightError,
  type TargetArtifact,
  type UnverifiedEnvelope,
  verifySignature,
} from '@sealwright/core'
import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import type { Certificate } from '@sealwright/x509'
import { notaryJws, type SignatureBinding } from './binding.ts'
import { ChainCache } from './chain-cache.ts'
import { isClaims } from './claims.ts'
import { PAYLOAD_TYPE } from './media-types.ts'
import { once } from './once.ts'

/** An envelope whose signature holds under its own leaf, whose chain meets the profile. Nobody is trusted yet. */
export interface SoundEnvelope {
  readonly binding: SignatureBinding
  /** Leaf first. */
  readonly chain: readonly Certificate[]
  readonly algorithm: AlgorithmId
  readonly attributes: NotaryAttributes
  /** The raw signature, which a timestamp is over. */
  readonly signature: Uint8Array
  /** DER RFC 3161 tokens, not looked at. */
  readonly timestamps: readonly Uint8Array[]
  readonly payload: Uint8Array
  /** What is signed; several checks ask for it. Throws `VALIDATION` if the payload is not a descriptor. */
  content(): TargetArtifact
}

/** Why an envelope is not sound. */
export interface EnvelopeFault {
  readonly code: 'MALFORMED' | 'TAMPERED' | 'CERTIFICATE'
  readonly why: string
}

export type OpenedEnvelope =
  | { readonly sound: SoundEnvelope; readonly fault?: undefined }
  | { readonly fault: EnvelopeFault; readonly sound?: undefined }

/**
 * Opens an envelope and checks what needs no trust: it parses, its signature holds under the leaf's key with the algorithm
 * that this key prescribes, its payload is of the Notary type, and its chain meets the certificate profile.
 */
export function openEnvelope(
  binding: SignatureBinding,
  bytes: Uint8Array,
  chains: ChainCache = new ChainCache(),
): OpenedEnvelope {
  try {
    return openStrictly(binding, binding.envelope.open(bytes), chains)
  } catch (error) {
    if (!isSealwrightError(error) || (error.code !== 'VALIDATION' && error.code !== 'UNSUPPORTED'))
      throw error
    return fault('MALFORMED', error.message)
  }
}

function openStrictly(
  binding: SignatureBinding,
  envelope: UnverifiedEnvelope<TargetArtifact, NotaryAttributes>,
  chains: ChainCache,
): OpenedEnvelope {
  const [signature, ...more] = envelope.signatures
  if (signature === undefined || more.length > 0) return fault('MALFORMED', 'an envelope has one signature')
  const { certificates: ders = [], attributes, evidence } = signature
  if (ders.length === 0) return fault('MALFORMED', 'it has no certificate chain')
  const { certificates: chain, algorithm, faults } = chains.read(ders, binding)
  // The key decides; the header may only agree.
  if (signature.algorithm !== algorithm) {
    return fault(
      'TAMPERED',
      `it names ${signature.algorithm ?? 'no algorithm'}; its key signs with ${algorithm}`,
    )
  }
  if (!verifySignature(algorithm, chain[0]!.publicKeyObject, signature.toBeSigned, signature.bytes)) {
    return fault('TAMPERED', 'the signature does not hold: the envelope was changed, or another key made it')
  }
  if (envelope.payloadType !== PAYLOAD_TYPE)
    return fault('MALFORMED', 'the payload is not of the Notary Project')
  if (binding === notaryJws && !isClaims(envelope.payload))
    return fault('MALFORMED', 'the payload is not a JSON object')
  if (faults.length > 0) return fault('CERTIFICATE', faults.map(found => found.message).join('; '))
  const sound: SoundEnvelope = {
    binding,
    chain,
    algorithm,
    attributes,
    signature: signature.bytes,
    timestamps: evidence.timestamps ?? [],
    payload: envelope.payload,
    content: once(() => envelope.content()),
  }
  return { sound }
}

function fault(code: EnvelopeFault['code'], why: string): OpenedEnvelope {
  return { fault: { code, why } }
}
