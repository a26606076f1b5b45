import {
  decodeBase64,
  decodeBase64url,
  decodeJson,
  encodeBase64,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import type { StapledEvidence } from '../envelope.ts'
import { assertStapledLimits, type StapledKind } from '../notary/stapled.ts'

/** The unprotected header of JAdES for what is added to a signature (ETSI TS 119 182-1, section 5.3.1). */
export const ETSI_U = 'etsiU'

const LABEL = `Notary JWS header ${ETSI_U}`
const MAX_ELEMENTS = 64

/** Where each kind stands within an element: sections 5.3.4 and 5.3.5.2. */
const PLACES: readonly (readonly [kind: StapledKind, element: string, list: string])[] = [
  ['timestamps', 'sigTst', 'tstTokens'],
  ['ocsp', 'rVals', 'ocspVals'],
  ['crls', 'rVals', 'crlVals'],
]

/**
 * Reads signature timestamps and revocation values; elements of other kinds are passed over.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readEtsiU(value: JsonValue | undefined): StapledEvidence | undefined {
  if (value === undefined) return undefined
  if (!isList(value) || value.length > MAX_ELEMENTS)
    throw invalid(LABEL, `not a list of at most ${MAX_ELEMENTS}`)
  const found: Record<StapledKind, Uint8Array[]> = { timestamps: [], ocsp: [], crls: [] }
  for (const item of value) {
    const element =
      typeof item === 'string' ? decodeJson(decodeBase64url(item, LABEL), { label: LABEL }) : item
    if (!isJsonObject(element)) throw invalid(LABEL, 'an element is not an object')
    for (const [kind, name, list] of PLACES) {
      const holder = element[name]
      const values = isJsonObject(holder) ? holder[list] : undefined
      if (values !== undefined) found[kind].push(...readValues(values, list))
    }
  }
  assertStapledLimits(found, LABEL)
  return Object.values(found).some(({ length }) => length > 0) ? found : undefined
}

/** PKI objects (section 5.4.1): base64 of DER, unless they say that they are in another encoding. */
function readValues(values: JsonValue, name: string): Uint8Array[] {
  if (!isList(values)) throw invalid(LABEL, `${name} is not a list`)
  return values.flatMap(item => {
    if (!isJsonObject(item) || typeof item.val !== 'string') throw invalid(LABEL, `${name} holds no value`)
    return item.encoding === undefined || item.encoding === DER ? [decodeBase64(item.val, LABEL)] : []
  })
}

const DER = 'http://uri.etsi.org/01903/v1.2.2#DER'

/** Returns the elements that hold evidence, in the clear form. */
export function etsiUElements(stapled: StapledEvidence): JsonObject[] {
  const elements: JsonObject[] = []
  for (const element of ['sigTst', 'rVals']) {
    const lists = PLACES.filter(([kind, name]) => name === element && stapled[kind]?.length).map(
      ([kind, , list]) => [list, stapled[kind]!.map(bytes => ({ val: encodeBase64(bytes) }))] as const,
    )
    if (lists.length > 0) elements.push({ [element]: Object.fromEntries(lists) })
  }
  return elements
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
