import {
  type AlgorithmId,
  fingerprint,
  isSealwrightError,
  keyType,
  type SealwrightError,
} from '@sealwright/core'
import type { Descriptor } from '@sealwright/oci'
import { algorithmsFor, holdsUnder, type InTotoStatement, isAbout, keyHint } from '@sealwright/sigstore'
import { type Certificate, checkChain, formatDistinguishedName, parseCertificate } from '@sealwright/x509'
import type { OpenedAttestation } from '../attestation/open-attestation.ts'
import { predicateTypes } from '../attestation/predicate-type.ts'
import { judgeSummary } from '../attestation/verification-summary.ts'
import type { EvidenceFilter, FoundEvidence } from '../evidence/attached-evidence.ts'
import { evidenceFilter } from '../evidence/evidence-filter.ts'
import { once } from '../once.ts'
import type { Enforcement } from '../trust/policy.ts'
import { checkAuthenticity, OTHER_KEY } from './authenticity.ts'
import { type Finding, failed, notConfigured, passed, unknown } from './finding.ts'
import { completed } from './known-chains.ts'
import { type AttestationReport, formatTime } from './report.ts'
import { checkRevocation } from './revocation.ts'
import { runChecks } from './run-checks.ts'
import {
  checkAuthenticTimestamp,
  checkKeyTime,
  filteredBy,
  KEY_ALONE,
  type TimeFinding,
  type TimeJudgement,
} from './times.ts'

/** What an attestation is judged by. */
export interface AttestationJudgement extends TimeJudgement {
  readonly subject: Descriptor
  /** The repository that the target is judged as. */
  readonly scope?: string | undefined
  /** Whose verification summaries count; anybody's if it is empty. */
  readonly vsaVerifiers: readonly string[]
  readonly enforcement: Enforcement
  /** Trusted by itself, in place of the statement's stores and identities. */
  readonly key?: Uint8Array | undefined
  readonly anchors: readonly Certificate[]
  /** Chains that may vouch for a key that came without one; asked for only then. */
  knownChains(): Promise<readonly (readonly Certificate[])[]>
}

export interface JudgedAttestation {
  readonly report: Omit<AttestationReport, 'digest' | 'predicateType' | 'format'>
  /** Why it cannot be told, where that is a fault of the trust that was given. */
  readonly error?: SealwrightError | undefined
  /** Of the key under which its signature holds; absent for a key that is trusted by itself. */
  readonly chain?: readonly Certificate[] | undefined
}
interface Signer {
  readonly publicKey: Uint8Array
  readonly algorithm: AlgorithmId
  readonly chain?: readonly Certificate[] | undefined
}

const CHECKS = ['integrity', 'authenticity', 'authenticTimestamp', 'revocation', 'artifact'] as const

/**
 * Judges an attestation as a signature is judged: its signature holds, its signer is trusted by the statement at this time,
 * and it is about this artifact. A key that came without a certificate counts if it is the one that was given, or if a
 * chain that is known for this target is over it (docs/decisions/0006).
 *
 * @param attached - Evidence that is attached to the attestation; asked for only where nothing else tells, or to keep it.
 */
export async function judgeAttestation(
  opened: OpenedAttestation,
  by: AttestationJudgement,
  attached: (accepts: EvidenceFilter) => Promise<FoundEvidence>,
): Promise<JudgedAttestation> {
  let evidenceFaults: AttestationReport['evidenceFaults']
  const found = await findSigner(opened, by)
  const carried = once(async () => {
    const [message] = opened.signatures
    const chain = 'outcome' in found ? [] : (found.chain ?? [])
    const { timestamps } = opened
    const { evidence, faults } = await attached(
      evidenceFilter({ chain, message: message!, timestamps, ...filteredBy(by) }),
    )
    if (faults.length > 0) evidenceFaults = faults
    return { ...evidence, timestamps: evidence.timestamps.map(token => ({ token, message: message! })) }
  })
  let signer = describeSigner(found)
  let time: TimeFinding | undefined
  let revocation: AttestationReport['revocation']
  const { checks, stopped } = await runChecks(
    CHECKS,
    check => (check === 'artifact' ? 'enforce' : by.enforcement[check]),
    async (check): Promise<Finding> => {
      if ('outcome' in found) return found
      if (check === 'integrity') return checkProfile(found)
      if (check === 'artifact') return checkSubject(opened, by)
      const { chain } = found
      const signed = { attributes: { signingTime: by.now.time }, timestamps: opened.timestamps, carried }
      if (chain === undefined) {
        if (check === 'authenticity') return passed('signed by the trusted key')
        if (check === 'revocation') return notConfigured(KEY_ALONE)
        const keyTime = await checkKeyTime(signed, by)
        if (keyTime.finding.outcome !== 'notConfigured') time = keyTime
        return keyTime.finding
      }
      const vouched = { ...signed, chain }
      if (check === 'revocation') {
        const { finding, report } = await checkRevocation(
          chain,
          { ...by, carried, keepCarried: by.keepCarried === true && signer?.trustStore !== undefined },
          { provenAt: time?.provenAt },
        )
        revocation = report
        return finding
      }
      if (check === 'authenticTimestamp') {
        time = await checkAuthenticTimestamp(vouched, by)
        return time.finding
      }
      const { finding, trustStore } = checkAuthenticity(vouched, by.statement, by.stores)
      if (trustStore !== undefined && signer !== undefined) signer = { ...signer, trustStore }
      return finding
    },
  )
  const about = {
    ...(signer === undefined ? {} : { signer }),
    ...describeTime(time),
    revocation,
    evidenceFaults,
  }
  const chain = 'outcome' in found ? undefined : found.chain
  if (stopped === undefined) return { report: { verdict: 'verified', ...about, checks }, chain }
  const { outcome, reason, error } = stopped
  const verdict = outcome === 'unknown' ? 'unknown' : 'notVerified'
  return { report: { verdict, reason, ...about, checks }, error, chain }
}

/** Its signature holds already; what made it has to be fit for that. */
function checkProfile({ chain, algorithm }: Signer): Finding {
  const faults = chain === undefined ? [] : checkChain(chain, { purpose: 'codeSigning' })
  if (faults.length === 0) return passed(`${algorithm} holds`)
  return failed('CERTIFICATE', faults.map(fault => fault.message).join('; '))
}

/** Whose signature it is: of the key that was given, of its own certificate, or of one that is known. */
async function findSigner(opened: OpenedAttestation, by: AttestationJudgement): Promise<Signer | Finding> {
  const effort = new Effort()
  if (by.key !== undefined) {
    const algorithm = signedBy(opened, by.key, effort)
    if (algorithm !== undefined) return { publicKey: by.key, algorithm }
    return effort.isSpent
      ? TOO_MUCH
      : failed('UNTRUSTED', 'its signature does not hold under the trusted key', OTHER_KEY)
  }
  if (opened.certificates !== undefined) return ownSigner(opened, opened.certificates, by.anchors, effort)
  const candidates = [...by.anchors.map(anchor => [anchor]), ...(await by.knownChains())]
  for (const chain of inOrder(candidates, opened, by.anchors)) {
    const { publicKey } = chain[0]!
    const algorithm = signedBy(opened, publicKey, effort)
    if (algorithm !== undefined) return { publicKey, algorithm, chain }
  }
  if (effort.isSpent) return TOO_MUCH
  const named = opened.hint === undefined ? '' : ` (it names ${JSON.stringify(opened.hint.slice(0, 100))})`
  return failed('UNTRUSTED', `no trusted certificate is known that is over its key${named}`)
}

/**
 * Chains, each completed, in the order in which they are tried: those over the key that the attestation names come first,
 * and of these the ones that end in an anchor. Chains are not signed: anybody may have put another to a signature.
 */
function inOrder(
  candidates: readonly (readonly Certificate[])[],
  { hint }: OpenedAttestation,
  anchors: readonly Certificate[],
): readonly (readonly Certificate[])[] {
  const trusted = new Set(anchors.map(({ fingerprint: digest }) => digest))
  const ranked = candidates.map(candidate => {
    const chain = completed(candidate, anchors)
    const isNamed = keyHint(chain[0]!.publicKey) === hint
    const isAnchored = chain.some(({ fingerprint: digest }) => trusted.has(digest))
    return { chain, rank: (isNamed ? 0 : 2) + (isAnchored ? 0 : 1) }
  })
  return ranked.toSorted((one, other) => one.rank - other.rank).map(({ chain }) => chain)
}

/** Bytes that are hashed at most to find who signed one attestation: a second or two. */
const MAX_HASHED_BYTES = 2 * 1024 ** 3
/** What a check of a signature takes beside, in bytes that could be hashed meanwhile. */
const BYTES_OF_A_CHECK = 512 * 1024

const TOO_MUCH = unknown(
  'LIMIT',
  'there are more pairs of signatures and keys than are tried with so large a payload',
)

/** What is left of the time for one attestation: each of its signatures is tried with each key, over all of the payload. */
class Effort {
  #left = MAX_HASHED_BYTES

  get isSpent(): boolean {
    return this.#left <= 0
  }

  spend(bytes: number, checks: number): void {
    this.#left -= (bytes + BYTES_OF_A_CHECK) * checks
  }
}

function ownSigner(
  opened: OpenedAttestation,
  certificates: readonly Uint8Array[],
  anchors: readonly Certificate[],
  effort: Effort,
): Signer | Finding {
  try {
    const chain = certificates.map((der, index) => parseCertificate(der, `certificate ${index + 1}`))
    const { publicKey } = chain[0]!
    const algorithm = signedBy(opened, publicKey, effort)
    if (algorithm === undefined)
      return effort.isSpent
        ? TOO_MUCH
        : failed('TAMPERED', 'its signature does not hold under its certificate')
    return { publicKey, algorithm, chain: completed(chain, anchors) }
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return failed('CERTIFICATE', error.message)
  }
}

/** The algorithm under which one of the signatures holds with a key. */
function signedBy(
  { toBeSigned, signatures }: OpenedAttestation,
  publicKey: Uint8Array,
  effort: Effort,
): AlgorithmId | undefined {
  const candidate = typed(publicKey)
  if (candidate === undefined) return undefined
  const { length } = algorithmsFor(candidate.type)
  for (const signature of signatures) {
    if (effort.isSpent) return undefined
    effort.spend(toBeSigned.length, length)
    const algorithm = holdsUnder(candidate, toBeSigned, signature)
    if (algorithm !== undefined) return algorithm
  }
  return undefined
}

/** Nothing for a key of a kind that signs nothing here: a trust store may hold such certificates. */
function typed(key: Uint8Array): { type: ReturnType<typeof keyType>; key: Uint8Array } | undefined {
  try {
    return { type: keyType(key), key }
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}

function checkSubject(
  { statement }: OpenedAttestation,
  { subject, scope, vsaVerifiers }: AttestationJudgement,
): Finding {
  const { digest } = subject
  if (!isAbout(statement, subject)) return failed('TAMPERED', `it is not about ${digest}`)
  const unreadable = predicateFault(statement)
  if (unreadable !== undefined) return failed('MALFORMED', unreadable)
  if (statement.predicateType !== predicateTypes.vsa) return passed()
  const { fault, verifier } = judgeSummary(statement, { digest, scope, verifiers: vsaVerifiers })
  if (fault !== undefined) return failed('ATTESTATION', fault)
  const asked = vsaVerifiers.length > 0 ? 'which was asked for' : 'and no verifier was asked for'
  return passed(`verified by ${JSON.stringify(verifier.slice(0, 200))}, ${asked}`)
}

/** Whoever reads a predicate after us takes the same of it: one with a member that comes twice is refused here. */
function predicateFault(statement: InTotoStatement): string | undefined {
  try {
    void statement.predicate
    return undefined
  } catch (error) {
    if (isSealwrightError(error)) return error.message
    throw error
  }
}

function describeTime(time: TimeFinding | undefined): Pick<AttestationReport, 'time' | 'timestamp'> {
  if (time === undefined) return {}
  const { used, source, timestamp } = time
  return { time: { used: formatTime(used), source }, timestamp }
}

function describeSigner(found: Signer | Finding): AttestationReport['signer'] {
  if ('outcome' in found) return undefined
  const [leaf] = found.chain ?? []
  return {
    ...(leaf === undefined
      ? {}
      : { subject: formatDistinguishedName(leaf.subject), fingerprint: leaf.fingerprint }),
    spkiSha256: fingerprint(found.publicKey).slice('sha256:'.length),
  }
}
