import { formatDistinguishedName, revocationSources } from '@sealwright/x509'
import type { SoundEnvelope } from '../sound-envelope.ts'
import { type Finding, passed, unknown } from './finding.ts'

/**
 * Whether a certificate was revoked, for all but the root. One that names neither OCSP responder nor list cannot be; of
 * one that does, nothing is known yet, and what is not known is never taken for good.
 */
export function checkRevocation({ chain }: Pick<SoundEnvelope, 'chain'>): Finding {
  for (const certificate of chain.slice(0, -1)) {
    const { ocsp, crl } = revocationSources(certificate)
    const source = ocsp[0] ?? crl[0]
    if (source === undefined) continue
    return unknown(
      'REVOCATION',
      `cannot tell whether ${formatDistinguishedName(certificate.subject)} was revoked: asking ${source} is not yet supported`,
    )
  }
  return passed('non-revokable: no certificate names a source of revocation')
}
