import { type AlgorithmId, isAlgorithmId } from '../algorithm.ts'
import { decodeJson, encodeJson, encodeUtf8, isJsonObject, type JsonValue } from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import { formatRfc3339, parseRfc3339 } from '../encoding/rfc3339.ts'
import { isNotaryAlgorithm } from '../notary/algorithm-for.ts'
import {
  type CheckedAttributes,
  LABELS,
  type NotaryAttributes,
  PAYLOAD_TYPE,
  readSignedAttributes,
} from '../notary/attributes.ts'
import { assertExactNames } from '../notary/payload.ts'

const LABEL = 'Notary JWS protected header'
const OWN: ReadonlySet<string> = /* @__PURE__ */ new Set(['alg', 'cty', 'crit'])

/** Keys that no extended attribute may take: the format's own, the unprotected chain, and RFC 7797's switch. */
export const RESERVED: ReadonlySet<string> = /* @__PURE__ */ new Set([...OWN, 'x5c', 'b64'])

const TIMES: readonly string[] = [LABELS.signingTime, LABELS.authenticSigningTime, LABELS.expiry]

export interface JwsProtected {
  readonly algorithm: AlgorithmId
  readonly attributes: NotaryAttributes
  readonly names: readonly string[]
}

/** The JSON of the protected header, as the reference writes it: members in byte order, `crit` in its own order. */
export function encodeProtected(algorithm: AlgorithmId, attributes: CheckedAttributes): Uint8Array {
  const { signingScheme, timeLabel, signingTime, expiry, extended } = attributes
  const members: Record<string, JsonValue> = Object.create(null)
  for (const { key, value } of extended) {
    if (typeof key !== 'string') throw invalid(LABEL, 'an attribute key is not text')
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
  return encodeUtf8(encodeJson(members, { label: LABEL, sort: true }), LABEL)
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function decodeProtected(bytes: Uint8Array): JwsProtected {
  const header = decodeJson(bytes, { label: LABEL, unescaped: TIMES })
  if (!isJsonObject(header)) throw invalid(LABEL, 'not an object')
  assertExactNames(header, [...OWN, ...Object.values(LABELS)], LABEL)
  const entries = new Map<string, unknown>(Object.entries(header))
  const algorithm = entries.get('alg')
  if (typeof algorithm !== 'string' || !isAlgorithmId(algorithm) || !isNotaryAlgorithm(algorithm)) {
    throw invalid(LABEL, 'alg is missing or not one that the Notary Project uses')
  }
  if (entries.get('cty') !== PAYLOAD_TYPE) throw invalid(LABEL, `cty is not ${PAYLOAD_TYPE}`)
  const critical = entries.get('crit')
  // RFC 7797: it would change which bytes are signed.
  if (Array.isArray(critical) && critical.includes('b64')) throw invalid(LABEL, 'b64 is not supported')
  const attributes = readSignedAttributes({
    label: LABEL,
    entries,
    own: OWN,
    critical,
    time: (value, name) => parseRfc3339(value, `${LABEL}: ${name}`),
  })
  return { algorithm, attributes, names: [...entries.keys()] }
}
