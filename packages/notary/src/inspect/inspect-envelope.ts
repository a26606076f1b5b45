import { isSealwrightError } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { ReferrerTypes } from '@sealwright/oci'
import { isBundleType } from '@sealwright/sigstore'
import { notaryCose, notaryJws } from '../binding.ts'
import type { EnvelopeFacts, FoundEnvelope, InspectedEnvelope } from './envelope-facts.ts'
import { type BomFormat, inspectBom } from './inspect-bom.ts'
import { inspectBundle, inspectDsse } from './inspect-bundle.ts'
import { inspectNotary } from './inspect-notary.ts'
import { inspectSimpleSigning } from './inspect-simple-signing.ts'

interface Inspection {
  readonly inspect: (found: FoundEnvelope) => EnvelopeFacts
  /** What the media type alone says. */
  readonly unread: EnvelopeFacts
}

const FORMATS: Readonly<Record<string, Inspection>> = {
  [notaryJws.mediaType]: {
    inspect: found => inspectNotary(notaryJws, found),
    unread: { kind: 'signature', format: 'jws' },
  },
  [notaryCose.mediaType]: {
    inspect: found => inspectNotary(notaryCose, found),
    unread: { kind: 'signature', format: 'cose' },
  },
  [dsse.mediaType]: { inspect: inspectDsse, unread: { kind: 'attestation', format: 'dsse' } },
  [ReferrerTypes.simpleSigning]: {
    inspect: inspectSimpleSigning,
    unread: { kind: 'signature', format: 'simple-signing' },
  },
  ...bom('spdx', [
    ReferrerTypes.spdxJson,
    ReferrerTypes.spdxTextJson,
    ReferrerTypes.spdxText,
    ReferrerTypes.spdxXml,
  ]),
  ...bom('cyclonedx', [ReferrerTypes.cyclonedxJson, ReferrerTypes.cyclonedx, ReferrerTypes.cyclonedxXml]),
}
const BUNDLE: Inspection = {
  inspect: inspectBundle,
  unread: { kind: 'attestation', format: 'sigstore-bundle' },
}

/** Returns whether {@link inspectEnvelope} reads content of this media type. */
export function isInspected(mediaType: string): boolean {
  return inspectionOf(mediaType) !== undefined
}

/**
 * Reads what a signature, an attestation or a bill of materials says of itself. Nothing is verified: use a verifier before
 * relying on any of it. An envelope that cannot be read has a `fault`.
 */
export function inspectEnvelope(found: FoundEnvelope): InspectedEnvelope {
  const inspection = inspectionOf(found.mediaType)
  if (inspection === undefined) return { kind: 'signature', fault: 'it is of no known format' }
  try {
    return inspection.inspect(found)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { ...inspection.unread, fault: error.message }
  }
}

function inspectionOf(mediaType: string): Inspection | undefined {
  if (isBundleType(mediaType)) return BUNDLE
  return Object.hasOwn(FORMATS, mediaType) ? FORMATS[mediaType] : undefined
}

function bom(format: BomFormat, types: readonly string[]): typeof FORMATS {
  const row: Inspection = {
    inspect: found => inspectBom(format, found),
    unread: { kind: 'sbom', format },
  }
  return Object.fromEntries(types.map(type => [type, row]))
}
