import { type AlgorithmId, isAlgorithmId } from '../algorithm.ts'
import {
  decodeBase64,
  decodeJsonWithPositions,
  encodeBase64,
  encodeJson,
  encodeUtf8,
  isJsonObject,
  type JsonValue,
} from '../encoding/index.ts'
import { invalid } from '../encoding/invalid.ts'
import type { EnvelopeFormat, SignerIdentity } from '../envelope.ts'
import { SealwrightError } from '../errors.ts'
import type { KeyDescriptor } from '../key.ts'
import { parsePublicKey } from '../public-key.ts'
import { assertLeafKey, assertSignedBy } from '../signer-identity.ts'
import { verifySignature } from '../verify-signature.ts'

export interface DssePayload {
  /** A media type or URI that says how to read `payload`; signed with it. Not empty. */
  readonly payloadType: string
  readonly payload: Uint8Array
}

/** DSSE signs nothing beside payload and type. */
export type DsseAttributes = Readonly<Record<string, never>>

/**
 * DSSE v1. Any number of signers: each gives the envelope so far as `onto`, and need not meet the others. A key that has
 * signed already is refused with `VALIDATION`, so that a count of signatures is not a count of one key's repetitions.
 *
 * The envelope has no place for an algorithm (it belongs to the verifier's key), certificates (they travel outside, the
 * leaf is checked against the key all the same), timestamps or log entries (`UNSUPPORTED`).
 *
 * @see github.com/secure-systems-lab/dsse, v1.0.2
 */
export const dsse: EnvelopeFormat<DssePayload, DsseAttributes> = /* @__PURE__ */ Object.freeze<
  EnvelopeFormat<DssePayload, DsseAttributes>
>({
  mediaType: 'application/vnd.dsse.envelope.v1+json',
  algorithmFor,

  prepare(content, attributes, identity, onto) {
    if (Object.keys(attributes).length > 0)
      throw new SealwrightError('UNSUPPORTED', 'DSSE has no signed attributes')
    assertLeafKey(identity.certificates ?? [], identity.key.publicKey)
    const { payloadType, payload } = content
    if (payloadType === '') throw new SealwrightError('VALIDATION', 'DSSE needs a payload type')
    const toBeSigned = preAuthEncoding(payloadType, payload)
    const before = onto === undefined ? undefined : readDsseEnvelope(onto)
    if (before) assertSameContent(before, content)
    if (before) assertNewSigner(before, identity, toBeSigned)
    return {
      toBeSigned,
      close(signature, evidence) {
        assertSignedBy(signature, identity)
        if (evidence.timestamps?.length || evidence.logEntries?.length) {
          throw new SealwrightError('UNSUPPORTED', 'DSSE has no place for timestamps and log entries')
        }
        const added = {
          ...(identity.keyId ? { keyid: identity.keyId } : {}),
          sig: encodeBase64(signature.bytes),
        }
        const label = 'DSSE envelope'
        if (before) return before.with(encodeJson(added, { label }))
        const members = { payloadType, payload: encodeBase64(payload), signatures: [added] }
        return encodeUtf8(encodeJson(members, { label }), label)
      },
    }
  },

  open(bytes) {
    const { payloadType, payload, signatures } = readDsseEnvelope(bytes)
    const toBeSigned = preAuthEncoding(payloadType, payload)
    return {
      payload,
      payloadType,
      signatures: signatures.map(signature => ({ ...signature, toBeSigned, attributes: {}, evidence: {} })),
      content: () => ({ payloadType, payload }),
    }
  },
})

/** DSSE prescribes no algorithm: what is not the key's only one must be chosen by whoever opens the signer. */
function algorithmFor(key: KeyDescriptor): AlgorithmId {
  const choices = Object.keys(key.algorithms).filter(isAlgorithmId)
  const [only, ...more] = choices
  if (only !== undefined && more.length === 0) return only
  throw new SealwrightError('VALIDATION', 'DSSE prescribes no algorithm', {
    why: choices.length > 0 ? `the key allows ${choices.join(', ')}` : 'the key allows none',
    fix: 'name the algorithm',
  })
}

function assertSameContent(before: DsseEnvelope, { payloadType, payload }: DssePayload): void {
  if (before.payloadType !== payloadType || Buffer.compare(before.payload, payload) !== 0) {
    throw new SealwrightError('VALIDATION', 'the envelope to add to is over another payload or payload type')
  }
  if (before.signatures.length >= MAX_SIGNATURES) {
    throw new SealwrightError('VALIDATION', `the envelope to add to has ${MAX_SIGNATURES} signatures already`)
  }
}

/** By verification, not by key id: that is a hint which anybody can set. */
function assertNewSigner(before: DsseEnvelope, identity: SignerIdentity, toBeSigned: Uint8Array): void {
  const { key, algorithm } = identity
  const { object } = parsePublicKey(key.publicKey)
  if (before.signatures.some(({ bytes }) => verifySignature(algorithm, object, toBeSigned, bytes))) {
    throw new SealwrightError('VALIDATION', 'this key has signed this envelope already', {
      fix: 'use the envelope as it is',
    })
  }
}

const LABEL = 'DSSE envelope'
/** Attestations carry whole SBOMs. */
const MAX_BYTES = 32 * 1024 * 1024
/** Each may cost a verification. */
const MAX_SIGNATURES = 256

/** A DSSE envelope, read. */
interface DsseEnvelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatures: readonly DsseSignature[]
  /** The envelope with one more signature, given as JSON; all else stays as it was written. */
  with(signature: string): Uint8Array
}

interface DsseSignature {
  readonly bytes: Uint8Array
  readonly keyId?: string | undefined
}

/**
 * Reads the JSON of a DSSE v1 envelope. Members that DSSE does not define are passed over, as it asks.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
function readDsseEnvelope(bytes: Uint8Array): DsseEnvelope {
  const json = decodeJsonWithPositions(bytes, {
    label: LABEL,
    maxBytes: MAX_BYTES,
    only: ['payloadType', 'payload', 'signatures'],
  })
  const { value: members } = json
  if (!isJsonObject(members)) throw invalid(LABEL, 'not an object')
  const { payloadType, payload, signatures } = members
  if (typeof payloadType !== 'string' || payloadType === '')
    throw invalid(LABEL, 'payloadType is missing, empty or not text')
  if (typeof payload !== 'string') throw invalid(LABEL, 'payload is missing or not text')
  if (!isList(signatures) || signatures.length === 0)
    throw invalid(LABEL, 'signatures is missing, empty or not a list')
  if (signatures.length > MAX_SIGNATURES) throw invalid(LABEL, `more than ${MAX_SIGNATURES} signatures`)
  return {
    payloadType,
    payload: decodeEither(payload, `${LABEL}, payload`),
    signatures: signatures.map(readSignature),
    with(signature) {
      const before = json.text(['signatures'])!.slice(0, -1).trimEnd()
      return encodeUtf8(json.replace(['signatures'], `${before},${signature}]`), LABEL)
    },
  }
}

function readSignature(signature: JsonValue, index: number): DsseSignature {
  const label = `signature ${index + 1}`
  if (!isJsonObject(signature)) throw invalid(LABEL, `${label} is not an object`)
  const { sig, keyid } = signature
  if (typeof sig !== 'string' || sig === '') throw invalid(LABEL, `${label} has no sig`)
  if (keyid !== undefined && typeof keyid !== 'string')
    throw invalid(LABEL, `${label} has a keyid that is not text`)
  const bytes = decodeEither(sig, `${LABEL}, ${label}`)
  // "If keyid is unset or empty": the two mean the same.
  return keyid ? { bytes, keyId: keyid } : { bytes }
}

/** DSSE lets a writer choose between the standard and the URL-safe alphabet of base64, so a reader takes both, padded. */
function decodeEither(text: string, label: string): Uint8Array {
  if (!/[-_]/.test(text)) return decodeBase64(text, label)
  if (/[+/]/.test(text)) throw invalid(LABEL, 'base64 of two alphabets')
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/'), label)
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/**
 * DSSE's pre-authentication encoding: the bytes that are signed, `DSSEv1 <length> <payloadType> <length> <payload>`.
 *
 * @see DSSE v1.0.2, protocol.md, "Signature Definition"
 * @throws {@link SealwrightError} `VALIDATION` for a payload type with a lone surrogate.
 */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const label = 'DSSE payload type'
  const type = encodeUtf8(payloadType, label)
  const head = encodeUtf8(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `, label)
  const encoded = new Uint8Array(head.length + payload.length)
  encoded.set(head)
  encoded.set(payload, head.length)
  return encoded
}
