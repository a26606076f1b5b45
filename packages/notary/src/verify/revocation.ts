import { hash } from 'node:crypto'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { RevocationRule } from '../policy/policy.ts'
import {
  type CarriedStatements,
  type CertificateRevocation,
  checkChainRevocation,
} from '../revocation/check-chain.ts'
import type { SourceSession } from '../revocation/revocation-sources.ts'
import { type Finding, failed, passed, unknown } from './finding.ts'
import { formatTime, type RevocationReport } from './report.ts'

/** The time of verification, and whether it is the clock's. */
export interface Moment {
  readonly time: Date
  readonly source: 'clock' | 'given'
  /** The clock's time in any case. */
  readonly clock: Date
}

/** What the revocation of a chain is judged by. */
export interface RevocationJudgement {
  readonly now: Moment
  readonly session: SourceSession
  /** What came with the signature; asked for only where cache and network do not tell, or to keep it. */
  carried(): Promise<CarriedStatements>
  /** Of a chain that is trusted: CRLs that came with the signature are kept in the cache. */
  readonly keepCarried?: boolean | undefined
  /** What Sealwright's policy asks of statements. */
  readonly revocationRule?: RevocationRule | undefined
}

/** What is known of when the signature was made. */
export interface KnownTime {
  readonly authenticSigningTime?: Date | undefined
  readonly provenAt?: Date | undefined
}

/**
 * Whether a certificate was revoked, for all but the root. One that names neither OCSP responder nor CRL cannot be; what
 * cannot be found out is unknown, and never taken for good.
 */
export async function checkRevocation(
  chain: readonly Certificate[],
  { now, session, carried, keepCarried, revocationRule }: RevocationJudgement,
  known: KnownTime = {},
): Promise<{ readonly finding: Finding; readonly report: readonly RevocationReport[] }> {
  const found = await checkChainRevocation(chain, {
    session,
    at: now.time,
    now: now.clock,
    ...known,
    carried,
    keepCarried,
    rule: revocationRule,
  })
  return { finding: findingOf(found), report: found.map(describeRevocation) }
}

function findingOf(found: readonly CertificateRevocation[]): Finding {
  const revoked = found.find(({ status }) => status === 'revoked')
  if (revoked !== undefined) {
    const { status, url } = revoked.statement!
    const when = status.status === 'revoked' ? ` at ${formatTime(status.revokedAt)} (${status.reason})` : ''
    return failed('REVOCATION', `${name(revoked)} was revoked${when}, says ${sourceOf(status.source, url)}`)
  }
  const untold = found.find(({ status }) => status === 'unknown')
  if (untold !== undefined) {
    return unknown(
      'REVOCATION',
      `cannot tell whether ${name(untold)} was revoked: ${untold.why || 'no source was asked'}`,
      untold.fix ??
        'retry when the authority answers, or have its statements stapled to the signature or attached beside it',
    )
  }
  const good = found.flatMap(({ statement }) => statement ?? [])
  if (good.length === 0) return passed('non-revokable: no certificate names a source of revocation')
  const sources = good.map(
    ({ status, url }) => `${sourceOf(status.source, url)} of ${formatTime(status.thisUpdate)}`,
  )
  return passed(`no certificate was revoked, says ${[...new Set(sources)].join(', ')}`)
}

function sourceOf(source: 'ocsp' | 'crl', url: string | undefined): string {
  return `${source === 'ocsp' ? 'OCSP' : 'the CRL'} ${url ?? 'that came with the signature'}`
}

function name({ certificate }: CertificateRevocation): string {
  return formatDistinguishedName(certificate.subject)
}

/** By the bytes themselves: a CRL stays in memory for many verifications, and hashing 30 MiB takes longer than all else. */
const digests = /* @__PURE__ */ new WeakMap<Uint8Array, string>()

function digestOf(der: Uint8Array): string {
  const known = digests.get(der) ?? hash('sha256', der)
  digests.set(der, known)
  return known
}

/** Describes the status of one certificate for a report. */
export function describeRevocation(found: CertificateRevocation): RevocationReport {
  const { certificate, status, statement, why } = found
  const about = { subject: name(found), fingerprint: certificate.fingerprint, status }
  if (statement === undefined) return why ? { ...about, why } : about
  const { status: said, origin, url, ders, asOf } = statement
  return {
    ...about,
    source: said.source,
    origin,
    ...(url === undefined ? {} : { url }),
    thisUpdate: formatTime(said.thisUpdate),
    nextUpdate: formatTime(said.nextUpdate),
    statement: digestOf(ders[0]!),
    ...(said.status === 'revoked' ? { revokedAt: formatTime(said.revokedAt), reason: said.reason } : {}),
    ...(asOf === undefined ? {} : { asOf: formatTime(asOf) }),
  }
}
