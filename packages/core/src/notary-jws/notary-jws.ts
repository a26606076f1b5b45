import {
  decodeBase64,
  decodeBase64url,
  encodeBase64,
  encodeBase64url,
  encodeJson,
  encodeUtf8,
} from '../encoding/index.ts'
import type { EnvelopeFormat, Evidence, UnverifiedEnvelope } from '../envelope.ts'
import { notaryAlgorithmFor } from '../notary/algorithm-for.ts'
import type { NotaryAttributes } from '../notary/attributes.ts'
import { checkAttributes } from '../notary/checked-attributes.ts'
import { LABELS, PAYLOAD_TYPE } from '../notary/labels.ts'
import { decodePayload, encodePayload } from '../notary/payload.ts'
import { checkIdentity, timestampOf } from '../notary/signing-identity.ts'
import { assertCertificateShape, assertSignedBy } from '../signer-identity.ts'
import type { TargetArtifact } from '../target-artifact.ts'
import { type FlattenedJws, type JwsHeader, readFlattenedJws } from './flattened-jws.ts'
import { decodeProtected, encodeProtected, RESERVED } from './protected-header.ts'

/**
 * The Notary Project's JWS envelope: flattened JSON (RFC 7515 §7.2.2) with one signature and its chain in `x5c`. It holds
 * at most one timestamp, no log entries and no key id; `onto` is `UNSUPPORTED`.
 *
 * `open` reads what notation writes and refuses what merely parses under Go's rules: duplicate members, member names in
 * another case, base64 that is not canonical. Members it does not know are passed over, as notation does.
 *
 * @see Notary Project specifications, "JWS signature envelope"
 */
export const notaryJws: EnvelopeFormat<TargetArtifact, NotaryAttributes> = /* @__PURE__ */ Object.freeze<
  EnvelopeFormat<TargetArtifact, NotaryAttributes>
>({
  mediaType: 'application/jose+json',
  algorithmFor: notaryAlgorithmFor,

  prepare(content, attributes, identity, onto) {
    const certificates = checkIdentity(identity, onto)
    const checked = checkAttributes(attributes, RESERVED)
    const protectedHeader = encodeBase64url(encodeProtected(identity.algorithm, checked))
    const payload = encodeBase64url(encodePayload(content, { sort: true }))
    return {
      toBeSigned: signingInput(protectedHeader, payload),
      close(signature, evidence) {
        assertSignedBy(signature, identity)
        const timestamp = timestampOf(evidence, checked)
        const header = {
          ...(timestamp ? { [LABELS.timestampSignature]: encodeBase64(timestamp) } : {}),
          x5c: certificates.map(encodeBase64),
          ...(checked.signingAgent === undefined ? {} : { [LABELS.signingAgent]: checked.signingAgent }),
        }
        const envelope = {
          payload,
          protected: protectedHeader,
          header,
          signature: encodeBase64url(signature.bytes),
        }
        return encodeUtf8(encodeJson(envelope, { label: 'Notary JWS envelope' }), 'Notary JWS envelope')
      },
    }
  },

  open: bytes => openJws(readFlattenedJws(bytes)),
})

function openJws(jws: FlattenedJws): UnverifiedEnvelope<TargetArtifact, NotaryAttributes> {
  const { algorithm, attributes, names } = decodeProtected(
    decodeBase64url(jws.protected, 'Notary JWS protected header'),
  )
  jws.header.assertDisjoint(names)
  const payload = decodeBase64url(jws.payload, 'Notary JWS payload')
  const signature = decodeBase64url(jws.signature, 'Notary JWS signature')
  const signingAgent = jws.header.text(LABELS.signingAgent)
  return {
    payload,
    payloadType: PAYLOAD_TYPE,
    signatures: [
      {
        toBeSigned: signingInput(jws.protected, jws.payload),
        bytes: signature,
        attributes: signingAgent === undefined ? attributes : { ...attributes, signingAgent },
        evidence: readEvidence(jws.header),
        algorithm,
        certificates: readChain(jws.header),
      },
    ],
    content: () => decodePayload(payload),
  }
}

function readEvidence(header: JwsHeader): Evidence {
  const timestamp = header.text(LABELS.timestampSignature)
  return timestamp === undefined
    ? {}
    : { timestamps: [decodeBase64(timestamp, `Notary JWS ${LABELS.timestampSignature}`)] }
}

function readChain(header: JwsHeader): readonly Uint8Array[] {
  return header.texts('x5c').map((text, index) => {
    const label = `Notary JWS x5c, certificate ${index + 1}`
    const certificate = decodeBase64(text, label)
    assertCertificateShape(certificate, label)
    return certificate
  })
}

/** RFC 7515 §5.1: ASCII, hence one byte a character. */
function signingInput(protectedHeader: string, payload: string): Uint8Array {
  return encodeUtf8(`${protectedHeader}.${payload}`, 'JWS signing input')
}
