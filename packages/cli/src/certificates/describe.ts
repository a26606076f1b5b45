import { fingerprint } from '@sealwright/core'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { CertificateDocument } from '../documents/document.ts'
import { formatTime } from '../frame/time.ts'

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
