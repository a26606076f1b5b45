import { SealwrightError } from '@sealwright/core'
import type { DerValue } from '@sealwright/core/encoding'

/** Identifier octets of the GeneralName choices (RFC 5280, section 4.2.1.6) that are looked into. */
export const GENERAL_NAME = {
  rfc822Name: 0x81,
  dNSName: 0x82,
  directoryName: 0xa4,
  uniformResourceIdentifier: 0x86,
  iPAddress: 0x87,
} as const

/** The URI of a GeneralName; `undefined` for a name of another kind. */
export function uriOf(name: DerValue | undefined, label: string): string | undefined {
  if (name?.tag !== GENERAL_NAME.uniformResourceIdentifier) return undefined
  return printableAscii(name.contents, label)
}

/** IA5String without control characters, which none of the names in a certificate has a use for. */
export function printableAscii(contents: Uint8Array, label: string): string {
  const text = Buffer.from(contents).toString('latin1')
  if (!/^[ -~]*$/.test(text)) {
    throw new SealwrightError('VALIDATION', `${label}: a name holds characters outside printable ASCII`)
  }
  return text
}
