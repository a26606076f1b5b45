import { assertSignedBy, type EnvelopeFormat, type UnverifiedEnvelope } from '@sealwright/core'
import {
  decodeBase64,
  decodeJsonWithPositions,
  encodeBase64,
  encodeUtf8,
  invalid,
  isJsonObject,
  type JsonObject,
} from '@sealwright/core/encoding'
import { ReferrerTypes } from '@sealwright/oci'
import { nv2AlgorithmFor } from './algorithm-for.ts'
import {
  type ClaimOrder,
  encodeClaims,
  type Nv2Attributes,
  type Nv2Content,
  type Nv2FirstContent,
  readClaims,
} from './claims.ts'
import { assertNoEvidence, MAX_ENVELOPE_BYTES } from './limits.ts'
import { encodeParameters, parametersOf, readParameters } from './parameters.ts'

/** Media type of the JSON forms, which the prototype gives to the config of an artifact. */
const MEDIA_TYPE = ReferrerTypes.nv2Config

/**
 * The JSON of the Notary v2 overview, `{"signed":{exp,nbf,iat,mediaType,digest,size,references},"signature":{typ,sig,alg,kid|x5c}}`.
 * The bytes of `signed` are signed, unchanged. `x5c` identifies the signer if it has certificates, else `kid`.
 *
 * Its identities are host names in certificates, and no trust policy counts it.
 */
export const nv2: EnvelopeFormat<Nv2Content, Nv2Attributes> = /* @__PURE__ */ jsonForm<Nv2Content>(
  'nv2 envelope',
  ['exp', 'nbf', 'iat', 'mediaType', 'digest', 'size', 'references'],
)

/**
 * The first JSON of the prototype (0.1), byte for byte: as {@link nv2}, without the media type and in another order.
 *
 * @see github.com/notaryproject/nv2 at efe151d
 */
export const nv2First: EnvelopeFormat<Nv2FirstContent, Nv2Attributes> =
  /* @__PURE__ */ jsonForm<Nv2FirstContent>('nv2 envelope of the first form', [
    'digest',
    'size',
    'references',
    'exp',
    'nbf',
    'iat',
  ])

function jsonForm<Content extends Nv2FirstContent>(
  label: string,
  order: ClaimOrder,
): EnvelopeFormat<Content, Nv2Attributes> {
  return Object.freeze<EnvelopeFormat<Content, Nv2Attributes>>({
    mediaType: MEDIA_TYPE,
    algorithmFor: nv2AlgorithmFor,

    prepare(content, attributes, identity, onto) {
      const parameters = parametersOf(identity, onto)
      const signed = encodeClaims(order, { content, attributes }, label)
      return {
        toBeSigned: signed,
        close(signature, evidence) {
          assertSignedBy(signature, identity)
          assertNoEvidence(evidence)
          const members = encodeParameters(parameters, encodeBase64(signature.bytes))
          return Buffer.concat([
            encodeUtf8('{"signed":', label),
            signed,
            encodeUtf8(`,"signature":${members}}`, label),
          ])
        },
      }
    },

    open: bytes => openJson(order, bytes, label),
  })
}

function openJson<Content extends Nv2FirstContent>(
  order: ClaimOrder,
  bytes: Uint8Array,
  label: string,
): UnverifiedEnvelope<Content, Nv2Attributes> {
  const { value, text } = decodeJsonWithPositions(bytes, {
    label,
    maxBytes: MAX_ENVELOPE_BYTES,
    maxDepth: 4,
  })
  if (!isJsonObject(value)) throw invalid(label, 'not an object')
  const { signed, signature, ...others } = value
  if (Object.keys(others).length > 0) throw invalid(label, 'a member other than signed and signature')
  if (!isJsonObject(signed)) throw invalid(label, 'signed is missing or not an object')
  if (!isJsonObject(signature)) throw invalid(label, 'signature is missing or not an object')
  const payload = encodeUtf8(text(['signed']) as string, label)
  const { content, attributes } = readClaims<Content>(order, payload, label)
  return {
    payload,
    payloadType: MEDIA_TYPE,
    signatures: [{ ...readSignature(signature, label), toBeSigned: payload, attributes, evidence: {} }],
    content: () => content,
  }
}

function readSignature({ sig, ...members }: JsonObject, label: string) {
  if (typeof sig !== 'string' || sig === '') throw invalid(label, 'sig is missing, empty or not text')
  return { ...readParameters(members, label), bytes: decodeBase64(sig, `${label}, sig`) }
}
