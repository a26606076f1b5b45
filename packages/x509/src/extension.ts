import { SealwrightError } from '@sealwright/core'
import {
  DER_TAGS,
  type DerValue,
  der,
  derBoolean,
  derOctetString,
  derSequence,
} from '@sealwright/core/encoding'
import { nameOfOid } from './oids.ts'
import { readOid } from './read-oid.ts'

export interface Extension {
  /** Dotted decimal. */
  readonly oid: string
  readonly critical: boolean
  /** The contents of extnValue: the DER of the extension's own type. */
  readonly value: Uint8Array
}

/**
 * Reads `Extensions` (RFC 5280, section 4.1).
 *
 * @throws {@link SealwrightError} `VALIDATION`, also for an extension that is there twice.
 */
export function readExtensions(value: DerValue | undefined, label: string): readonly Extension[] {
  const extensions = derSequence(value, label).map(element => readExtension(element, label))
  const seen = new Set<string>()
  for (const { oid } of extensions) {
    if (seen.has(oid))
      throw new SealwrightError('VALIDATION', `${label}: extension ${nameOfOid(oid)} is there twice`)
    seen.add(oid)
  }
  return extensions
}

function readExtension(value: DerValue, label: string): Extension {
  const fields = derSequence(value, label)
  const oid = readOid(fields.shift(), label)
  // An explicit FALSE is not DER, and yet in certificates of large authorities; every reader in use takes it.
  const critical = fields[0]?.tag === DER_TAGS.boolean && derBoolean(fields.shift(), label)
  const contents = derOctetString(fields.shift(), label)
  if (fields.length > 0)
    throw new SealwrightError('VALIDATION', `${label}: extension ${nameOfOid(oid)} has too many parts`)
  return { oid, critical, value: contents }
}

export function encodeExtensions(extensions: readonly Extension[]): Uint8Array {
  return der.sequence(
    ...extensions.map(({ oid, critical, value }) =>
      der.sequence(der.oid(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value)),
    ),
  )
}
