import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { Crl } from './crl.ts'
import type { CrlEntry } from './crl-entries.ts'
import {
  latestTime,
  type RevocationEvidence,
  type RevocationQuestion,
  type RevocationStatus,
  type RevokedStatus,
  timeText,
  type UnknownStatus,
} from './revocation-status.ts'

/** A base CRL with the delta CRL that its `freshestCrlUrls` name. */
export interface CrlWithDelta {
  readonly base: Crl
  readonly delta: Crl
}

/**
 * Judges a certificate by one CRL, or by a base and its delta CRL.
 *
 * A base CRL that names a delta (`freshestCrlUrls`), or that is about some reasons only, never shows a certificate to be
 * good by itself. A certificate that names several CRLs is good when every one says so. An entry for another reason than
 * certificateHold revokes for good: also when the CRL has expired, and whatever the delta says.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a skew out of range, and an issuer that the certificate does not name.
 */
export function judgeCrl(crl: Crl | CrlWithDelta, question: RevocationQuestion): RevocationStatus {
  const latest = latestTime(question)
  const { base, delta } = 'base' in crl ? crl : { base: crl }
  const fault =
    crlFault('CRL', base, question, latest) ??
    (base.baseNumber === undefined ? undefined : 'the base CRL is a delta CRL') ??
    (delta && (crlFault('delta CRL', delta, question, latest) ?? deltaFault(base, delta)))
  if (fault !== undefined) return { status: 'unknown', source: 'crl', why: fault }
  const evidence = evidenceOf(base, delta)
  const unknown = (why: string): UnknownStatus => ({ status: 'unknown', why, ...evidence })
  const gap = gapOf(base, delta, question)
  try {
    const { serialNumber } = question.certificate
    const found = revocationOf(base.find(serialNumber), delta?.find(serialNumber) ?? [])
    if (found === undefined) return gap === undefined ? { status: 'good', ...evidence } : unknown(gap)
    if (gap === undefined) return { status: 'revoked', ...evidence, ...found }
    if (found.reason === 'certificateHold') return unknown(gap)
    // A later CRL may withdraw the invalidityDate, which excuses signatures.
    return { status: 'revoked', ...evidence, ...found, invalidityDate: undefined }
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'VALIDATION') return unknown(error.message)
    throw error
  }
}

/** Why a CRL says nothing of the certificate. */
function crlFault(
  name: string,
  { issuer, scope, thisUpdate }: Crl,
  question: RevocationQuestion,
  latest: number,
): string | undefined {
  const { certificate } = question
  if (issuer.fingerprint !== question.issuer.fingerprint) return `the ${name} was read for another issuer`
  const kind = certificate.basicConstraints?.ca ? 'caCerts' : 'userCerts'
  if (scope?.onlyContains && scope.onlyContains !== kind) {
    return scope.onlyContains === 'caCerts'
      ? `the ${name} is about CA certificates only (onlyContainsCACerts)`
      : `the ${name} is not about CA certificates (onlyContainsUserCerts)`
  }
  if (scope?.urls && !scope.urls.some(url => certificate.crlUrls.includes(url)))
    return `the ${name} is for a distribution point that the certificate does not name`
  if (thisUpdate.getTime() > latest) return `the ${name} is from the future: ${timeText(thisUpdate)}`
  return undefined
}

/** Why a delta CRL does not belong to its base (RFC 5280, section 5.2.4). */
function deltaFault(base: Crl, delta: Crl): string | undefined {
  if (delta.baseNumber === undefined) return 'the delta CRL has no deltaCRLIndicator'
  if (base.number === undefined || delta.number === undefined)
    return 'the delta CRL cannot be applied: a cRLNumber is missing'
  if (delta.number <= base.number)
    return `the delta CRL ${delta.number} is not later than the base CRL ${base.number}`
  // RFC 5280 and notation allow a base later than the indicator; the Notary Project specification does not.
  if (delta.baseNumber !== base.number)
    return `the delta CRL is for base CRL ${delta.baseNumber}, and not for ${base.number}`
  const [scope, other] = [base.scope?.der ?? new Uint8Array(), delta.scope?.der ?? new Uint8Array()]
  if (Buffer.compare(scope, other) !== 0)
    return 'the delta CRL has another issuingDistributionPoint than the base CRL'
  return undefined
}

/** Why the CRLs cannot show that a certificate is good, although they may show that it was revoked. */
function gapOf(
  base: Crl,
  delta: Crl | undefined,
  { at, certificate }: RevocationQuestion,
): string | undefined {
  if (at > base.nextUpdate) return `the CRL expired at ${timeText(base.nextUpdate)}`
  if (delta && at > delta.nextUpdate) return `the delta CRL expired at ${timeText(delta.nextUpdate)}`
  if (!delta && base.freshestCrlUrls.length > 0) return 'the delta CRL that the CRL names is missing'
  if (!delta && certificate.freshestCrlUrls.length > 0)
    return 'the certificate names a delta CRL, and its CRL names none'
  if (base.scope?.onlySomeReasons) return 'the CRL is about some reasons of revocation only (onlySomeReasons)'
  return undefined
}

function evidenceOf(base: Crl, delta: Crl | undefined): RevocationEvidence {
  const crls = delta ? [base, delta] : [base]
  return {
    source: 'crl',
    thisUpdate: new Date(Math.max(...crls.map(({ thisUpdate }) => thisUpdate.getTime()))),
    nextUpdate: new Date(Math.min(...crls.map(({ nextUpdate }) => nextUpdate.getTime()))),
    signer: base.issuer.fingerprint,
    expiredSince: base.expiredSince,
  }
}

/** What the entries of one certificate come to; `undefined`: it is not revoked. */
function revocationOf(
  base: readonly CrlEntry[],
  delta: readonly CrlEntry[],
): Pick<RevokedStatus, 'revokedAt' | 'reason' | 'invalidityDate'> | undefined {
  if (base.some(({ reason }) => reason === 'removeFromCRL'))
    throw new SealwrightError('VALIDATION', 'the CRL has removeFromCRL, which only a delta CRL may have')
  const all = [...delta, ...base]
  const revoking = all.filter(({ reason }) => reason !== 'removeFromCRL')
  const permanent = revoking.find(({ reason }) => reason !== 'certificateHold')
  const shown = permanent ?? heldBy(all)
  if (shown === undefined || shown.reason === 'removeFromCRL') return undefined
  // Each entry has to excuse a signature, so that no later word loosens an earlier one.
  const dates = revoking.flatMap(({ invalidityDate }) => invalidityDate?.getTime() ?? [])
  return {
    revokedAt: shown.revokedAt,
    reason: shown.reason,
    invalidityDate: dates.length < revoking.length ? undefined : new Date(Math.min(...dates)),
  }
}

/** The last word on a certificate that was put on hold; at the same time, the hold. */
function heldBy(entries: readonly CrlEntry[]): CrlEntry | undefined {
  const [first, ...rest] = entries
  return (
    first &&
    rest.reduce((last, entry) => {
      const later = entry.revokedAt.getTime() - last.revokedAt.getTime()
      return later > 0 || (later === 0 && entry.reason === 'certificateHold') ? entry : last
    }, first)
  )
}
