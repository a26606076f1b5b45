import { SealwrightError } from '@sealwright/core'
import { DER_TAGS, der, derBoolean, derSequence, derSmallInteger, readDer } from '@sealwright/core/encoding'

export interface BasicConstraints {
  readonly ca: boolean
  /** How many CA certificates may stand between this one and the leaf; absent: any number. */
  readonly pathLength?: number
}

/** RFC 5280, section 4.2.1.9. */
export function readBasicConstraints(value: Uint8Array, label: string): BasicConstraints {
  const fields = derSequence(readDer(value, label), label)
  // An explicit FALSE is not DER, and yet common; every reader in use takes it.
  const ca = fields[0]?.tag === DER_TAGS.boolean && derBoolean(fields.shift(), label)
  const limit = fields.shift()
  if (fields.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: basicConstraints has too many parts`)
  if (limit === undefined) return { ca }
  const pathLength = derSmallInteger(limit, label)
  if (pathLength < 0) {
    throw new SealwrightError('VALIDATION', `${label}: the path length of basicConstraints is negative`)
  }
  return { ca, pathLength }
}

export function encodeBasicConstraints({ ca, pathLength }: BasicConstraints): Uint8Array {
  return der.sequence(
    ...(ca ? [der.boolean(true)] : []),
    ...(pathLength === undefined ? [] : [der.integer(pathLength)]),
  )
}
