import { hash } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import {
  decodeBase64,
  decodeJson,
  encodeBase64,
  encodeJson,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'
import { ReferrerTypes } from '@sealwright/oci'
import { parseCertificates } from '@sealwright/x509'

/** The media type of a layer under the tag `sha256-<hex>.sig`. */
export const SIMPLE_SIGNING_TYPE: typeof ReferrerTypes.simpleSigning = ReferrerTypes.simpleSigning

/** Annotations of the layer: the signature, and what vouches for it (cosign, `specs/SIGNATURE_SPEC.md`). */
export const SimpleSigningAnnotations = {
  signature: 'dev.cosignproject.cosign/signature',
  certificate: 'dev.sigstore.cosign/certificate',
  chain: 'dev.sigstore.cosign/chain',
  logEntry: 'dev.sigstore.cosign/bundle',
  timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
} as const

const LABEL = 'simple signing'
const TYPE = 'cosign container image signature'
const MAX_BYTES = 1024 * 1024

/** A payload that cosign signed before it had bundles: which manifest, under which name. */
export interface SimpleSigning {
  /** Of the manifest. */
  readonly digest: string
  /** The repository; unlike the digest it is nothing that a verifier compares. */
  readonly reference: string
  /** Signed with the digest: what `cosign sign -a` adds. */
  readonly annotations: Readonly<Record<string, string>>
}

/** A layer under the tag: the payload, and its annotations. */
export interface SimpleSigningLayer {
  readonly payload: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * Formats a payload, byte for byte as cosign does.
 *
 * @returns UTF-8 JSON.
 * @throws {@link SealwrightError} `VALIDATION` for a text with a lone surrogate.
 */
export function formatSimpleSigning({ digest, reference, annotations }: SimpleSigning): Uint8Array {
  const names = Object.keys(annotations).toSorted()
  const payload = {
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': digest },
      type: TYPE,
    },
    optional: names.length === 0 ? null : Object.fromEntries(names.map(name => [name, annotations[name]!])),
  }
  return encodeUtf8(encodeJson(payload, { label: LABEL }), LABEL)
}

/**
 * Reads a payload, strictly: no member twice, at most 1 MiB. Values of `optional` that are not text are read as JSON.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseSimpleSigning(payload: Uint8Array): SimpleSigning {
  const value = decodeJson(payload, { label: LABEL, maxBytes: MAX_BYTES })
  const critical = member(value, 'critical')
  if (critical.type !== TYPE) throw invalid(`its type is not "${TYPE}"`)
  const digest = member(critical, 'image')['docker-manifest-digest']
  const reference = member(critical, 'identity')['docker-reference'] ?? ''
  if (typeof digest !== 'string') throw invalid('it names no manifest')
  if (typeof reference !== 'string') throw invalid('its docker-reference is not text')
  const optional = (value as JsonObject).optional ?? {}
  if (!isJsonObject(optional)) throw invalid('"optional" is not an object')
  const annotations = Object.entries(optional).map(([name, one]) => [
    name,
    typeof one === 'string' ? one : JSON.stringify(one),
  ])
  return { digest, reference, annotations: Object.fromEntries(annotations) }
}

/**
 * Returns the Sigstore bundle that says the same as a layer, so that one verifier judges both: a message signature over the
 * payload, with the certificates, the log entry and the timestamp of the annotations.
 *
 * @returns A bundle of version 0.1, the one that has a place for a chain and for a log's promise.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function bundleOfSimpleSigning({ payload, annotations }: SimpleSigningLayer): Uint8Array {
  const { signature, certificate, chain, logEntry, timestamp } = SimpleSigningAnnotations
  const bytes = annotations[signature]
  if (bytes === undefined || bytes === '') throw invalid('its layer has no signature')
  const pem = [annotations[certificate], annotations[chain]].filter(text => text !== undefined && text !== '')
  const certificates = pem.flatMap(text => parseCertificates(Buffer.from(text!), LABEL))
  const bundle = {
    mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.1',
    verificationMaterial: {
      ...(certificates.length === 0
        ? { publicKey: {} }
        : {
            x509CertificateChain: {
              certificates: certificates.map(({ der }) => ({ rawBytes: encodeBase64(der) })),
            },
          }),
      tlogEntries: logEntryOf(annotations[logEntry]),
      timestampVerificationData: { rfc3161Timestamps: timestampOf(annotations[timestamp]) },
    },
    messageSignature: {
      messageDigest: { algorithm: 'SHA2_256', digest: hash('sha256', payload, 'base64') },
      signature: encodeBase64(decodeBase64(bytes, `${LABEL}, signature`)),
    },
  }
  return encodeUtf8(encodeJson(bundle, { label: LABEL }), LABEL)
}

/** What cosign calls a bundle in an annotation: the promise of a log, with what it is about. */
function logEntryOf(text: string | undefined): JsonObject[] {
  if (text === undefined || text === '') return []
  const label = `${LABEL}, log entry`
  const entry = decodeJson(text, { label, maxBytes: MAX_BYTES })
  const { body, integratedTime, logIndex, logID } = member(entry, 'Payload')
  const { SignedEntryTimestamp } = entry as JsonObject
  if (typeof body !== 'string' || typeof SignedEntryTimestamp !== 'string' || typeof logID !== 'string')
    throw invalid('its log entry is incomplete')
  const { kind, apiVersion } = member({ body: decodeJson(decodeBase64(body, label), { label }) }, 'body')
  if (typeof kind !== 'string' || typeof apiVersion !== 'string') throw invalid('its log entry is of no kind')
  return [
    {
      logIndex: String(logIndex),
      logId: { keyId: encodeBase64(hexOf(logID)) },
      kindVersion: { kind, version: apiVersion },
      integratedTime: String(integratedTime),
      inclusionPromise: { signedEntryTimestamp: SignedEntryTimestamp },
      canonicalizedBody: body,
    },
  ]
}

function timestampOf(text: string | undefined): JsonObject[] {
  if (text === undefined || text === '') return []
  const { SignedRFC3161Timestamp } = member(
    { timestamp: decodeJson(text, { label: `${LABEL}, timestamp`, maxBytes: MAX_BYTES }) },
    'timestamp',
  )
  if (typeof SignedRFC3161Timestamp !== 'string') throw invalid('its timestamp is incomplete')
  return [{ signedTimestamp: SignedRFC3161Timestamp }]
}

function hexOf(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2}){1,64}$/.test(text)) throw invalid('the ID of its log is not hexadecimal')
  return Buffer.from(text, 'hex')
}

function member(value: JsonValue | undefined, name: string): JsonObject {
  const found = isJsonObject(value) ? value[name] : undefined
  if (!isJsonObject(found)) throw invalid(`it has no "${name}"`)
  return found
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL}: ${fault}`)
}
