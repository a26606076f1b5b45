import { isJsonObject, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import { predicateTypes } from '../attestation/predicate-type.ts'
import { bomFacts } from './inspect-bom.ts'

/** Where in a predicate the facts stand that people look for first. */
const PATHS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  [predicateTypes.slsa]: {
    builder: ['runDetails', 'builder', 'id'],
    'build type': ['buildDefinition', 'buildType'],
    invocation: ['runDetails', 'metadata', 'invocationId'],
    started: ['runDetails', 'metadata', 'startedOn'],
  },
  'https://slsa.dev/provenance/v0.2': {
    builder: ['builder', 'id'],
    'build type': ['buildType'],
    source: ['invocation', 'configSource', 'uri'],
  },
  [predicateTypes.vsa]: {
    verifier: ['verifier', 'id'],
    verified: ['timeVerified'],
    resource: ['resourceUri'],
    policy: ['policy', 'uri'],
    result: ['verificationResult'],
    levels: ['verifiedLevels'],
  },
}

/**
 * Returns what people look for first in a predicate of SLSA provenance, a verification summary, SPDX or CycloneDX, as text by
 * name: the builder, the verifier, the version. Empty for any other type.
 */
export function predicateSummary(predicateType: string, predicate: JsonObject): Record<string, string> {
  const format = Object.hasOwn(BOMS, predicateType) ? BOMS[predicateType] : undefined
  if (format !== undefined) {
    const { version, name, parts } = bomFacts(format, predicate)
    return texts({ version, name, parts: parts ?? undefined })
  }
  const paths = Object.hasOwn(PATHS, predicateType) ? PATHS[predicateType]! : {}
  return texts(Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, at(predicate, path)])))
}

const BOMS: Readonly<Record<string, 'spdx' | 'cyclonedx'>> = {
  [predicateTypes.spdx]: 'spdx',
  [predicateTypes.cyclonedx]: 'cyclonedx',
}

function at(value: JsonValue | undefined, path: readonly string[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>(
    (found, name) => (isJsonObject(found) ? found[name] : undefined),
    value,
  )
}

function texts(facts: Readonly<Record<string, JsonValue | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) => {
      const text = Array.isArray(value) ? value.map(textOf).join(', ') : textOf(value)
      return text === '' || isJsonObject(value) ? [] : [[name, text]]
    }),
  )
}

/** Decoded objects have no prototype, and none of the ways in which JavaScript makes text of a value. */
function textOf(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
