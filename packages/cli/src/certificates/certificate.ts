import { fingerprint } from '@sealwright/core'
import { subjectFault } from '@sealwright/notary'
import { type Certificate, formatDistinguishedName, parseCertificates } from '@sealwright/x509'
import type { CertificateDocument } from '../runtime/document.ts'
import { MAX_FILE_BYTES, readNamed } from '../runtime/read-all.ts'
import { formatTime } from '../runtime/time.ts'
import type { Session } from '../session/session.ts'

/** A certificate as the documents have it. */
export function describeCertificate(certificate: Certificate): CertificateDocument {
  return {
    subject: formatDistinguishedName(certificate.subject),
    issuer: formatDistinguishedName(certificate.issuer),
    serialNumber: certificate.serialNumber,
    fingerprint: certificate.fingerprint,
    notBefore: formatTime(certificate.notBefore),
    notAfter: formatTime(certificate.notAfter),
    publicKey: fingerprint(certificate.publicKey),
  }
}

/** A certificate as lines of text. */
export function certificateLines(certificate: CertificateDocument, indent: string): string[] {
  return [
    `${indent}subject      ${certificate.subject}`,
    `${indent}issuer       ${certificate.issuer}`,
    `${indent}serial       ${certificate.serialNumber}`,
    `${indent}valid        ${certificate.notBefore} to ${certificate.notAfter}`,
    `${indent}fingerprint  sha256:${certificate.fingerprint}`,
    `${indent}public key   ${certificate.publicKey}`,
  ]
}

/** The certificates of a file (PEM or DER), in the order of the file. */
export async function readCertificates(file: string, cwd: string): Promise<readonly Certificate[]> {
  return parseCertificates(await readNamed(file, cwd, MAX_FILE_BYTES), file)
}

/** Why no trusted identity of a policy can match the subject of a certificate, as a sentence; `undefined` if one can. */
export function unmatchableSubject(certificate: Certificate): string | undefined {
  const fault = subjectFault(certificate)
  if (fault === undefined) return undefined
  return `the subject ${formatDistinguishedName(certificate.subject)} can match no trusted identity of a policy: ${fault}`
}

/** Warns whoever signs of a subject that verifiers can only accept with the identity `*`. */
export function warnOfSubject({ warn }: Session, certificate: Certificate, what: string): void {
  const fault = unmatchableSubject(certificate)
  if (fault !== undefined) warn(`${what}: ${fault}`)
}

/** How long before now a certificate that is made here begins: verifiers' clocks may be a little behind. */
const CLOCK_SLACK_MS = 5 * 60_000

const DAY_MS = 86_400_000

/** From when on the end of a certificate is warned of. */
export const SOON_DAYS = 30

interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The validity of a certificate that is made now and ends after `expiryMs`, in whole seconds. */
export function validityFrom(now: Date, expiryMs: number): Validity {
  const second = Math.floor(now.getTime() / 1000) * 1000
  return { notBefore: new Date(second - CLOCK_SLACK_MS), notAfter: new Date(second + expiryMs) }
}

/** Whether a certificate was made for this long, with the slack or without. */
export function isMadeFor({ notBefore, notAfter }: Validity, expiryMs: number): boolean {
  const length = notAfter.getTime() - notBefore.getTime()
  return length === expiryMs || length === expiryMs + CLOCK_SLACK_MS
}

/** When the first certificate of a chain ends. */
export function endOf(chain: readonly Certificate[]): Date {
  return new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime())))
}

/** Whole days until then; negative when it is over. */
export function daysUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / DAY_MS)
}

/** Warns of a chain that ends soon: what was signed with it verifies no longer than that, unless it is timestamped. */
export function warnOfEnd({ io, warn }: Session, chain: readonly Certificate[], label: string): void {
  const end = endOf(chain)
  const days = daysUntil(end, io.now())
  if (days >= SOON_DAYS) return
  const left = days === 1 ? '1 day' : `${days} days`
  warn(
    `the certificate of key ${label} ends in ${left} (${formatTime(end)}), and signatures with it; renew it`,
  )
}
