import { SealwrightError } from '@sealwright/core'
import { decodeJson, isJsonObject, type JsonObject, type JsonValue } from '@sealwright/core/encoding'
import { parseCertificates } from '@sealwright/x509'
import type { EnvelopeFacts, FoundEnvelope } from './envelope-facts.ts'

/** Annotations of the layer beside the signature itself, as cosign wrote them until it had bundles (its `specs/SIGNATURE_SPEC.md`). */
const CERTIFICATE = 'dev.sigstore.cosign/certificate'
const CHAIN = 'dev.sigstore.cosign/chain'
const LOG_ENTRY = 'dev.sigstore.cosign/bundle'
const TIMESTAMP = 'dev.sigstore.cosign/rfc3161timestamp'

/** A simple signing: what it says of an image, with the signature in the annotations of its layer. Throws `VALIDATION`. */
export function inspectSimpleSigning({ bytes, annotations = {} }: FoundEnvelope): EnvelopeFacts {
  const label = 'simple signing'
  const value = decodeJson(bytes, { label })
  const critical = member(value, 'critical')
  if (critical === undefined) throw new SealwrightError('VALIDATION', `${label}: it has no "critical"`)
  const reference = text(member(critical, 'identity')?.['docker-reference'])
  const has = (name: string): boolean => annotations[name] !== undefined
  return {
    kind: 'signature',
    format: 'simple-signing',
    payloadType: text(critical.type),
    signs: text(member(critical, 'image')?.['docker-manifest-digest']),
    references: reference === undefined || reference === '' ? [] : [reference],
    metadata: textsIn(member(value, 'optional')),
    timestamps: has(TIMESTAMP) ? 1 : 0,
    logEntries: has(LOG_ENTRY) ? 1 : 0,
    certificates: [CERTIFICATE, CHAIN].flatMap(name =>
      has(name) ? parseCertificates(Buffer.from(annotations[name] as string), name) : [],
    ),
  }
}

function member(value: JsonValue | undefined, name: string): JsonObject | undefined {
  const found = isJsonObject(value) ? value[name] : undefined
  return isJsonObject(found) ? found : undefined
}

function text(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function textsIn(object: JsonObject | undefined): Record<string, string> {
  const entries = Object.entries(object ?? {})
  return Object.fromEntries(entries.map(([name, value]) => [name, text(value) ?? JSON.stringify(value)]))
}
