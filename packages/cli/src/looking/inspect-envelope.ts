import { isSealwrightError } from '@sealwright/core'
import { notaryCose, notaryJws } from '@sealwright/notary'
import { parseCertificate } from '@sealwright/x509'
import { describeCertificate } from '../certificates/describe.ts'
import type { InspectedSignature } from '../documents/judging.ts'
import { formatTime } from '../frame/time.ts'

const BINDINGS = { 'application/jose+json': notaryJws, 'application/cose': notaryCose } as const

/** An envelope with where it was found. */
export interface EnvelopeBytes {
  readonly digest: string
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** What an envelope says. Nothing of it is judged, not even whether the signature holds. */
export function inspectEnvelope({ digest, mediaType, bytes }: EnvelopeBytes): InspectedSignature {
  const binding = Object.hasOwn(BINDINGS, mediaType)
    ? BINDINGS[mediaType as keyof typeof BINDINGS]
    : undefined
  const head = {
    digest,
    mediaType,
    size: bytes.byteLength,
    format: (binding?.name ?? null) as InspectedSignature['format'],
  }
  if (binding === undefined) return { ...head, ...UNREAD, fault: 'it is of no known format' }
  try {
    const envelope = binding.envelope.open(bytes)
    const [signature] = envelope.signatures
    if (signature === undefined) return { ...head, ...UNREAD, fault: 'it holds no signature' }
    const { attributes, algorithm, certificates = [], evidence } = signature
    const { annotations = {}, mediaType: type, digest: signed, size } = envelope.content()
    return {
      ...head,
      algorithm: algorithm ?? null,
      target: { mediaType: type, digest: signed, size },
      metadata: { ...annotations },
      scheme: attributes.signingScheme ?? 'notary.x509',
      signingTime: formatTime(attributes.signingTime),
      expiry: attributes.expiry === undefined ? null : formatTime(attributes.expiry),
      extended: (attributes.extended ?? []).map(({ key, critical }) => ({ key, critical })),
      signingAgent: attributes.signingAgent ?? null,
      timestamps: evidence.timestamps?.length ?? 0,
      certificates: certificates.map(der => describeCertificate(parseCertificate(der))),
      fault: null,
    }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { ...head, ...UNREAD, fault: error.message }
  }
}

/** The members of an envelope that cannot be read. */
const UNREAD = {
  algorithm: null,
  target: null,
  metadata: {},
  scheme: null,
  signingTime: null,
  expiry: null,
  extended: [],
  signingAgent: null,
  timestamps: 0,
  certificates: [],
} satisfies Partial<InspectedSignature>
