import { CborFloat, isCborTagged } from '../encoding/cbor.ts'
import { invalid } from '../encoding/invalid.ts'
import { parseRfc3339 } from '../encoding/rfc3339.ts'

export type CoseHeader = ReadonlyMap<string | number, unknown>

/** Parameters that mean the same in every COSE message (RFC 9052 §3.1, RFC 9596 for the type, RFC 9338 for the last). */
const KEY_ID = 4
const IV = 5
const PARTIAL_IV = 6
const TYPE = 16
const COUNTERSIGNATURES = [7, 9, 11, 12] as const

/** Tags of RFC 8949 §3.4 that say what they hold. */
const TAGS = { dateTime: 0, epoch: 1, unsignedBignum: 2, negativeBignum: 3 } as const

/** One slash, and no space around it all. */
const MEDIA_TYPE = /^(?! )[^/]*\/[^/]*(?<! )$/

/**
 * Holds what both headers say, beyond what a Notary Project signature needs, to the types that COSE has for it: readers
 * that know these parameters refuse others. A countersignature is refused, for nobody here would check it.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function assertParameters(protectedHeader: CoseHeader, unprotected: CoseHeader, label: string): void {
  for (const header of [protectedHeader, unprotected]) {
    for (const name of [KEY_ID, IV, PARTIAL_IV]) {
      if (header.has(name) && !(header.get(name) instanceof Uint8Array))
        throw invalid(label, `parameter ${name} is not a byte string`)
    }
    if (header.has(TYPE) && !isType(header.get(TYPE)))
      throw invalid(label, `parameter ${TYPE} is neither a media type nor a number of one`)
    const countersignature = COUNTERSIGNATURES.find(name => header.has(name))
    if (countersignature !== undefined)
      throw invalid(label, `countersignatures (${countersignature}) are not supported`)
  }
  const has = (name: number): boolean => protectedHeader.has(name) || unprotected.has(name)
  if (has(IV) && has(PARTIAL_IV)) throw invalid(label, 'an IV and a partial IV')
  for (const value of unprotected.values()) {
    for (const _ of tagged(value)) throw invalid(label, 'a CBOR tag in the unprotected header')
  }
  for (const value of protectedHeader.values()) assertTags(value, label)
}

/** @throws {@link SealwrightError} `VALIDATION` for a tag that holds what it says it does not. */
function assertTags(value: unknown, label: string): void {
  for (const { tag, value: held } of tagged(value)) {
    if (tag === TAGS.dateTime) parseRfc3339(held, `${label}, CBOR tag ${tag}`)
    else if (!mayHold(tag, held)) throw invalid(label, `CBOR tag ${tag} on what it is not for`)
  }
}

function mayHold(tag: number, held: unknown): boolean {
  if (tag === TAGS.epoch) return ['number', 'bigint'].includes(typeof held) || held instanceof CborFloat
  if (tag === TAGS.unsignedBignum || tag === TAGS.negativeBignum) return held instanceof Uint8Array
  return true
}

/** Every tag within a value; the decoder has bounded the depth. */
function* tagged(value: unknown): Generator<{ tag: number; value: unknown }> {
  if (isCborTagged(value)) {
    yield value
    yield* tagged(value.value)
  } else if (Array.isArray(value)) {
    for (const item of value) yield* tagged(item)
  } else if (value instanceof Map) {
    for (const item of value.values()) yield* tagged(item)
  }
}

function isType(value: unknown): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') return value >= 0
  return typeof value === 'string' && MEDIA_TYPE.test(value)
}
