import { isSealwrightError } from '@sealwright/core'
import {
  type Certificate,
  checkValidity,
  formatDistinguishedName,
  readTimestampToken,
  type TimeRange,
  verifyTimestampToken,
} from '@sealwright/x509'
import type { EvidenceSubject } from '../evidence/evidence-filter.ts'
import type { TimestampRule } from '../policy/policy.ts'
import type { SoundEnvelope, TimestampClaim } from '../sound-envelope.ts'
import type { Statement } from '../trust/policy.ts'
import { unusableStore, type Vouched } from './authenticity.ts'
import { type Finding, failed, notConfigured, passed } from './finding.ts'
import { formatTime, type TimeSource, type TimestampReport } from './report.ts'
import { checkRevocation, type Moment, type RevocationJudgement } from './revocation.ts'
import type { StoreIndex } from './store-index.ts'

/** A finding about time, with the time that the chain was judged by. */
export interface TimeFinding {
  readonly finding: Finding
  readonly used: Date
  readonly source: TimeSource
  readonly timestamp?: TimestampReport | undefined
  /** When the signature existed at the latest, by somebody who is trusted. */
  readonly provenAt?: Date | undefined
}

/** The signer's own best-by time. Fails from that second on. */
export function checkExpiry({ attributes: { expiry } }: SoundEnvelope, now: Moment): Finding {
  if (expiry === undefined) return passed('it has no expiry')
  if (now.time < expiry) return passed(`until ${formatTime(expiry)}`)
  return failed('EXPIRED', `the signature expired at ${formatTime(expiry)}`)
}

/** Why a check of certificates is not made. */
export const KEY_ALONE = 'the key is trusted directly: its certificates are not checked'

/** What a time is judged by. */
export interface TimeJudgement extends Omit<RevocationJudgement, 'carried'> {
  readonly statement: Statement
  readonly stores: StoreIndex
  /** Of Sealwright's policy, in place of what the statement says of timestamps; its authorities are the statement's. */
  readonly timestampRule?: TimestampRule | undefined
  /** When trust in the key that is trusted by itself ends. */
  readonly keyEndsAt?: Date | undefined
}

/**
 * Whether the chain was valid at a time that can be relied on: the authority's own signing time; or now; or, where the
 * policy names a tsa store, that of a timestamp.
 */
export async function checkAuthenticTimestamp(envelope: Vouched, by: TimeJudgement): Promise<TimeFinding> {
  const { attributes, chain } = envelope
  const { now } = by
  if (attributes.signingScheme === 'notary.x509.signingAuthority') {
    const used = attributes.signingTime
    const finding = validity(chain, used, 'when it was signed')
    return { finding, used, source: 'authenticSigningTime', provenAt: used }
  }
  if (needsTimestamp(chain, by)) return vouchedTime(envelope, by)
  return { finding: validity(chain, now.time, 'at this time'), used: now.time, source: now.source }
}

/**
 * Whether a signature of a key that is trusted by itself is from before the end of that trust: by a timestamp, or by the
 * present time. A policy that always demands a timestamp demands it of keys too.
 */
export async function checkKeyTime(signed: Omit<Vouched, 'chain'>, by: TimeJudgement): Promise<TimeFinding> {
  const { now, keyEndsAt, statement } = by
  const { require = 'afterCertExpiry' } = by.timestampRule ?? {}
  const hasEnded = keyEndsAt !== undefined && now.time >= keyEndsAt
  const mayVouch = require !== 'never' && statement.trustStores.length > 0
  if (require === 'always' || (hasEnded && mayVouch)) return vouchedTime({ ...signed, chain: [] }, by)
  const finding = hasEnded
    ? failed('EXPIRED', `trust in the key ended at ${formatTime(keyEndsAt)}`)
    : notConfigured(KEY_ALONE)
  return { finding, used: now.time, source: now.source }
}

/** By timestamps of as many different authorities as the policy demands: of one, if it does not say. */
async function vouchedTime(envelope: Vouched, by: TimeJudgement): Promise<TimeFinding> {
  const { now, statement, stores, timestampRule } = by
  const needed = timestampRule?.atLeast ?? 1
  const at = { used: now.time, source: now.source } as const
  const authorities = authoritiesOf(statement, stores)
  if ('outcome' in authorities) return { finding: authorities, ...at }
  const findings: Finding[] = []
  /** By store: two tokens of one authority are one authority's word. */
  const vouching = new Map<string, TimeFinding>()
  for await (const claim of claimsOf(envelope)) {
    const judged = await judgeTimestamp(claim, envelope, authorities, by)
    if (judged.finding.outcome !== 'passed') findings.push(judged.finding)
    else if (!vouching.has(judged.timestamp!.trustStore)) vouching.set(judged.timestamp!.trustStore, judged)
    if (vouching.size === needed) return earliestOf([...vouching.values()])
  }
  const uncertain = findings.find(({ outcome }) => outcome === 'unknown')
  const [first] = findings
  if (uncertain !== undefined || (first !== undefined && vouching.size === 0))
    return { finding: uncertain ?? first!, ...at }
  const why =
    vouching.size === 0
      ? 'the policy demands a timestamp, and the signature has none'
      : `the policy demands timestamps of ${needed} authorities, and ${vouching.size} vouches: ${[...vouching.keys()].join(', ')}`
  return { finding: failed('TIMESTAMP', why), ...at }
}

function earliestOf(found: readonly TimeFinding[]): TimeFinding {
  return found.reduce((one, other) => (other.used < one.used ? other : one))
}

/** Those that are attached come last, and are read only where the others do not count. */
async function* claimsOf({ timestamps, carried }: Vouched): AsyncGenerator<TimestampClaim> {
  yield* timestamps
  yield* (await carried()).timestamps
}

interface Authority {
  readonly root: Certificate
  readonly store: string
}

/** The roots of the tsa stores; one unusable store fails them all, as with the others. */
function authoritiesOf({ trustStores }: Statement, stores: StoreIndex): readonly Authority[] | Finding {
  const authorities: Authority[] = []
  for (const store of new Set(trustStores.filter(reference => reference.startsWith('tsa:')))) {
    const { certificates, fault } = stores.get(store)
    if (certificates === undefined) return unusableStore(fault)
    authorities.push(...certificates.map(root => ({ root, store })))
  }
  return authorities
}

/** Returns by what attached evidence is told from what others made up. */
export function filteredBy({
  now,
  session,
  statement,
  stores,
}: TimeJudgement): Pick<EvidenceSubject, 'roots' | 'times' | 'readCrl'> {
  const authorities = authoritiesOf(statement, stores)
  return {
    roots: 'outcome' in authorities ? [] : authorities.map(({ root }) => root),
    times: [now.time, now.clock],
    readCrl: (der, issuer) => session.sources.carriedCrl(der, issuer, session.signal),
  }
}

/** One token: whole, over this signature, by a trusted authority that was not revoked, at a time when the chain was valid. */
async function judgeTimestamp(
  { token: der, message }: TimestampClaim,
  { chain, carried }: Vouched,
  authorities: readonly Authority[],
  by: TimeJudgement,
): Promise<TimeFinding> {
  const { now, keyEndsAt } = by
  const at = { used: now.time, source: now.source } as const
  try {
    const token = readTimestampToken(der)
    const verified = verifyTimestampToken(token, { message, roots: authorities.map(({ root }) => root) })
    const { time } = verified
    const fault = timestampFault(time, chain, now.time)
    if (fault !== undefined) return { finding: failed(fault.code, fault.why), ...at }
    if (keyEndsAt !== undefined && time.latest >= keyEndsAt) {
      const why = `the timestamp is of ${formatTime(token.genTime)}, and trust in the key ended at ${formatTime(keyEndsAt)}`
      return { finding: failed('EXPIRED', why), ...at }
    }
    const provenAt = time.latest
    const { finding, report } = await checkRevocation(verified.chain, { ...by, carried }, { provenAt })
    if (finding.outcome !== 'passed') return { finding: ofAuthority(finding), ...at }
    const [leaf] = verified.chain
    const root = verified.chain.at(-1)!
    const subject = formatDistinguishedName(leaf!.subject)
    const trustStore = authorities.find(({ root: each }) => each.fingerprint === root.fingerprint)!.store
    return {
      finding: passed(
        `${subject} vouches for ${formatTime(token.genTime)}${chain.length === 0 ? '' : ', when every certificate was valid'}${since(chain, now)}`,
      ),
      used: token.genTime,
      source: 'timestamp',
      provenAt,
      timestamp: {
        time: token.genTime.toISOString(),
        accuracyMs: token.accuracyMs,
        authority: { subject, fingerprint: leaf!.fingerprint },
        trustStore,
        policy: token.policy,
        revocation: report,
      },
    }
  } catch (error) {
    if (!isSealwrightError(error) || !['VALIDATION', 'INTEGRITY', 'UNSUPPORTED'].includes(error.code))
      throw error
    const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`
    return { finding: failed('TIMESTAMP', why), ...at }
  }
}

const MAX_SKEW_MS = 300_000

/** Why a timestamp that holds does not vouch for a chain: it is from the future, or a certificate was not valid then. */
export function timestampFault(
  time: TimeRange,
  chain: readonly Certificate[],
  now: Date,
): { readonly code: 'TIMESTAMP' | 'EXPIRED'; readonly why: string } | undefined {
  // A clock that is a little slow must not refuse what was stamped just now.
  if (time.earliest.getTime() > now.getTime() + MAX_SKEW_MS)
    return {
      code: 'TIMESTAMP',
      why: `the timestamp is from the future: ${formatTime(time.earliest)}, and it is ${formatTime(now)}`,
    }
  const fault = checkValidity(chain, time)[0]
  if (fault === undefined) return undefined
  const why = `the timestamp does not vouch for ${name(chain[fault.certificate]!)}: ${fault.message}`
  return { code: 'EXPIRED', why }
}

/** That the signature outlives its certificate. */
function since(chain: readonly Certificate[], { time }: Moment): string {
  const expired = chain.find(({ notAfter }) => time > notAfter)
  return expired === undefined ? '' : `; ${name(expired)} has expired since: ${formatTime(expired.notAfter)}`
}

function ofAuthority(finding: Finding): Finding {
  if (finding.outcome !== 'failed' && finding.outcome !== 'unknown') return finding
  return { ...finding, code: 'TIMESTAMP', detail: `the timestamp authority: ${finding.detail}` }
}

function needsTimestamp(chain: readonly Certificate[], by: TimeJudgement): boolean {
  const { statement, now, timestampRule } = by
  // Under this rule a statement without authorities lets no signature pass.
  if (timestampRule?.require === 'always') return true
  if (!statement.trustStores.some(reference => reference.startsWith('tsa:'))) return false
  const { verifyTimestamp } = statement.signatureVerification
  if (timestampRule === undefined && verifyTimestamp !== 'afterCertExpiry') return true
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
