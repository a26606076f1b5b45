import { SealwrightError } from '@sealwright/core'
import { type DerValue, derBitString, derSequence, readDer } from '@sealwright/core/encoding'
import { pointUrls } from './revocation-sources.ts'

/** Which certificates of its issuer a CRL is about (issuingDistributionPoint; RFC 5280, section 5.2.5). */
export interface CrlScope {
  /** The extension's value: base and delta must have the same. */
  readonly der: Uint8Array
  /** Only certificates that name one of these URLs as a distribution point; absent: all. */
  readonly urls?: readonly string[] | undefined
  readonly onlyContains?: 'userCerts' | 'caCerts' | undefined
  /** It does not tell of revocations for other reasons than some. */
  readonly onlySomeReasons: boolean
}

const DISTRIBUTION_POINT = 0xa0
const USER_CERTS = 0x81
const CA_CERTS = 0x82
const SOME_REASONS = 0x83
const INDIRECT = 0x84
const ATTRIBUTE_CERTS = 0x85

/**
 * Reads an issuingDistributionPoint.
 *
 * @throws {@link SealwrightError} `VALIDATION` for what is malformed, for an indirect CRL, and for one of attribute
 * certificates.
 */
export function readCrlScope(value: Uint8Array, label: string): CrlScope {
  const point = readDer(value, label)
  const parts = new Map<number, DerValue>()
  let last = 0
  for (const part of derSequence(point, label)) {
    // Tags are in order, but for the bit "constructed".
    const number = part.tag & 0xdf
    if (
      number <= last ||
      ![DISTRIBUTION_POINT, USER_CERTS, CA_CERTS, SOME_REASONS, INDIRECT, ATTRIBUTE_CERTS].includes(part.tag)
    )
      throw invalid(label, 'it has parts that are unknown')
    last = number
    parts.set(part.tag, part)
  }
  const isSet = (tag: number) => isTrue(parts.get(tag), label)
  const [users, cas] = [isSet(USER_CERTS), isSet(CA_CERTS)]
  const reasons = parts.get(SOME_REASONS)
  if (reasons) readReasonFlags(reasons, label)
  if (isSet(INDIRECT)) throw invalid(label, 'it is of an indirect CRL, which is not supported')
  if (isSet(ATTRIBUTE_CERTS)) throw invalid(label, 'it is of a CRL of attribute certificates')
  if (users && cas) throw invalid(label, 'it has both onlyContainsUserCerts and onlyContainsCACerts')
  return {
    der: value,
    urls: parts.has(DISTRIBUTION_POINT) ? pointUrls(point, label) : undefined,
    onlyContains: users ? 'userCerts' : cas ? 'caCerts' : undefined,
    onlySomeReasons: reasons !== undefined,
  }
}

/** IMPLICIT BOOLEAN DEFAULT FALSE. */
function isTrue(part: DerValue | undefined, label: string): boolean {
  if (part === undefined) return false
  const [octet] = part.contents
  if (part.contents.length !== 1 || (octet !== 0 && octet !== 0xff))
    throw invalid(label, 'DER BOOLEAN malformed')
  return octet === 0xff
}

/** IMPLICIT BIT STRING. */
function readReasonFlags(part: DerValue, label: string): void {
  const { contents } = part
  derBitString(readDer(Uint8Array.of(0x03, contents.length, ...contents.subarray(0, 0x7f)), label), label)
}

function invalid(label: string, fault: string): SealwrightError {
  return new SealwrightError('VALIDATION', `${label}: ${fault}`)
}
