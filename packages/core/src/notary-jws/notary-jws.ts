import { type AlgorithmId, isAlgorithmId } from '../algorithm.ts'
import {
  decodeBase64,
  decodeBase64url,
  decodeJson,
  decodeJsonWithPositions,
  encodeBase64,
  encodeBase64url,
  encodeJson,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import { formatRfc3339, parseRfc3339 } from '../encoding/rfc3339.ts'
import type { Evidence, StaplingFormat, UnverifiedEnvelope } from '../envelope.ts'
import {
  type CheckedAttributes,
  checkAttributes,
  LABELS,
  MAX_ENVELOPE_BYTES,
  type NotaryAttributes,
  PAYLOAD_TYPE,
  readSignedAttributes,
} from '../notary/attributes.ts'
import { assertExactNames, decodePayload, encodePayload } from '../notary/payload.ts'
import {
  addableTimestamp,
  checkIdentity,
  isNotaryAlgorithm,
  notaryAlgorithmFor,
  timestampOf,
} from '../notary/signing-identity.ts'
import { newStapled, readStapled } from '../notary/stapled.ts'
import { assertCertificateShape, assertSignedBy } from '../signer-identity.ts'
import type { TargetArtifact } from '../target-artifact.ts'
import { ETSI_U, etsiUElements, readEtsiU } from './etsi-u.ts'

const LABEL = 'Notary JWS envelope'

/**
 * The Notary Project's JWS envelope: flattened JSON (RFC 7515 §7.2.2) with one signature and its chain in `x5c`. It holds
 * at most one timestamp, no log entries and no key id; `onto` is `UNSUPPORTED`. Revocation statements and further timestamps
 * are stapled in the unprotected header `etsiU` (JAdES, ETSI TS 119 182-1), which notation passes over.
 *
 * `open` reads what notation writes and refuses what merely parses under Go's rules: duplicate members, member names in
 * another case, base64 that is not canonical. Members it does not know are passed over, as notation does.
 *
 * @see Notary Project specifications, "JWS signature envelope"
 */
export const notaryJws: StaplingFormat<TargetArtifact, NotaryAttributes> = /* @__PURE__ */ Object.freeze<
  StaplingFormat<TargetArtifact, NotaryAttributes>
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
        const stapled = etsiUElements(newStapled({}, evidence.stapled ?? {}))
        const header = {
          ...(timestamp ? { [LABELS.timestampSignature]: encodeBase64(timestamp) } : {}),
          x5c: certificates.map(encodeBase64),
          ...(checked.signingAgent === undefined ? {} : { [LABELS.signingAgent]: checked.signingAgent }),
          ...(stapled.length === 0 ? {} : { [ETSI_U]: stapled }),
        }
        const envelope = {
          payload,
          protected: protectedHeader,
          header,
          signature: encodeBase64url(signature.bytes),
        }
        return encodeUtf8(encodeJson(envelope, { label: LABEL }), LABEL)
      },
    }
  },

  open: bytes => openJws(readFlattenedJws(bytes)),

  addEvidence(envelope, evidence) {
    const { attributes, evidence: had } = openJws(readFlattenedJws(envelope)).signatures[0]!
    const timestamp = addableTimestamp(had, evidence, attributes)
    const added = etsiUElements(newStapled(had.stapled ?? {}, evidence.stapled ?? {}))
    return replaceHeader(envelope, (header: JsonObject) => ({
      ...(timestamp ? { [LABELS.timestampSignature]: encodeBase64(timestamp) } : {}),
      ...header,
      ...(added.length === 0
        ? {}
        : { [ETSI_U]: [...(Array.isArray(header[ETSI_U]) ? header[ETSI_U] : []), ...added] }),
    }))
  },

  stapledMessage: signature => encodeUtf8(encodeBase64url(signature), LABEL),
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
  return {
    ...(timestamp === undefined
      ? {}
      : { timestamps: [decodeBase64(timestamp, `Notary JWS ${LABELS.timestampSignature}`)] }),
    ...readStapled(() => readEtsiU(header.value(ETSI_U))),
  }
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

/** The members of a flattened JWS (RFC 7515 §7.2.2), all required and none empty, still in base64url. */
interface FlattenedJws {
  readonly payload: string
  readonly protected: string
  readonly header: JwsHeader
  readonly signature: string
}

/** An unprotected header. Its readers throw `VALIDATION` for a member of another type. */
interface JwsHeader {
  /** `undefined` for `null` too, as the reference reads it. */
  text(name: string): string | undefined
  /** At least one text. */
  texts(name: string): readonly string[]
  value(name: string): JsonValue | undefined
  /** RFC 7515 §7.2.2: no name stands in both headers. */
  assertDisjoint(protectedNames: readonly string[]): void
}

/** @throws {@link SealwrightError} `VALIDATION`. */
function readFlattenedJws(bytes: Uint8Array): FlattenedJws {
  const envelope = decodeJson(bytes, { label: LABEL, maxBytes: MAX_ENVELOPE_BYTES })
  if (!isJsonObject(envelope)) throw invalid(LABEL, 'not an object')
  assertExactNames(envelope, ['payload', 'protected', 'header', 'signature'], LABEL)
  const { payload, protected: protectedHeader, header, signature } = envelope
  if (!isJsonObject(header)) throw invalid(LABEL, 'header is missing or not an object')
  assertExactNames(header, ['x5c', LABELS.timestampSignature], LABEL)
  return {
    payload: required(payload, 'payload'),
    protected: required(protectedHeader, 'protected'),
    header: readHeader(header),
    signature: required(signature, 'signature'),
  }
}

/** Writes an envelope again with another unprotected header: all else stays as it was written. */
function replaceHeader(bytes: Uint8Array, change: (header: JsonObject) => JsonObject): Uint8Array {
  const json = decodeJsonWithPositions(bytes, { label: LABEL, maxBytes: MAX_ENVELOPE_BYTES })
  const { header } = json.value as { readonly header: JsonObject }
  return encodeUtf8(json.replace(['header'], encodeJson(change(header), { label: LABEL })), LABEL)
}

function readHeader(header: JsonObject): JwsHeader {
  return {
    text(name) {
      const value = header[name] ?? undefined
      if (value !== undefined && typeof value !== 'string') throw invalid(LABEL, `header ${name} is not text`)
      return value
    },
    texts(name) {
      const value = header[name]
      if (!isTexts(value) || value.length === 0)
        throw invalid(LABEL, `header ${name} is missing, empty or not a list of texts`)
      return value
    },
    value: name => (Object.hasOwn(header, name) ? header[name] : undefined),
    assertDisjoint(protectedNames) {
      const both = protectedNames.find(name => Object.hasOwn(header, name))
      if (both !== undefined)
        throw invalid(LABEL, 'a name is in both the protected and the unprotected header')
    },
  }
}

function required(value: JsonValue | undefined, name: string): string {
  if (typeof value !== 'string' || value === '') throw invalid(LABEL, `${name} is missing, empty or not text`)
  return value
}

function isTexts(value: JsonValue | undefined): value is readonly string[] {
  return Array.isArray(value) && value.every(item => typeof item === 'string')
}

const HEADER_LABEL = 'Notary JWS protected header'
const OWN: ReadonlySet<string> = /* @__PURE__ */ new Set(['alg', 'cty', 'crit'])

/** Keys that no extended attribute may take: the format's own, the unprotected chain, and RFC 7797's switch. */
export const RESERVED: ReadonlySet<string> = /* @__PURE__ */ new Set([...OWN, 'x5c', 'b64'])

const TIMES: readonly string[] = [LABELS.signingTime, LABELS.authenticSigningTime, LABELS.expiry]

interface JwsProtected {
  readonly algorithm: AlgorithmId
  readonly attributes: NotaryAttributes
  readonly names: readonly string[]
}

/** The JSON of the protected header, as the reference writes it: members in byte order, `crit` in its own order. */
export function encodeProtected(algorithm: AlgorithmId, attributes: CheckedAttributes): Uint8Array {
  const { signingScheme, timeLabel, signingTime, expiry, extended } = attributes
  const members: Record<string, JsonValue> = Object.create(null)
  for (const { key, value } of extended) {
    if (typeof key !== 'string') throw invalid(HEADER_LABEL, 'an attribute key is not text')
    members[key] = value as JsonValue
  }
  members.alg = algorithm
  members.cty = PAYLOAD_TYPE
  members.crit = [
    LABELS.signingScheme,
    ...extended.filter(({ critical }) => critical).map(({ key }) => String(key)),
    ...(timeLabel === LABELS.authenticSigningTime ? [timeLabel] : []),
    ...(expiry ? [LABELS.expiry] : []),
  ]
  members[LABELS.signingScheme] = signingScheme
  members[timeLabel] = formatRfc3339(signingTime)
  if (expiry) members[LABELS.expiry] = formatRfc3339(expiry)
  return encodeUtf8(encodeJson(members, { label: HEADER_LABEL, sort: true }), HEADER_LABEL)
}

/** @throws {@link SealwrightError} `VALIDATION`. */
function decodeProtected(bytes: Uint8Array): JwsProtected {
  const header = decodeJson(bytes, { label: HEADER_LABEL, unescaped: TIMES })
  if (!isJsonObject(header)) throw invalid(HEADER_LABEL, 'not an object')
  assertExactNames(header, [...OWN, ...Object.values(LABELS)], HEADER_LABEL)
  const entries = new Map<string, unknown>(Object.entries(header))
  const algorithm = entries.get('alg')
  if (typeof algorithm !== 'string' || !isAlgorithmId(algorithm) || !isNotaryAlgorithm(algorithm)) {
    throw invalid(HEADER_LABEL, 'alg is missing or not one that the Notary Project uses')
  }
  if (entries.get('cty') !== PAYLOAD_TYPE) throw invalid(HEADER_LABEL, `cty is not ${PAYLOAD_TYPE}`)
  const critical = entries.get('crit')
  // RFC 7797: it would change which bytes are signed.
  if (Array.isArray(critical) && critical.includes('b64')) throw invalid(HEADER_LABEL, 'b64 is not supported')
  const attributes = readSignedAttributes({
    label: HEADER_LABEL,
    entries,
    own: OWN,
    critical,
    time: (value, name) => parseRfc3339(value, `${HEADER_LABEL}: ${name}`),
  })
  return { algorithm, attributes, names: [...entries.keys()] }
}
