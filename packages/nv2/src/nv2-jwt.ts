import { assertSignedBy, type EnvelopeFormat } from '@sealwright/core'
import {
  decodeBase64url,
  decodeJson,
  decodeUtf8,
  encodeBase64url,
  encodeUtf8,
  invalid,
  isJsonObject,
} from '@sealwright/core/encoding'
import { nv2AlgorithmFor } from './algorithm-for.ts'
import { encodeClaims, type Nv2Attributes, type Nv2Content, readClaims } from './claims.ts'
import { assertNoEvidence, MAX_ENVELOPE_BYTES } from './limits.ts'
import { encodeParameters, parametersOf, readParameters } from './parameters.ts'

/** Media type of the JWT form, which the prototype gives to the config of an artifact. */
const MEDIA_TYPE = 'application/vnd.cncf.notary.config.v2+jwt'
const LABEL = 'nv2 token'
const CLAIMS = ['mediaType', 'digest', 'size', 'references', 'exp', 'iat', 'nbf'] as const

/**
 * The token of the prototype from 0.2 on, byte for byte: header, claims and signature in base64url, separated by dots. A JWS (RFC 7515), its certificates in standard base64.
 *
 * @see github.com/notaryproject/nv2 at a7ae4eb
 */
export const nv2Jwt: EnvelopeFormat<Nv2Content, Nv2Attributes> = /* @__PURE__ */ Object.freeze<
  EnvelopeFormat<Nv2Content, Nv2Attributes>
>({
  mediaType: MEDIA_TYPE,
  algorithmFor: nv2AlgorithmFor,

  prepare(content, attributes, identity, onto) {
    const header = encodeUtf8(encodeParameters(parametersOf(identity, onto)), LABEL)
    const claims = encodeClaims(CLAIMS, { content, attributes }, LABEL)
    const signed = `${encodeBase64url(header)}.${encodeBase64url(claims)}`
    return {
      toBeSigned: encodeUtf8(signed, LABEL),
      close(signature, evidence) {
        assertSignedBy(signature, identity)
        assertNoEvidence(evidence)
        return encodeUtf8(`${signed}.${encodeBase64url(signature.bytes)}`, LABEL)
      },
    }
  },

  open(bytes) {
    if (bytes.length > MAX_ENVELOPE_BYTES)
      throw invalid(LABEL, `${bytes.length} bytes, more than ${MAX_ENVELOPE_BYTES}`)
    const [head = '', body = '', tail = '', ...more] = decodeUtf8(bytes, LABEL).split('.', 4)
    if (head === '' || body === '' || tail === '' || more.length > 0)
      throw invalid(LABEL, 'not three parts with dots between')
    const header = decodeJson(decodeBase64url(head, `${LABEL}, header`), {
      label: `${LABEL}, header`,
      maxDepth: 2,
    })
    if (!isJsonObject(header)) throw invalid(LABEL, 'the header is not an object')
    const payload = decodeBase64url(body, `${LABEL}, claims`)
    const { content, attributes } = readClaims<Nv2Content>(CLAIMS, payload, LABEL)
    const signature = {
      ...readParameters(header, LABEL),
      bytes: decodeBase64url(tail, `${LABEL}, signature`),
      toBeSigned: encodeUtf8(`${head}.${body}`, LABEL),
      attributes,
      evidence: {},
    }
    return { payload, payloadType: MEDIA_TYPE, signatures: [signature], content: () => content }
  },
})
