import {
  type AttachedEnvelope,
  envelopeTypeOf,
  type FoundEnvelope,
  type InspectedEnvelope,
  type InspectedFormat,
  inspectEnvelope,
} from '@sealwright/notary'
import { nv2TypeOf } from '@sealwright/nv2'
import { describeCertificate } from '../certificates/certificate.ts'
import { formatTime } from '../runtime/time.ts'
import type { InspectedSignature } from './document.ts'
import { inspectNv2, NV2_TYPES, type Nv2Format } from './inspect-nv2.ts'

const MAX_PREDICATE = 64 * 1024

type Inspected = InspectedEnvelope<InspectedFormat | Nv2Format>

/** The media type of bytes in a file. */
export function contentType(bytes: Uint8Array): string | undefined {
  return nv2TypeOf(bytes) ?? envelopeTypeOf(bytes)
}

/** Reads what an envelope of any format says of itself. */
export function inspectAny(found: FoundEnvelope): Inspected {
  return NV2_TYPES.includes(found.mediaType) ? inspectNv2(found) : inspectEnvelope(found)
}

/** An envelope as the document of `inspect` has it. */
export function describeEnvelope(found: AttachedEnvelope): InspectedSignature {
  const { digest, mediaType, bytes, tag } = found
  const inspected = inspectAny(found)
  const { bom, certificates = [] } = inspected
  return {
    digest,
    kind: inspected.kind,
    format: inspected.format ?? null,
    version: inspected.version ?? null,
    mediaType,
    size: bytes.byteLength,
    tag: tag ?? null,
    algorithm: inspected.algorithm ?? null,
    target: inspected.target ?? null,
    signs: inspected.signs ?? null,
    references: inspected.references ?? [],
    metadata: { ...inspected.metadata },
    scheme: inspected.scheme ?? null,
    signingTime: timeOf(inspected.signingTime),
    expiry: timeOf(inspected.expiry),
    extended: inspected.extended ?? [],
    signingAgent: inspected.signingAgent ?? null,
    timestamps: inspected.timestamps ?? 0,
    logEntries: inspected.logEntries ?? 0,
    keys: inspected.keys ?? [],
    payloadType: inspected.payloadType ?? null,
    statement: describeStatement(inspected),
    bom: bom === undefined ? null : { name: bom.name ?? null, parts: bom.parts ?? null },
    certificates: certificates.map(describeCertificate),
    evidence: [],
    fault: inspected.fault ?? null,
  }
}

function timeOf(date: Date | undefined): string | null {
  return date === undefined ? null : formatTime(date)
}

function describeStatement({ statement, summary }: Inspected): InspectedSignature['statement'] {
  if (statement === undefined) return null
  const { type, predicateType, subjects, predicate } = statement
  const small = Buffer.byteLength(JSON.stringify(predicate)) <= MAX_PREDICATE
  return {
    type,
    predicateType,
    subjects: subjects.map(({ name, digest }) => ({ name: name ?? null, digest: { ...digest } })),
    summary: { ...summary },
    predicate: small ? predicate : null,
  }
}
