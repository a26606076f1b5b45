import type { Certificate } from '@sealwright/x509'
import { formatDistinguishedName } from '@sealwright/x509'
import type { SoundEnvelope } from '../sound-envelope.ts'
import type { Statement } from '../trust/policy.ts'
import type { Vouched } from './authenticity.ts'
import { type Finding, failed, passed, unknown } from './finding.ts'
import { formatTime, type TimeSource } from './report.ts'

/** The time of verification, and whether it is the clock's. */
export interface Moment {
  readonly time: Date
  readonly source: 'clock' | 'given'
}

/** A finding about time, with the time that the chain was judged by. */
export interface TimeFinding {
  readonly finding: Finding
  readonly used: Date
  readonly source: TimeSource
}

/** The signer's own best-by time. Fails from that second on. */
export function checkExpiry({ attributes: { expiry } }: SoundEnvelope, now: Moment): Finding {
  if (expiry === undefined) return passed('it has no expiry')
  if (now.time < expiry) return passed(`until ${formatTime(expiry)}`)
  return failed('EXPIRED', `the signature expired at ${formatTime(expiry)}`)
}

/**
 * Whether the chain was valid at a time that can be relied on: the authority's own signing time; or now; or, where the
 * policy names a tsa store, that of a timestamp.
 */
export function checkAuthenticTimestamp(envelope: Vouched, statement: Statement, now: Moment): TimeFinding {
  const { attributes, chain, timestamps } = envelope
  if (attributes.signingScheme === 'notary.x509.signingAuthority') {
    const used = attributes.signingTime
    return { finding: validity(chain, used, 'when it was signed'), used, source: 'authenticSigningTime' }
  }
  const at = { used: now.time, source: now.source } as const
  if (!needsTimestamp(chain, statement, now))
    return { finding: validity(chain, now.time, 'at this time'), ...at }
  if (timestamps.length === 0) {
    return {
      finding: failed('TIMESTAMP', 'the policy demands a timestamp, and the signature has none'),
      ...at,
    }
  }
  return { finding: unknown('TIMESTAMP', 'timestamp verification is not yet supported'), ...at }
}

function needsTimestamp(chain: readonly Certificate[], statement: Statement, now: Moment): boolean {
  if (!statement.trustStores.some(reference => reference.startsWith('tsa:'))) return false
  if (statement.signatureVerification.verifyTimestamp !== 'afterCertExpiry') return true
  return chain.some(({ notAfter }) => now.time > notAfter)
}

function validity(chain: readonly Certificate[], time: Date, when: string): Finding {
  const early = chain.find(({ notBefore }) => time < notBefore)
  if (early !== undefined) {
    const from = formatTime(early.notBefore)
    const why = `${name(early)} was not valid yet ${when}: from ${from}`
    return failed('EXPIRED', why, `check the clock of this machine; if it is right, wait until ${from}`)
  }
  const late = chain.find(({ notAfter }) => time > notAfter)
  if (late !== undefined)
    return failed('EXPIRED', `${name(late)} had expired ${when}: ${formatTime(late.notAfter)}`)
  return passed(`every certificate valid ${when}`)
}

function name({ subject }: Certificate): string {
  return `certificate ${formatDistinguishedName(subject)}`
}
