import { invalid } from '../encoding/invalid.ts'
import type { EnvelopeFormat, UnverifiedEnvelope } from '../envelope.ts'
import { notaryAlgorithmFor } from '../notary/algorithm-for.ts'
import type { NotaryAttributes } from '../notary/attributes.ts'
import { checkAttributes } from '../notary/checked-attributes.ts'
import { LABELS, MAX_ENVELOPE_BYTES, PAYLOAD_TYPE } from '../notary/labels.ts'
import { decodePayload, encodePayload } from '../notary/payload.ts'
import { checkIdentity, timestampOf } from '../notary/signing-identity.ts'
import { assertCertificateShape, assertSignedBy } from '../signer-identity.ts'
import type { TargetArtifact } from '../target-artifact.ts'
import { decodeProtected, encodeProtected, RESERVED } from './protected-header.ts'
import { COSE, type CoseHeader, encodeSign1, readSign1, sigStructure } from './sign1.ts'

const LABEL = 'Notary COSE envelope'

/**
 * The Notary Project's COSE envelope: a tagged COSE_Sign1 (RFC 9052) with its chain in `x5chain`. It holds at most one
 * timestamp, no log entries and no key id; `onto` is `UNSUPPORTED`.
 *
 * `open` takes deterministic CBOR only, which is what notation writes, with labels in any order.
 *
 * @see Notary Project specifications, "COSE signature envelope"
 */
export const notaryCose: EnvelopeFormat<TargetArtifact, NotaryAttributes> = /* @__PURE__ */ Object.freeze<
  EnvelopeFormat<TargetArtifact, NotaryAttributes>
>({
  mediaType: 'application/cose',
  algorithmFor: notaryAlgorithmFor,

  prepare(content, attributes, identity, onto) {
    const certificates = checkIdentity(identity, onto)
    const checked = checkAttributes(attributes, RESERVED)
    const protectedBytes = encodeProtected(identity.algorithm, checked)
    const payload = encodePayload(content, { sort: false })
    return {
      toBeSigned: sigStructure(protectedBytes, payload),
      close(signature, evidence) {
        assertSignedBy(signature, identity)
        const timestamp = timestampOf(evidence, checked)
        const unprotected = new Map<string | number, unknown>([[COSE.x5chain, certificates]])
        if (timestamp) unprotected.set(LABELS.timestampSignature, timestamp)
        if (checked.signingAgent !== undefined) unprotected.set(LABELS.signingAgent, checked.signingAgent)
        return encodeSign1({ protectedBytes, unprotected, payload, signature: signature.bytes })
      },
    }
  },

  open: openCose,
})

function openCose(bytes: Uint8Array): UnverifiedEnvelope<TargetArtifact, NotaryAttributes> {
  const { protectedBytes, unprotected, payload, signature, ...sign1 } = readSign1(
    bytes,
    LABEL,
    MAX_ENVELOPE_BYTES,
  )
  const { algorithm, attributes } = decodeProtected(sign1.protected)
  if (payload.length === 0) throw invalid(LABEL, 'empty payload')
  const signingAgent = unprotected.get(LABELS.signingAgent)
  const timestamp = unprotected.get(LABELS.timestampSignature)
  return {
    payload,
    payloadType: PAYLOAD_TYPE,
    signatures: [
      {
        toBeSigned: sigStructure(protectedBytes, payload),
        bytes: signature,
        // Both are unsigned; the reference passes over an agent that is not text and a timestamp that is not bytes.
        attributes: typeof signingAgent === 'string' ? { ...attributes, signingAgent } : attributes,
        evidence: timestamp instanceof Uint8Array ? { timestamps: [timestamp] } : {},
        algorithm,
        certificates: readChain(unprotected),
      },
    ],
    content: () => decodePayload(payload),
  }
}

/** Always a list, even of one: RFC 9360's bare byte string is not what the reference reads. */
function readChain(unprotected: CoseHeader): readonly Uint8Array[] {
  const chain = unprotected.get(COSE.x5chain)
  if (!Array.isArray(chain) || chain.length === 0)
    throw invalid(LABEL, 'x5chain is missing, empty or not a list')
  return chain.map((certificate: unknown, index) => {
    const label = `${LABEL}, certificate ${index + 1}`
    if (!(certificate instanceof Uint8Array))
      throw invalid(LABEL, 'x5chain holds something other than byte strings')
    assertCertificateShape(certificate, label)
    return certificate
  })
}
