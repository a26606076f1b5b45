import { SealwrightError } from '@sealwright/core'
import { DER_TAGS, type DerValue, derContents, derTime, readDer } from '@sealwright/core/encoding'
import type { Certificate } from './certificate.ts'

/** Reason codes by their values (RFC 5280, section 5.3.1); 7 is not used. */
const REVOCATION_REASONS = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  undefined,
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
] as const

/** Why a certificate was revoked, by the name that RFC 5280 gives its code. */
export type RevocationReason = NonNullable<(typeof REVOCATION_REASONS)[number]>

/** Which statement says so. */
export interface RevocationEvidence {
  readonly source: 'ocsp' | 'crl'
  /** The statement is current from `thisUpdate` to `nextUpdate`, both included; of a base with a delta CRL, the later and the earlier. */
  readonly thisUpdate: Date
  readonly nextUpdate: Date
  /** Fingerprint of the certificate whose key signed the statement: the issuer's, or that of its delegated OCSP responder. */
  readonly signer: string
  /**
   * The statement covers certificates that expired at this time or later, and not only those that are valid:
   * expiredCertsOnCRL (X.509, section 9.5.2.8), or the archive cutoff of an OCSP response (RFC 6960, section 4.4.4).
   */
  readonly expiredSince?: Date | undefined
}

export interface GoodStatus extends RevocationEvidence {
  readonly status: 'good'
}

export interface RevokedStatus extends RevocationEvidence {
  readonly status: 'revoked'
  readonly revokedAt: Date
  /** `unspecified` where the statement gives none. */
  readonly reason: Exclude<RevocationReason, 'removeFromCRL'>
  /**
   * Since when the key is known or suspected to be bad; {@link statusWhenSigned} evaluates it. Absent also where the CRL is
   * expired or incomplete: then it excuses nothing.
   */
  readonly invalidityDate?: Date | undefined
}

export interface UnknownStatus extends Partial<RevocationEvidence> {
  readonly status: 'unknown'
  readonly source: RevocationEvidence['source']
  /** One clause: `the OCSP response expired at 2026-01-01T00:00:00Z`. */
  readonly why: string
  /** Set when an authorized responder answered `unknown`: another responder need not be asked, a CRL may. */
  readonly unknownToResponder?: true | undefined
  /**
   * Set when all holds, but the delegated responder may have been revoked itself: it has no ocsp-nocheck, and names CRLs.
   * Judge this certificate by its CRLs; when it is good, judge the response again with `checkedResponder`.
   */
  readonly uncheckedResponder?: Certificate | undefined
}

/** Whether a certificate was revoked, as one OCSP response or one CRL says. What cannot be found out is `unknown`, never `good`. */
export type RevocationStatus = GoodStatus | RevokedStatus | UnknownStatus

/**
 * Returns the status for a signature made at an authentic time: a certificate that is revoked counts as good when the
 * statement has an invalidityDate, and it is later. Without an invalidityDate a revoked certificate stays revoked, also
 * when it was revoked after the signature was made: the Notary Project trust policy specification, "Certificate
 * Revocation Evaluation".
 *
 * @param signedAt - The authentic signing time; absent when there is none. A signing time that the signer claims is none.
 */
export function statusWhenSigned(status: RevocationStatus, signedAt: Date | undefined): RevocationStatus {
  if (status.status !== 'revoked' || status.invalidityDate === undefined || signedAt === undefined) {
    return status
  }
  if (!(signedAt.getTime() < status.invalidityDate.getTime())) return status
  const { source, thisUpdate, nextUpdate, signer, expiredSince } = status
  return { status: 'good', source, thisUpdate, nextUpdate, signer, expiredSince }
}

/** What every judgement is about. */
export interface RevocationQuestion {
  readonly certificate: Certificate
  /** The certificate that issued it. */
  readonly issuer: Certificate
  /** The time as of which is judged: now, as a rule. */
  readonly at: Date
  /**
   * How far the statement may seem to come from the future, in milliseconds, for clocks that differ; 0 to 3,600,000.
   * A statement past its `nextUpdate` is never good. Default 300,000.
   */
  readonly skewMs?: number | undefined
}

const DEFAULT_SKEW_MS = 300_000
const MAX_SKEW_MS = 3_600_000

/**
 * The latest time that a statement may have been made at, in milliseconds.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a question that has no answer: a mistake of the caller.
 */
export function latestTime({
  certificate,
  issuer,
  at,
  skewMs = DEFAULT_SKEW_MS,
}: RevocationQuestion): number {
  if (Buffer.compare(certificate.rawIssuer, issuer.rawSubject) !== 0)
    throw new SealwrightError('VALIDATION', 'the issuer given is not the one that the certificate names')
  if (!(skewMs >= 0 && skewMs <= MAX_SKEW_MS))
    throw new SealwrightError('VALIDATION', `the clock skew must be 0 to ${MAX_SKEW_MS} milliseconds`)
  const latest = at.getTime() + skewMs
  if (Number.isNaN(latest)) throw new SealwrightError('VALIDATION', 'the time to judge at is not a date')
  return latest
}

const ENUMERATED = 0x0a

/** The value of an ENUMERATED, 0 to 127. */
export function derEnumerated(value: DerValue | undefined, label: string): number {
  const contents = derContents(value, ENUMERATED, label)
  if (contents.length !== 1 || contents[0]! > 127)
    throw new SealwrightError('VALIDATION', `${label}: DER ENUMERATED out of range`)
  return contents[0]!
}

/** CRLReason. */
export function readReason(value: DerValue | undefined, label: string): RevocationReason {
  const code = derEnumerated(value, label)
  const reason = REVOCATION_REASONS[code]
  if (reason === undefined)
    throw new SealwrightError('VALIDATION', `${label}: reason code ${code} does not exist`)
  return reason
}

export function encodeReason(reason: RevocationReason): Uint8Array {
  return Uint8Array.of(ENUMERATED, 1, REVOCATION_REASONS.indexOf(reason))
}

export function derGeneralizedTime(value: DerValue | undefined, label: string): Date {
  derContents(value, DER_TAGS.generalizedTime, label)
  return derTime(value, label)
}

/** The value of the extension invalidityDate (RFC 5280, section 5.3.2). */
export function readInvalidityDate(value: Uint8Array, label: string): Date {
  return derGeneralizedTime(readDer(value, `${label}, invalidityDate`), `${label}, invalidityDate`)
}

export function timeText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z')
}
