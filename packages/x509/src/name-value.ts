import { SealwrightError } from '@sealwright/core'
import { DER_TAGS, type DerValue, derText, readDer } from '@sealwright/core/encoding'

const STRING_TYPES: readonly number[] = [
  DER_TAGS.utf8String,
  DER_TAGS.printableString,
  DER_TAGS.numericString,
  DER_TAGS.ia5String,
  DER_TAGS.teletexString,
  DER_TAGS.bmpString,
]

/**
 * The text of an attribute value of a name: one of the string types of X.520 (RFC 5280, appendix A) that Go reads.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function nameValueText(value: DerValue | undefined, label: string): string {
  if (value === undefined || !STRING_TYPES.includes(value.tag)) {
    throw new SealwrightError('VALIDATION', `${label}: an attribute value is not a string`)
  }
  const text = derText(value, label)
  // Go drops the terminator that some issuers end a BMPString with, and refuses noncharacters.
  if (value.tag !== DER_TAGS.bmpString) return text
  if (/[\ufdd0-\ufdef\ufffe\uffff]/.test(text)) {
    throw new SealwrightError('VALIDATION', `${label}: a BMPString holds a noncharacter`)
  }
  return text.endsWith('\0') ? text.slice(0, -1) : text
}

/** As {@link nameValueText}, from the bytes of one whole DER element. */
export function decodeNameValue(bytes: Uint8Array, label: string): string {
  return nameValueText(readDer(bytes, label), label)
}
