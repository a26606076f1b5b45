import { cborTagged, decodeCbor, encodeCbor, isCborTagged } from '../encoding/cbor.ts'
import { invalid } from '../encoding/invalid.ts'
import { assertParameters, type CoseHeader } from './header-parameters.ts'

/** IANA "COSE Header Parameters". */
export const COSE = { algorithm: 1, critical: 2, contentType: 3, x5chain: 33 } as const

/** A COSE_Sign1 (RFC 9052 §4.2). */
export interface Sign1 {
  /** As received: these bytes are signed. */
  readonly protectedBytes: Uint8Array
  readonly protected: CoseHeader
  readonly unprotected: CoseHeader
  readonly payload: Uint8Array
  readonly signature: Uint8Array
}

const TAG = 18

/**
 * Reads a tagged COSE_Sign1 with its payload inside. Stricter than RFC 9052 where a second spelling would change nothing
 * but the bytes: everything is in deterministic encoding, save the order of labels, which signers are free in.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function readSign1(bytes: Uint8Array, label: string, maxBytes: number): Sign1 {
  const envelope = decodeCbor(bytes, { label, maxBytes, keyOrder: 'any' })
  if (!isCborTagged(envelope) || envelope.tag !== TAG) throw invalid(label, 'not a tagged COSE_Sign1')
  if (!Array.isArray(envelope.value) || envelope.value.length !== 4)
    throw invalid(label, 'COSE_Sign1 is not four items')
  const [protectedBytes, unprotected, payload, signature] = envelope.value as unknown[]
  if (!(protectedBytes instanceof Uint8Array))
    throw invalid(label, 'the protected header is not a byte string')
  if (!isHeader(unprotected)) throw invalid(label, 'the unprotected header is not a map')
  if (!(payload instanceof Uint8Array)) throw invalid(label, 'the payload is not inside')
  if (!(signature instanceof Uint8Array) || signature.length === 0) throw invalid(label, 'no signature')
  const header: unknown =
    protectedBytes.length === 0
      ? new Map()
      : decodeCbor(protectedBytes, { label: `${label}, protected header`, keyOrder: 'any' })
  if (!isHeader(header)) throw invalid(label, 'the protected header is not a map')
  // RFC 9052 §3: a label stands in one of the two maps, and critical labels are listed in the protected one.
  if (unprotected.has(COSE.critical)) throw invalid(label, 'critical labels in the unprotected header')
  if ([...header.keys()].some(key => unprotected.has(key))) throw invalid(label, 'a label is in both headers')
  assertParameters(header, unprotected, label)
  return { protectedBytes, protected: header, unprotected, payload, signature }
}

/** Writes a tagged COSE_Sign1. */
export function encodeSign1(sign1: Omit<Sign1, 'protected'>): Uint8Array {
  return encodeCbor(
    cborTagged(TAG, [sign1.protectedBytes, sign1.unprotected, sign1.payload, sign1.signature]),
  )
}

/** The Sig_structure (RFC 9052 §4.4) without external data: the bytes that are signed. */
export function sigStructure(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedBytes, new Uint8Array(), payload])
}

function isHeader(value: unknown): value is CoseHeader {
  return value instanceof Map
}
