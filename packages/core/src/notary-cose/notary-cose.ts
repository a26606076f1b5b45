import { invalid } from '../encoding/invalid.ts'
import type { StapledEvidence, StaplingFormat, UnverifiedEnvelope } from '../envelope.ts'
import {
  checkAttributes,
  LABELS,
  MAX_ENVELOPE_BYTES,
  type NotaryAttributes,
  PAYLOAD_TYPE,
} from '../notary/attributes.ts'
import { decodePayload, encodePayload } from '../notary/payload.ts'
import {
  addableTimestamp,
  checkIdentity,
  notaryAlgorithmFor,
  timestampOf,
} from '../notary/signing-identity.ts'
import { assertStapledLimits, newStapled, readStapled, STAPLED_KINDS } from '../notary/stapled.ts'
import { assertCertificateShape, assertSignedBy } from '../signer-identity.ts'
import type { TargetArtifact } from '../target-artifact.ts'
import type { CoseHeader } from './header-parameters.ts'
import { decodeProtected, encodeProtected, RESERVED } from './protected-header.ts'
import { COSE, encodeSign1, readSign1, sigStructure } from './sign1.ts'

const LABEL = 'Notary COSE envelope'
/** The unprotected label for what is stapled; the names within are `timestamps`, `ocsp` and `crls`. */
const STAPLED = 'dev.sealwright.evidence'

/**
 * The Notary Project's COSE envelope: a tagged COSE_Sign1 (RFC 9052) with its chain in `x5chain`. It holds at most one
 * timestamp, no log entries and no key id; `onto` is `UNSUPPORTED`. Revocation statements and further timestamps are stapled
 * under the unprotected label `dev.sealwright.evidence`, which notation passes over.
 *
 * `open` takes deterministic CBOR only, which is what notation writes, with labels in any order.
 *
 * @see Notary Project specifications, "COSE signature envelope"
 */
export const notaryCose: StaplingFormat<TargetArtifact, NotaryAttributes> = /* @__PURE__ */ Object.freeze<
  StaplingFormat<TargetArtifact, NotaryAttributes>
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
        setStapled(unprotected, {}, evidence.stapled)
        return encodeSign1({ protectedBytes, unprotected, payload, signature: signature.bytes })
      },
    }
  },

  open: openCose,

  addEvidence(envelope, evidence) {
    const { attributes, evidence: had } = openCose(envelope).signatures[0]!
    const sign1 = readSign1(envelope, LABEL, MAX_ENVELOPE_BYTES)
    const unprotected = new Map(sign1.unprotected)
    const timestamp = addableTimestamp(had, evidence, attributes)
    if (timestamp) unprotected.set(LABELS.timestampSignature, timestamp)
    setStapled(unprotected, had.stapled ?? {}, evidence.stapled)
    return encodeSign1({ ...sign1, unprotected })
  },

  stapledMessage: signature => signature,
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
        evidence: {
          ...(timestamp instanceof Uint8Array ? { timestamps: [timestamp] } : {}),
          ...readStapled(() => readEvidence(unprotected.get(STAPLED))),
        },
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

function setStapled(
  unprotected: Map<string | number, unknown>,
  had: StapledEvidence,
  added: StapledEvidence = {},
): void {
  const fresh = newStapled(had, added)
  const all = STAPLED_KINDS.map(kind => [kind, [...(had[kind] ?? []), ...fresh[kind]]] as const)
  const held = all.filter(([, pieces]) => pieces.length > 0)
  if (held.length > 0) unprotected.set(STAPLED, new Map(held))
}

/** @throws {@link SealwrightError} `VALIDATION`. */
function readEvidence(value: unknown): StapledEvidence | undefined {
  if (value === undefined) return undefined
  const label = `${LABEL}, ${STAPLED}`
  if (!(value instanceof Map)) throw invalid(label, 'not a map')
  const entries = STAPLED_KINDS.filter(kind => value.has(kind)).map(kind => {
    const pieces: unknown = value.get(kind)
    if (!Array.isArray(pieces) || !pieces.every(piece => piece instanceof Uint8Array))
      throw invalid(label, `${kind} is not a list of byte strings`)
    return [kind, pieces as readonly Uint8Array[]] as const
  })
  const stapled: StapledEvidence = Object.fromEntries(entries)
  assertStapledLimits(stapled, label)
  return stapled
}
