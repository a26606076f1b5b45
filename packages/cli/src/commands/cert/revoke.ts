import { shellQuote } from '@sealwright/core/encoding'
import {
  type Certificate,
  type Crl,
  type CrlEntry,
  formatDistinguishedName,
  isIssuedBy,
} from '@sealwright/x509'
import { describeCertificate, readCertificates } from '../../certificates/certificate.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { formatTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { crlText, nextCrl } from './crl.ts'
import type { CertRevokeFlags } from './spec.ts'

/** `sealwright cert revoke CERTIFICATE --ca KEY --crl FILE` */
export async function certRevoke(
  session: Session,
  [source]: readonly [string],
  flags: CertRevokeFlags,
): Promise<Outcome> {
  const file = flags.crl
  if (file === undefined) {
    throw usageError('--crl is missing', {
      why: 'the last CRL of the CA is the list of what it has revoked; the certificate is added to it',
      fix: 'add --crl FILE',
    })
  }
  const now = session.io.now()
  for (const [flag, time] of [
    ['--at', flags.at],
    ['--invalidity-date', flags.invalidityDate],
  ] as const) {
    if (time === undefined || time <= now) continue
    throw usageError(`${flag} ${formatTime(time)} is in the future`, {
      why: `a CRL says what happened before it was issued, and it is ${formatTime(now)} here`,
      fix: `leave ${flag} out, or give a time that has passed`,
    })
  }
  const [certificate] = await readCertificates(source, session.io.cwd)
  if (certificate === undefined) {
    throw usageError(`${source} holds no certificate`, { why: 'it is empty', fix: 'name its certificate' })
  }
  let changed = false
  const { crl } = await nextCrl(session, flags, file, ({ issuer, previous }) => {
    assertIssuer(certificate, issuer)
    if (previous === undefined) {
      throw usageError(`${file} does not exist`, {
        why: 'a new list would forget what the CA has revoked before',
        fix: `name the last CRL; if it is the first one: sealwright cert crl --ca ${shellQuote(flags.ca!)} --out ${shellQuote(file)}`,
      })
    }
    const entries = entriesWith(certificate, previous, { ...flags, at: flags.at ?? now })
    changed = entries !== undefined
    return entries
  })
  const described = describeCertificate(certificate)
  const what =
    flags.reason === 'removeFromCRL' ? 'is not on hold' : `is revoked (${flags.reason ?? 'unspecified'})`
  const next = changed ? `wrote ${file}: ${crlText(crl)}` : `nothing to do: ${file} says so`
  if (changed && certificate.crlUrls.length === 0 && certificate.ocspUrls.length === 0) {
    session.warn(
      `${source} names neither a CRL nor an OCSP responder: no verifier learns that it is revoked (cert issue --crl-url URL)`,
    )
  }
  return {
    exitCode: 0,
    document: { certificate: described, crl, file },
    lines: [`${described.subject}, serial number ${described.serialNumber}, ${what}`, next],
  }
}

function assertIssuer(certificate: Certificate, issuer: Certificate): void {
  const subject = formatDistinguishedName(certificate.subject)
  if (certificate.selfSigned) {
    throw usageError(`${subject} is self-signed`, {
      why: 'no CRL revokes a root: it is trusted because a trust store holds it',
      fix: 'sealwright cert remove STORE FILE, wherever it is trusted',
    })
  }
  if (isIssuedBy(certificate, issuer)) return
  throw usageError(`${formatDistinguishedName(issuer.subject)} did not issue ${subject}`, {
    why: `its issuer is ${formatDistinguishedName(certificate.issuer)}, or another key of that name`,
    fix: 'give the key and the certificate of the CA that issued it',
  })
}

/** The entries of the next CRL; `undefined` if the last one says the same. */
function entriesWith(
  certificate: Certificate,
  previous: Crl,
  { reason, at, invalidityDate }: Pick<CertRevokeFlags, 'reason' | 'invalidityDate'> & { readonly at: Date },
): Iterable<CrlEntry> | undefined {
  const { serialNumber } = certificate
  const found = previous.find(serialNumber)
  const others = (): CrlEntry[] =>
    [...previous.entries()].filter(entry => entry.serialNumber !== serialNumber)
  const permanent = found.find(entry => entry.reason !== 'certificateHold')
  if (permanent !== undefined && (reason ?? permanent.reason) !== permanent.reason) {
    throw usageError(`serial number ${serialNumber} is revoked for good (${permanent.reason})`, {
      why: `it has been since ${formatTime(permanent.revokedAt)}; only certificateHold can be changed`,
      fix: 'issue a new certificate, if it is to sign again',
    })
  }
  if (reason === 'removeFromCRL') return found.length === 0 ? undefined : others()
  const isHeld = reason === 'certificateHold' && found.length > 0
  if (permanent !== undefined || isHeld) return undefined
  return [...others(), { serialNumber, revokedAt: at, reason: reason ?? 'unspecified', invalidityDate }]
}
