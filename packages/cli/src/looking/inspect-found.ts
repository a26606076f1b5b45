import { isSealwrightError } from '@sealwright/core'
import { dsse } from '@sealwright/core/dsse'
import { nv2, nv2Jwt } from '@sealwright/core/nv2'
import { isBundleType, notaryCose, notaryJws } from '@sealwright/notary'
import type { InspectedSignature } from '../documents/inspecting.ts'
import { CYCLONEDX_JSON, SIMPLE_SIGNING, SPDX_JSON } from './envelope-type.ts'
import type { Facts, FoundEnvelope } from './found-envelope.ts'
import { inspectBom } from './inspect-bom.ts'
import { inspectBundle, inspectDsse } from './inspect-bundle.ts'
import { inspectNotary } from './inspect-notary.ts'
import { inspectNv2 } from './inspect-nv2.ts'
import { inspectSimpleSigning } from './inspect-simple-signing.ts'

type Inspect = (found: FoundEnvelope) => Facts

const FORMATS: Readonly<Record<string, { readonly inspect: Inspect; readonly unread: Facts }>> = {
  [notaryJws.mediaType]: {
    inspect: found => inspectNotary(notaryJws, found),
    unread: { kind: 'signature', format: 'jws' },
  },
  [notaryCose.mediaType]: {
    inspect: found => inspectNotary(notaryCose, found),
    unread: { kind: 'signature', format: 'cose' },
  },
  [dsse.mediaType]: { inspect: inspectDsse, unread: { kind: 'attestation', format: 'dsse' } },
  [SIMPLE_SIGNING]: {
    inspect: inspectSimpleSigning,
    unread: { kind: 'signature', format: 'simple-signing' },
  },
  [nv2.mediaType]: { inspect: inspectNv2, unread: { kind: 'signature', format: 'nv2-json' } },
  [nv2Jwt.mediaType]: { inspect: inspectNv2, unread: { kind: 'signature', format: 'nv2-jwt' } },
  ...bom('spdx', [SPDX_JSON, 'text/spdx+json', 'text/spdx', 'text/spdx+xml']),
  ...bom('cyclonedx', [CYCLONEDX_JSON, 'application/vnd.cyclonedx', 'application/vnd.cyclonedx+xml']),
}
const BUNDLE = { inspect: inspectBundle, unread: { kind: 'attestation', format: 'sigstore-bundle' } } as const

/** Whether there is something to say of content of this type. */
export function isInspected(mediaType: string): boolean {
  return formatOf(mediaType) !== undefined
}

/** What was found says of itself. Nothing of it is judged, not even whether a signature holds. */
export function inspectFound(found: FoundEnvelope): InspectedSignature {
  const { digest, mediaType, bytes, tag } = found
  const head = { ...NOTHING, digest, mediaType, size: bytes.byteLength, tag: tag ?? null }
  const format = formatOf(mediaType)
  if (format === undefined) return { ...head, fault: 'it is of no known format' }
  try {
    return { ...head, ...format.inspect(found) }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { ...head, ...format.unread, fault: error.message }
  }
}

function formatOf(mediaType: string): { readonly inspect: Inspect; readonly unread: Facts } | undefined {
  if (isBundleType(mediaType)) return BUNDLE
  return Object.hasOwn(FORMATS, mediaType) ? FORMATS[mediaType] : undefined
}

function bom(format: 'spdx' | 'cyclonedx', types: readonly string[]): typeof FORMATS {
  const row = {
    inspect: (found: FoundEnvelope) => inspectBom(format, found),
    unread: { kind: 'sbom', format },
  } as const
  return Object.fromEntries(types.map(type => [type, row]))
}

/** What nothing says. */
const NOTHING = {
  kind: 'signature',
  format: null,
  version: null,
  algorithm: null,
  target: null,
  signs: null,
  references: [],
  metadata: {},
  scheme: null,
  signingTime: null,
  expiry: null,
  extended: [],
  signingAgent: null,
  timestamps: 0,
  logEntries: 0,
  keys: [],
  payloadType: null,
  statement: null,
  bom: null,
  certificates: [],
  fault: null,
} satisfies Omit<InspectedSignature, 'digest' | 'mediaType' | 'size' | 'tag'>
