import { SealwrightError } from '@sealwright/core'
import { isJsonObject, type JsonObject, type JsonValue } from '@sealwright/core/encoding'

/** Short names of predicate types, as `attest --type` and `verify --attestation` take them. */
export const predicateTypes = {
  slsa: 'https://slsa.dev/provenance/v1',
  spdx: 'https://spdx.dev/Document',
  cyclonedx: 'https://cyclonedx.org/bom',
  vsa: 'https://slsa.dev/verification_summary/v1',
} as const

export type PredicateName = keyof typeof predicateTypes

/** Names that cosign has for predicate types. */
const COSIGN_NAMES: Readonly<Record<string, string>> = {
  spdxjson: predicateTypes.spdx,
  slsaprovenance1: predicateTypes.slsa,
  slsaprovenance: 'https://slsa.dev/provenance/v0.2',
  slsaprovenance02: 'https://slsa.dev/provenance/v0.2',
  vuln: 'https://cosign.sigstore.dev/attestation/vuln/v1',
  openvex: 'https://openvex.dev/ns',
  link: 'https://in-toto.io/Link/v1',
}

/** Types that producers also write with the version of the document behind them. */
const VERSIONED: readonly string[] = [predicateTypes.spdx, predicateTypes.cyclonedx]
const VERSION = /^\/v?\d+(?:\.\d+){0,3}$/

/** RFC 3986: a scheme, and something of printable ASCII after it, without what a URI must escape. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-[\]_a-z~%]{1,2000}$/

/**
 * Returns the predicate type for a short name, of Sealwright or cosign, or for a URI, which is returned unchanged.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 *
 * @example
 * ```ts
 * import { predicateTypeOf } from '@sealwright/notary'
 *
 * predicateTypeOf('slsaprovenance1') // 'https://slsa.dev/provenance/v1'
 * predicateTypeOf('https://example.org/review/v1') // the same
 * ```
 */
export function predicateTypeOf(text: string): string {
  if (Object.hasOwn(predicateTypes, text)) return predicateTypes[text as PredicateName]
  if (Object.hasOwn(COSIGN_NAMES, text)) return COSIGN_NAMES[text]!
  if (URI.test(text)) return text
  throw new SealwrightError(
    'VALIDATION',
    `${JSON.stringify(text.slice(0, 200))} is not a type of attestation`,
    {
      why: `a type is one of ${Object.keys(predicateTypes).join(', ')}, or the URI of a predicate type`,
      fix: 'name one of them, or give the URI, as in https://example.org/review/v1',
    },
  )
}

/** Whether an attestation of a type meets what asks for `wanted`: `https://spdx.dev/Document/v2.3` is an SPDX document. */
export function isOfType(predicateType: string, wanted: string): boolean {
  if (predicateType === wanted) return true
  return (
    VERSIONED.includes(wanted) &&
    predicateType.startsWith(`${wanted}/`) &&
    VERSION.test(predicateType.slice(wanted.length))
  )
}

/** The short name of a predicate type, where it has one. */
export function predicateName(predicateType: string): PredicateName | undefined {
  return (Object.keys(predicateTypes) as PredicateName[]).find(name => predicateTypes[name] === predicateType)
}

/** Members that a predicate of a type cannot lack; of a list one is enough. */
const REQUIRED: Readonly<Record<string, readonly (readonly string[])[]>> = {
  [predicateTypes.slsa]: [['buildDefinition'], ['runDetails']],
  [predicateTypes.spdx]: [['spdxVersion', '@context']],
  [predicateTypes.cyclonedx]: [['bomFormat']],
  [predicateTypes.vsa]: [['verifier'], ['timeVerified'], ['resourceUri'], ['policy'], ['verificationResult']],
}

/**
 * What shows that a predicate is of another type than it is called: a member that every predicate of that type has, and
 * this one lacks. Nothing for types that are not known here.
 */
export function predicateFault(predicateType: string, predicate: JsonObject): string | undefined {
  const required = Object.hasOwn(REQUIRED, predicateType) ? REQUIRED[predicateType]! : []
  const missing = required.find(names => !names.some(name => predicate[name] !== undefined))
  return missing === undefined ? undefined : `it has no ${missing.map(name => `"${name}"`).join(' or ')}`
}

/** Where a predicate says when it was made, as RFC 3339. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  [predicateTypes.slsa]: ['runDetails', 'metadata', 'finishedOn'],
  'https://slsa.dev/provenance/v0.2': ['metadata', 'buildFinishedOn'],
  [predicateTypes.spdx]: ['creationInfo', 'created'],
  [predicateTypes.cyclonedx]: ['metadata', 'timestamp'],
  [predicateTypes.vsa]: ['timeVerified'],
  'https://cosign.sigstore.dev/attestation/vuln/v1': ['metadata', 'scanFinishedOn'],
  'https://openvex.dev/ns': ['timestamp'],
}

/** The time at which a predicate says that it was made; nothing for one that does not say, and for types not known here. */
export function statedTime(predicateType: string, predicate: JsonObject): Date | undefined {
  const type = Object.keys(TIMES).find(known => isOfType(predicateType, known))
  if (type === undefined) return undefined
  const stated = TIMES[type]!.reduce<JsonValue | undefined>(
    (value, name) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined),
    predicate,
  )
  if (typeof stated !== 'string' || !RFC_3339.test(stated)) return undefined
  const time = new Date(stated)
  return Number.isNaN(time.getTime()) ? undefined : time
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/
