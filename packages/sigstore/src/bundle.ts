import { SealwrightError } from '@sealwright/core'
import {
  decodeBase64,
  decodeJsonWithPositions,
  encodeUtf8,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '@sealwright/core/encoding'

/** The media type that is written, and that of the manifest that attaches it. */
export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const LABEL = 'Sigstore bundle'
const MAX_BYTES = 32 * 1024 * 1024
const MAX_CERTIFICATES = 20
const MAX_ENTRIES = 64
const VERSIONS: Readonly<Record<string, BundleVersion>> = {
  'application/vnd.dev.sigstore.bundle+json;version=0.1': '0.1',
  'application/vnd.dev.sigstore.bundle+json;version=0.2': '0.2',
  'application/vnd.dev.sigstore.bundle+json;version=0.3': '0.3',
  [BUNDLE_TYPE]: '0.3',
}

export type BundleVersion = '0.1' | '0.2' | '0.3'

/** A Sigstore bundle, read: claims, none of them judged (sigstore/protobuf-specs, `sigstore_bundle.proto`). */
export interface SigstoreBundle {
  readonly version: BundleVersion
  /** What the signer said of the key; a hint, never trusted. */
  readonly hint?: string | undefined
  /** DER, leaf first; seldom the whole chain, and without its root. */
  readonly certificates?: readonly Uint8Array[] | undefined
  /** DER RFC 3161 time-stamp responses. */
  readonly timestamps: readonly Uint8Array[]
  /** Entries of transparency logs, by number only: nothing here looks into them. */
  readonly logEntries: number
  readonly content: DsseContent | MessageContent
}

export interface DsseContent {
  readonly kind: 'dsse'
  /** The envelope as JSON of its own, for whoever reads DSSE. */
  readonly envelope: Uint8Array
}

export interface MessageContent {
  readonly kind: 'message'
  /** ECDSA in DER. */
  readonly signature: Uint8Array
  /** As the signer said; absent where it said nothing. */
  readonly digest?: { readonly algorithm: string; readonly bytes: Uint8Array } | undefined
}

/** Whether a media type is that of a Sigstore bundle of a version that is read here. */
export function isBundleType(mediaType: string): boolean {
  return Object.hasOwn(VERSIONS, mediaType)
}

/**
 * Reads a Sigstore bundle, versions 0.1 to 0.3, strictly: no member twice or unknown, one signature, of one kind, with one
 * kind of material to verify it by. Base64 is the standard one.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function parseBundle(bytes: Uint8Array): SigstoreBundle {
  return readBundle(bytes).bundle
}

/** As {@link parseBundle}, with the JSON for the libraries of Sigstore. */
export function readBundle(bytes: Uint8Array): { readonly bundle: SigstoreBundle; readonly json: JsonValue } {
  const json = decodeJsonWithPositions(bytes, { label: LABEL, maxBytes: MAX_BYTES })
  const { mediaType, verificationMaterial, messageSignature, dsseEnvelope } = members(json.value, 'it', [
    'mediaType',
    'verificationMaterial',
    'messageSignature',
    'dsseEnvelope',
  ])
  if (typeof mediaType !== 'string' || !isBundleType(mediaType)) throw invalid('it is of no known version')
  if ((messageSignature === undefined) === (dsseEnvelope === undefined)) {
    throw invalid('it has to hold one of messageSignature and dsseEnvelope')
  }
  const bundle: SigstoreBundle = {
    version: VERSIONS[mediaType]!,
    ...readMaterial(verificationMaterial),
    content:
      dsseEnvelope === undefined
        ? readMessage(messageSignature)
        : { kind: 'dsse', envelope: encodeUtf8(json.text(['dsseEnvelope'])!, LABEL) },
  }
  return { bundle, json: json.value }
}

function readMaterial(value: JsonValue | undefined): Omit<SigstoreBundle, 'version' | 'content'> {
  const names = ['publicKey', 'certificate', 'x509CertificateChain'] as const
  const material = members(value, 'verificationMaterial', [
    ...names,
    'tlogEntries',
    'timestampVerificationData',
  ])
  if (names.filter(name => material[name] !== undefined).length !== 1) {
    throw invalid(`verificationMaterial has to hold one of ${names.join(', ')}`)
  }
  const { publicKey, certificate, x509CertificateChain, tlogEntries, timestampVerificationData } = material
  return {
    ...(publicKey === undefined ? {} : readHint(publicKey)),
    ...(certificate === undefined ? {} : { certificates: [readRaw(certificate, 'certificate')] }),
    ...(x509CertificateChain === undefined ? {} : { certificates: readChain(x509CertificateChain) }),
    timestamps: readTimestamps(timestampVerificationData),
    logEntries: list(tlogEntries ?? [], 'tlogEntries', MAX_ENTRIES).length,
  }
}

function readHint(value: JsonValue): { hint?: string } {
  const { hint = '' } = members(value, 'publicKey', ['hint'])
  if (typeof hint !== 'string') throw invalid('the hint of publicKey is not text')
  return hint === '' ? {} : { hint }
}

function readChain(value: JsonValue): readonly Uint8Array[] {
  const { certificates } = members(value, 'x509CertificateChain', ['certificates'])
  const chain = list(certificates, 'x509CertificateChain', MAX_CERTIFICATES)
  if (chain.length === 0) throw invalid('x509CertificateChain is empty')
  return chain.map((item, index) => readRaw(item, `certificate ${index + 1}`))
}

function readRaw(value: JsonValue, label: string): Uint8Array {
  return base64(members(value, label, ['rawBytes']).rawBytes, label)
}

function readTimestamps(value: JsonValue | undefined): readonly Uint8Array[] {
  if (value === undefined) return []
  const label = 'timestampVerificationData'
  const { rfc3161Timestamps = [] } = members(value, label, ['rfc3161Timestamps'])
  return list(rfc3161Timestamps, label, MAX_ENTRIES).map((item, index) => {
    const name = `timestamp ${index + 1}`
    return base64(members(item, name, ['signedTimestamp']).signedTimestamp, name)
  })
}

function readMessage(value: JsonValue | undefined): MessageContent {
  const { messageDigest, signature } = members(value, 'messageSignature', ['messageDigest', 'signature'])
  const content = { kind: 'message', signature: base64(signature, 'the signature') } as const
  if (messageDigest === undefined) return content
  const { algorithm, digest } = members(messageDigest, 'messageDigest', ['algorithm', 'digest'])
  if (typeof algorithm !== 'string') throw invalid('the algorithm of messageDigest is not text')
  return { ...content, digest: { algorithm, bytes: base64(digest, 'messageDigest') } }
}

/** The members of an object that has no others; `null` is absence, as protobuf's JSON has it. */
function members<Name extends string>(
  value: JsonValue | undefined,
  label: string,
  known: readonly Name[],
): { readonly [Member in Name]?: JsonValue } {
  if (!isJsonObject(value)) throw invalid(`${label} is not an object`)
  const unknown = Object.keys(value).find(name => !(known as readonly string[]).includes(name))
  if (unknown !== undefined) {
    throw invalid(`${label} has the unknown member ${JSON.stringify(unknown.slice(0, 80))}`)
  }
  return Object.fromEntries(Object.entries(value as JsonObject).filter(([, member]) => member !== null)) as {
    [Member in Name]?: JsonValue
  }
}

function list(value: JsonValue | undefined, label: string, most: number): readonly JsonValue[] {
  if (!Array.isArray(value)) throw invalid(`${label} is not a list`)
  if (value.length > most) throw invalid(`${label} has more than ${most} entries`)
  return value
}

function base64(value: JsonValue | undefined, label: string): Uint8Array {
  if (typeof value !== 'string' || value === '') throw invalid(`${label} has no bytes`)
  return decodeBase64(value, `${LABEL}, ${label}`)
}

function invalid(fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${LABEL}: ${fault}`)
}
