import type { CertificateRevocationDocument as Certificate } from './document.ts'

/** Of a signature: its own chain, that of the authority of its timestamp, and evidence that was passed over. */
interface Judged {
  readonly revocation?: readonly Certificate[] | undefined
  readonly timestamp?: { readonly revocation: readonly Certificate[] } | undefined
  readonly evidenceFaults?: readonly string[] | undefined
}

/**
 * Returns a line for each certificate: what was said of it, by whom, and since when; and for evidence that was passed over.
 *
 * @param details - Whether certificates without a source have a line too.
 * @param evidence - Whether each has a second line: which certificate it is, and which statement.
 */
export function revocationLines(
  { revocation = [], timestamp, evidenceFaults = [] }: Judged,
  details: boolean,
  evidence: boolean = details,
): string[] {
  const authority = timestamp?.revocation ?? []
  const lines = [...revocation, ...authority].flatMap(certificate => {
    const { source, status } = certificate
    if (source === undefined && !details) return []
    const line = `${(source ?? 'status').padEnd(9)}${certificate.subject}  ${STATES[status]}${said(certificate)}`
    return evidence ? [line, `${' '.repeat(9)}${evidenceOf(certificate)}`] : [line]
  })
  return [...lines, ...evidenceFaults.map(fault => `${'evidence'.padEnd(9)}passed over: ${fault}`)]
}

/** What a status means. */
export const STATES: Readonly<Record<Certificate['status'], string>> = {
  good: 'not revoked',
  revoked: 'revoked',
  unknown: 'unknown',
  notRevocable: 'names no source of revocation',
}

const ORIGINS = { network: '', cache: '(cached)', carried: 'came with the signature' } as const

function said(certificate: Certificate): string {
  const { revokedAt, reason, thisUpdate, asOf, url, origin, why } = certificate
  const revoked = revokedAt === undefined ? '' : ` ${revokedAt} (${reason})`
  const since = thisUpdate === undefined ? '' : `  as of ${asOf ?? thisUpdate}`
  const from = origin === undefined ? '' : `  ${[url, ORIGINS[origin]].filter(Boolean).join(' ')}`
  return `${revoked}${since}${from}${why === undefined ? '' : `  ${why}`}`
}

/** The certificate and the statement on it, by their digests, and from when to when the statement is current. */
function evidenceOf({ fingerprint, statement, thisUpdate, nextUpdate }: Certificate): string {
  const current = thisUpdate && `current ${thisUpdate}${nextUpdate === undefined ? '' : ` to ${nextUpdate}`}`
  return [`certificate sha256:${fingerprint}`, statement && `statement sha256:${statement}`, current]
    .filter(Boolean)
    .join('  ')
}
