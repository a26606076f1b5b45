import { type Certificate, formatDistinguishedName, isIssuedBy } from '@sealwright/x509'
import { issuerFault } from './certificate-faults.ts'

/** As many signatures of certificates are checked as Go does, however many are given. */
const MAX_CHECKS = 100

/**
 * Why a certificate is not certified by an anchor, itself included, over any of the intermediates; `undefined` if it is.
 * Anchors need not be self-signed.
 */
export function certifiedFault(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  at: Date,
): string | undefined {
  const trusted = new Set(anchors.map(({ fingerprint }) => fingerprint))
  const candidates = [...anchors, ...intermediates]
  let checks = 0
  let fault: string | undefined
  const climb = (path: readonly Certificate[]): boolean => {
    const last = path.at(-1) as Certificate
    if (trusted.has(last.fingerprint)) return true
    return candidates.some(issuer => {
      if (path.some(({ fingerprint }) => fingerprint === issuer.fingerprint)) return false
      if (Buffer.compare(issuer.rawSubject, last.rawIssuer) !== 0) return false
      if (++checks > MAX_CHECKS || !isIssuedBy(last, issuer)) return false
      const found = issuerFault(issuer, path.length - 1, at)
      if (found === undefined) return climb([...path, issuer])
      fault ??= `its issuer ${formatDistinguishedName(issuer.subject)} cannot vouch for it: ${found}`
      return false
    })
  }
  if (climb([leaf])) return undefined
  return (
    fault ??
    `${formatDistinguishedName(leaf.subject)} (sha256:${leaf.fingerprint}) is certified by none of the ${anchors.length} certificates given`
  )
}
