import { SealwrightError } from '@sealwright/core'
import { decodeJson, isJsonObject, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import { MAX_ENVELOPE_BYTES } from '../find-signatures.ts'
import type { EnvelopeFacts, FoundEnvelope } from './envelope-facts.ts'

export type BomFormat = 'spdx' | 'cyclonedx'

/** Reads a bill of materials that is attached unsigned; if it is not JSON, only what its media type says. */
export function inspectBom(format: BomFormat, { bytes, mediaType }: FoundEnvelope): EnvelopeFacts {
  const head = { kind: 'sbom', format } as const
  if (!mediaType.endsWith('json')) return head
  const label = format === 'spdx' ? 'SPDX document' : 'CycloneDX document'
  const value = decodeJson(bytes, { label, maxBytes: MAX_ENVELOPE_BYTES, maxDepth: 256 })
  if (!isJsonObject(value)) throw new SealwrightError('VALIDATION', `${label}: it is not an object`)
  const { version, name, parts } = bomFacts(format, value)
  return { ...head, version, bom: { name, parts } }
}

/** What a bill of materials says of itself. */
export function bomFacts(
  format: BomFormat,
  value: JsonObject,
): {
  readonly version?: string | undefined
  readonly name?: string | undefined
  readonly parts?: number | undefined
} {
  if (format === 'spdx') {
    return { version: text(value.spdxVersion), name: text(value.name), parts: count(value.packages) }
  }
  const metadata = isJsonObject(value.metadata) ? value.metadata.component : undefined
  const component = isJsonObject(metadata) ? metadata : {}
  return { version: text(value.specVersion), name: text(component.name), parts: count(value.components) }
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function count(value: JsonValue | undefined): number | undefined {
  return Array.isArray(value) ? value.length : undefined
}
