import type { CertificateRevocationDocument as Certificate } from './document.ts'

/** Of a signature: its own chain, that of the authority of its timestamp, and evidence that was passed over. */
interface Judged {
  readonly revocation?: readonly Certificate[] | undefined
  readonly timestamp?: { readonly revocation: readonly Certificate[] } | undefined
  readonly evidenceFaults?: readonly string[] | undefined
}

/**
 * Returns a line for each certificate: what was said of it, by whom, and since when; and for evidence that was passed over.
 * Certificates without a source need details.
 */
export function revocationLines(
  { revocation = [], timestamp, evidenceFaults = [] }: Judged,
  details: boolean,
): string[] {
  const authority = timestamp?.revocation ?? []
  const lines = [...revocation, ...authority].flatMap(certificate => {
    const { source, status } = certificate
    if (source === undefined && !details) return []
    return [`${(source ?? 'status').padEnd(9)}${certificate.subject}  ${STATES[status]}${said(certificate)}`]
  })
  return [...lines, ...evidenceFaults.map(fault => `${'evidence'.padEnd(9)}passed over: ${fault}`)]
}

const STATES: Readonly<Record<Certificate['status'], string>> = {
  good: 'not revoked',
  revoked: 'revoked',
  unknown: 'unknown',
  notRevocable: 'names no source of revocation',
}

const ORIGINS = { network: '', cache: ' (cached)', carried: 'came with the signature' } as const

function said(certificate: Certificate): string {
  const { revokedAt, reason, thisUpdate, asOf, url = '', origin, why } = certificate
  const revoked = revokedAt === undefined ? '' : ` ${revokedAt} (${reason})`
  const since = thisUpdate === undefined ? '' : `  as of ${asOf ?? thisUpdate}`
  const from = origin === undefined ? '' : `  ${url}${ORIGINS[origin]}`
  return `${revoked}${since}${from}${why === undefined ? '' : `  ${why}`}`
}
