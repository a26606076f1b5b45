import { isSealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { OpenedAttestation } from '../attestation/open-attestation.ts'
import { isOfType, statedTime } from '../attestation/predicate-type.ts'
import { type EvidenceFilter, type FoundEvidence, readEvidence } from '../evidence/attached-evidence.ts'
import { listSignatures, readFound } from '../find-signatures.ts'
import { THUMBPRINTS } from '../media-types.ts'
import { once } from '../once.ts'
import { evaluateCondition } from '../policy/condition.ts'
import { type JudgedRequirement, judgeRequirement } from '../policy/judge-requirement.ts'
import type { AttestationLeaf, Requirement, RequirementLeaf, SignerLeaf } from '../policy/policy.ts'
import type { LeafCandidate } from '../policy/requirement-report.ts'
import type { OpenedEnvelope, SoundEnvelope } from '../sound-envelope.ts'
import { visitAttestations } from './attestation-run.ts'
import type { VerifierContext } from './context.ts'
import { failed } from './finding.ts'
import { type AttestationJudgement, type JudgedAttestation, judgeAttestation } from './judge-attestation.ts'
import { type Judgement, judgeSignature } from './judge-signature.ts'
import { anchorsOf, signatureChains } from './known-chains.ts'
import { PolicySigners, type RequirementRequest, type SignerRule } from './policy-signers.ts'
import {
  type AttestationsReport,
  formatTime,
  type PolicyReport,
  type Reason,
  type Report,
  type SignatureReport,
  type Verdict,
} from './report.ts'
import type { ArtifactOptions, JudgedOptions } from './request.ts'
import { readSignature, unreadable } from './signature-run.ts'
import type { TimeJudgement } from './times.ts'

/** An artifact, and where what was said about it is. */
export interface JudgedArtifact {
  readonly subject: Descriptor
  /** The repository that it is judged as. */
  readonly scope?: string | undefined
  readonly signatures: ArtifactStore
  readonly attestations: ArtifactStore
  /** Signatures that are read at most, and attestations that are judged. */
  readonly most: number
}

/** What became of a requirement. */
export interface RequirementOutcome {
  readonly judged: JudgedRequirement
  readonly signatures: readonly SignatureReport[]
  readonly attestations?: AttestationsReport | undefined
  /** That there are more signatures than were read. */
  readonly cutOff?: string | undefined
}

/** A signature of cosign over a digest is an attestation of this type; any other attestation approves of nothing. */
const SIGNATURE_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'
/** Steps to see whether reading may end, which is asked after every signature; the verdict has more. */
const GLANCE = 20_000
/** Clocks differ. */
const MAX_SKEW_MS = 300_000

/** Judges what was signed about one target, for each leaf of a requirement that it may meet. */
export class RequirementRun {
  readonly #requirement: Requirement
  readonly #signers: PolicySigners
  readonly #options: JudgedOptions<ArtifactOptions>
  readonly #context: VerifierContext
  readonly #signerLeaves: readonly SignerLeaf[]
  readonly #attestationLeaves: readonly AttestationLeaf[]
  readonly #found = new Map<RequirementLeaf, { candidates: LeafCandidate[]; unknown?: string | undefined }>()
  readonly #reports: SignatureReport[] = []

  constructor(
    request: RequirementRequest,
    options: JudgedOptions<ArtifactOptions>,
    context: VerifierContext,
  ) {
    this.#signers = new PolicySigners(request, context.stores)
    this.#requirement = withDemands(request.statement.require, options)
    this.#options = options
    this.#context = context
    const leaves = leavesOf(this.#requirement)
    this.#signerLeaves = leaves.filter(leaf => leaf.kind === 'signer')
    this.#attestationLeaves = leaves.filter(leaf => leaf.kind === 'attestation')
    for (const leaf of leaves) this.#found.set(leaf, { candidates: [] })
    for (const leaf of this.#signerLeaves) this.#leaveOpen(leaf, this.#signers.rule(leaf.signer).unusable)
    for (const leaf of this.#attestationLeaves)
      for (const name of leaf.by) {
        const { unusable } = this.#signers.rule(name)
        this.#leaveOpen(leaf, unusable && `${name}: ${unusable}`)
      }
  }

  /** @throws {@link SealwrightError} of the store where it cannot list. */
  async judgeArtifact(artifact: JudgedArtifact): Promise<RequirementOutcome> {
    const cutOff = await this.#judgeSignatures(artifact)
    const attestations = await this.#judgeAttestations(artifact)
    return { judged: this.#judged(), signatures: this.#reports, attestations, cutOff }
  }

  /**
   * Judges detached signatures.
   *
   * @param expected - What each must be over.
   */
  async judgeDetached(
    envelopes: readonly {
      readonly opened: OpenedEnvelope
      readonly format: string
      readonly digest: string
    }[],
    expected: Judgement['expected'],
  ): Promise<RequirementOutcome> {
    for (const { opened, format, digest } of envelopes)
      this.#reports.push({ digest, format, ...(await this.#judgeOne(opened, digest, { expected })) })
    return { judged: this.#judged(), signatures: this.#reports }
  }

  #judged(): JudgedRequirement {
    return judgeRequirement(this.#requirement, this.#found)
  }

  #leaveOpen(leaf: RequirementLeaf, why: string | undefined): void {
    this.#found.get(leaf)!.unknown ??= why
  }

  /** Reads as many signatures as may be read, first those that say of themselves that they are of a signer of the tree. */
  async #judgeSignatures({ signatures: store, subject, most }: JudgedArtifact): Promise<string | undefined> {
    if (this.#signerLeaves.length === 0) return undefined
    const { signal } = this.#options
    const call = { signal }
    const trusted = this.#signers.certificates(this.#signerLeaves.map(({ signer }) => signer))
    const hinted = (listed: Descriptor): number =>
      namesAny(listed.annotations?.[THUMBPRINTS], trusted) ? 0 : 1
    const { listed, cutOff } = await listSignatures(store, subject, hinted, call)
    let isCutOff = cutOff
    for (const descriptor of listed) {
      if (this.#reports.length === most) {
        isCutOff = true
        break
      }
      const found = await readFound(store, subject, descriptor, call)
      if (found === undefined) continue
      const { digest } = descriptor
      const read = await readSignature(store, found, this.#context.chains, call)
      if ('error' in read) {
        const report = unreadable(read.error)
        this.#reports.push({ digest, ...report })
        if (report.verdict === 'unknown') this.#leaveAllOpen(`the signature ${digest} could not be read`)
        continue
      }
      const attached = (accepts: EvidenceFilter) =>
        readEvidence(store, descriptor, { signal: this.#options.session.signal, accepts })
      const report = await this.#judgeOne(read.opened, digest, { attached, expected: () => subject })
      this.#reports.push({ digest, format: read.format, ...report })
      if (this.#options.all !== true && this.#areSigned()) return undefined
    }
    if (!isCutOff) return undefined
    const why = `${this.#reports.length} signatures were read, and there are more`
    this.#leaveAllOpen(why)
    return why
  }

  #leaveAllOpen(why: string): void {
    for (const leaf of this.#signerLeaves) this.#leaveOpen(leaf, why)
  }

  /** Whether every signature leaf is met, by different principals: no further signature can change anything. */
  #areSigned(): boolean {
    if (this.#signerLeaves.length === 0) return true
    if (!this.#signerLeaves.every(leaf => this.#isMet(leaf))) return false
    const require: Requirement = { kind: 'all', of: this.#signerLeaves }
    return judgeRequirement(require, this.#found, { budget: GLANCE }).verdict === 'verified'
  }

  #isMet(leaf: RequirementLeaf): boolean {
    return this.#found.get(leaf)!.candidates.some(({ state }) => state === 'met')
  }

  /** Judges one signature for every leaf whose signer it may be of. The report is the best of them. */
  async #judgeOne(
    opened: OpenedEnvelope,
    digest: string,
    about: Pick<Judgement, 'attached' | 'expected'>,
  ): Promise<Omit<SignatureReport, 'digest' | 'format'>> {
    let best: Omit<SignatureReport, 'digest' | 'format'> | undefined
    const { sound } = opened
    for (const leaf of sound === undefined ? [] : this.#signerLeaves) {
      const rule = this.#signers.match(leaf.signer, sound!)
      if (rule === undefined) continue
      const report = await this.#judgeFor(leaf, rule, { sound: sound!, digest }, about)
      if (best === undefined || RANK[report.verdict] < RANK[best.verdict]) best = report
    }
    if (best !== undefined) return best
    const untrusted = failed('UNTRUSTED', 'none of the signers that the policy asks for signed it')
    const by = this.#judgement(this.#signers.rule(''), {}, about)
    return (await judgeSignature(opened, { ...by, untrusted })).report
  }

  async #judgeFor(
    leaf: SignerLeaf,
    rule: SignerRule,
    { sound, digest }: { readonly sound: SoundEnvelope; readonly digest: string },
    about: Pick<Judgement, 'attached' | 'expected'>,
  ): Promise<Omit<SignatureReport, 'digest' | 'format'>> {
    const { chain, attributes } = sound
    const by = this.#judgement(rule, leaf.metadata, about)
    const { report } = await judgeSignature({ sound }, by)
    const beyond =
      report.verdict === 'verified'
        ? (this.#metadataConflict(leaf) ?? this.#ageFault(attributes.signingTime, leaf.maxAgeMs))
        : undefined
    const judged = beyond === undefined ? report : { ...report, verdict: 'denied' as const, reason: beyond }
    const lacksTimestamp = judged.reason?.code === 'TIMESTAMP' && judged.verdict === 'notVerified'
    const isTrusted =
      lacksTimestamp && isTrustedOf((await judgeSignature({ sound }, withoutTimestamp(by))).report.verdict)
    const principal = this.#signers.principal(rule, { publicKey: chain[0]!.publicKey, chain })
    this.#take(leaf, { digest, principal, isTrusted }, judged)
    return judged
  }

  /** Notes a signature or an attestation, by somebody who is the signer of the leaf, as far as that can be told. */
  #take(
    leaf: RequirementLeaf,
    {
      digest,
      principal,
      isTrusted,
    }: { readonly digest: string; readonly principal: readonly string[]; readonly isTrusted: boolean },
    { verdict, reason }: { readonly verdict: Verdict; readonly reason?: Reason | undefined },
  ): void {
    const state = verdict === 'verified' ? 'met' : verdict === 'unknown' ? 'unknown' : 'unmet'
    const trusted = isTrusted || isTrustedOf(verdict)
    this.#found.get(leaf)!.candidates.push({
      state,
      signature: digest,
      principal: state === 'unmet' && !trusted ? [] : principal,
      trusted,
      why:
        reason === undefined
          ? undefined
          : `${leaf.kind === 'signer' ? 'signed' : 'attested'}, but ${reason.why}`,
    })
  }

  /** What the caller demands and the policy demands otherwise: no signature has both. */
  #metadataConflict({ metadata = {} }: SignerLeaf): Reason | undefined {
    const demanded = Object.entries(this.#options.metadata ?? {})
    const conflict = demanded.find(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] !== value)
    if (conflict === undefined) return undefined
    const [key, value] = conflict
    const why = `the policy demands the metadata ${key}=${metadata[key]}, and ${key}=${value} was asked for`
    return { code: 'METADATA', why }
  }

  #judgement(
    rule: SignerRule,
    metadata: Readonly<Record<string, string>> | undefined,
    about: Pick<Judgement, 'attached' | 'expected'>,
  ): Judgement {
    return { ...this.#ruled(rule), ...about, metadata: { ...this.#options.metadata, ...metadata } }
  }

  /** What judging a signature and judging an attestation have in common. */
  #ruled(rule: SignerRule) {
    const { session, keepCarried, at } = this.#options
    return { ...rule, stores: this.#context.stores, now: this.#context.moment(at), session, keepCarried }
  }

  /** By the time at which the signer says that it signed: a timestamp can be made again, and only proves "before". */
  #ageFault(signedAt: Date | undefined, maxAgeMs: number | undefined): Reason | undefined {
    if (maxAgeMs === undefined) return undefined
    if (signedAt === undefined)
      return { code: 'AGE', why: 'it does not say when it was signed, and the policy limits its age' }
    const age = this.#context.moment(this.#options.at).time.getTime() - signedAt.getTime()
    if (age < -MAX_SKEW_MS)
      return { code: 'AGE', why: `its signing time ${formatTime(signedAt)} has yet to come` }
    if (age <= maxAgeMs) return undefined
    const why = `it was signed at ${formatTime(signedAt)}, longer ago than the ${describeAge(maxAgeMs)} that the policy allows`
    return { code: 'AGE', why }
  }

  async #judgeAttestations(artifact: JudgedArtifact): Promise<AttestationsReport | undefined> {
    const { subject, scope, most } = artifact
    // Only where a signature is missing: each look is a listing.
    const unsigned = this.#areSigned() ? [] : this.#signerLeaves
    const required = [...new Set(this.#attestationLeaves.map(({ predicateType }) => predicateType))]
    if (unsigned.length === 0 && required.length === 0) return undefined
    const types = [...required, ...(unsigned.length === 0 ? [] : [SIGNATURE_PREDICATE])]
    const knownChains = once(() =>
      signatureChains(artifact.signatures, subject, this.#context.chains, {
        most,
        signal: this.#options.signal,
      }),
    )
    const judgementOf = (rule: SignerRule, vsaVerifiers: readonly string[] = []) => ({
      ...this.#ruled(rule),
      subject,
      scope,
      vsaVerifiers,
      anchors: anchorsOf(rule.statement, this.#context.stores),
      knownChains,
    })
    const request = { store: artifact.attestations, subject, types, most }
    const visited = await visitAttestations(request, this.#options, async (opened, attached, digest) => {
      const { predicateType } = opened.statement
      let best: JudgedAttestation | undefined
      const take = (judged: JudgedAttestation): void => {
        if (best === undefined || RANK[judged.report.verdict] < RANK[best.report.verdict]) best = judged
      }
      for (const leaf of predicateType === SIGNATURE_PREDICATE ? unsigned : []) {
        const rule = this.#signers.rule(leaf.signer)
        take(await this.#judgeAttested(leaf, rule, { opened, digest, attached, by: judgementOf(rule) }))
      }
      for (const leaf of this.#attestationLeaves) {
        if (!isOfType(predicateType, leaf.predicateType)) continue
        for (const name of leaf.by) {
          const rule = this.#signers.rule(name)
          const by = judgementOf(rule, leaf.verifiers)
          take(await this.#judgeAttested(leaf, rule, { opened, digest, attached, by }))
        }
      }
      return {
        ...best!,
        // Its own leaf knows it as unknown already.
        error: undefined,
        done:
          this.#options.all !== true &&
          this.#attestationLeaves.every(leaf => this.#isMet(leaf)) &&
          this.#areSigned(),
      }
    })
    const { judged, found, cutOff, unread } = visited
    // What was not read might be what is missing.
    const untold = cutOff ?? (unread && `an attestation could not be read: ${unread.message}`)
    for (const leaf of [...unsigned, ...this.#attestationLeaves]) this.#leaveOpen(leaf, untold)
    const met = required.filter(type =>
      this.#attestationLeaves.some(leaf => leaf.predicateType === type && this.#isMet(leaf)),
    )
    if (required.length === 0 && judged.length === 0) return undefined
    return { required, met, judged, found }
  }

  /** Judges an attestation for one signer of a leaf. */
  async #judgeAttested(
    leaf: RequirementLeaf,
    rule: SignerRule,
    { opened, digest, attached, by }: AttestedBy,
  ): Promise<JudgedAttestation> {
    const unusable =
      rule.unusable ??
      (rule.fingerprint === undefined
        ? undefined
        : 'it is named by a fingerprint, and an attestation does not carry its key: the policy has to name a keyFile')
    if (unusable !== undefined) {
      const reason: Reason = { code: 'UNSUPPORTED', why: `signer ${JSON.stringify(rule.name)}: ${unusable}` }
      return {
        report: { verdict: rule.unusable === undefined ? 'notVerified' : 'unknown', reason, checks: [] },
      }
    }
    const found = await judgeAttestation(opened, by, attached)
    const { report, chain } = found
    const isBySigner = report.checks.some(
      ({ check, outcome }) => check === 'authenticity' && outcome === 'passed',
    )
    if (!isBySigner && report.verdict !== 'unknown') {
      this.#leaveOpen(leaf, this.#signers.storeFault(rule.name))
      return found
    }
    const judged = report.verdict === 'verified' ? await this.#beyondTrust(leaf, rule, opened, found) : found
    const lacksTimestamp = report.reason?.code === 'TIMESTAMP' && report.verdict === 'notVerified'
    const isTrusted =
      report.verdict === 'verified' ||
      (lacksTimestamp &&
        (await judgeAttestation(opened, withoutTimestamp(by), attached)).report.verdict === 'verified')
    const publicKey = rule.key ?? chain?.[0]?.publicKey
    const principal = publicKey === undefined ? [] : this.#signers.principal(rule, { publicKey, chain })
    this.#take(leaf, { digest, principal, isTrusted }, judged.report)
    return judged
  }

  /** What a leaf asks of an attestation whose signer is trusted: its age, and its condition. */
  async #beyondTrust(
    leaf: RequirementLeaf,
    rule: SignerRule,
    { statement }: OpenedAttestation,
    judged: JudgedAttestation,
  ): Promise<JudgedAttestation> {
    const refused = (verdict: 'notVerified' | 'unknown', reason: Reason): JudgedAttestation => ({
      ...judged,
      report: { ...judged.report, verdict, reason },
    })
    const { predicate, predicateType, subjects } = statement
    const tooOld = this.#ageFault(statedTime(predicateType, predicate), leaf.maxAgeMs)
    if (tooOld !== undefined) return refused('notVerified', tooOld)
    if (leaf.kind === 'signer') {
      const wanted = Object.keys({ ...leaf.metadata, ...this.#options.metadata })
      if (wanted.length === 0) return judged
      return refused('notVerified', {
        code: 'METADATA',
        why: `it has no metadata, and ${wanted.join(', ')} must be signed`,
      })
    }
    if (leaf.where === undefined) return judged
    const { subject = '', spkiSha256 } = judged.report.signer!
    const signer = { name: rule.name, subject, fingerprint: `sha256:${spkiSha256}` }
    try {
      const result = await evaluateCondition(leaf.where, {
        predicate,
        predicateType,
        subject: subjects,
        signer,
      })
      return result.met ? judged : refused('notVerified', { code: 'ATTESTATION', why: result.why })
    } catch (error) {
      if (!isSealwrightError(error)) throw error
      return refused('unknown', { code: 'ATTESTATION', why: `${error.message}: ${error.why}` })
    }
  }
}

/** An attestation, and how it is judged for one signer. */
interface AttestedBy {
  readonly opened: OpenedAttestation
  readonly digest: string
  readonly by: AttestationJudgement
  attached(accepts: EvidenceFilter): Promise<FoundEvidence>
}

/** What a report says of the policy. */
export function describePolicy(
  { source, statement }: RequirementRequest,
  judged: JudgedRequirement | undefined,
): PolicyReport {
  return {
    file: source.file,
    kind: 'sealwright',
    statement: statement.name,
    level: statement.revocation.mode === 'log' ? 'strict (revocation: log)' : 'strict',
    required: leavesNeeded(statement.require),
    met: judged?.used.size ?? 0,
  }
}

/** What a report says of a target that was judged by a requirement. */
export function describeOutcome(
  request: RequirementRequest,
  { judged, signatures, attestations, cutOff }: RequirementOutcome,
): Pick<Report, 'verdict' | 'reason' | 'policy' | 'requirement' | 'missing' | 'signatures' | 'attestations'> {
  const { verdict, report, missing } = judged
  const limit: Reason | undefined = cutOff === undefined ? undefined : { code: 'LIMIT', why: cutOff }
  const reason =
    verdict === 'verified'
      ? limit
      : verdict === 'unknown' && limit !== undefined
        ? { ...judged.reason!, code: limit.code }
        : judged.reason
  return {
    verdict,
    ...(reason === undefined ? {} : { reason }),
    policy: describePolicy(request, judged),
    requirement: report,
    ...(verdict === 'verified' ? {} : { missing }),
    signatures,
    ...(attestations === undefined ? {} : { attestations }),
  }
}

/** The least number of leaves that meet a requirement. */
function leavesNeeded(requirement: Requirement): number {
  if (requirement.kind === 'signer' || requirement.kind === 'attestation') return 1
  const { length } = requirement.of
  const count = requirement.kind === 'all' ? length : requirement.kind === 'any' ? 1 : requirement.count
  const needed = requirement.of.map(leavesNeeded).sort((one, other) => one - other)
  return needed.slice(0, count).reduce((sum, each) => sum + each, 0)
}

/** The best of several judgements of one signature is the one that is reported. */
const RANK: Readonly<Record<Verdict, number>> = {
  verified: 0,
  skipped: 0,
  denied: 1,
  unknown: 2,
  notVerified: 3,
}

/** Denied is a signature of somebody who is trusted, that lacks what was asked for. */
function isTrustedOf(verdict: Verdict): boolean {
  return verdict === 'verified' || verdict === 'denied'
}

/** To tell a signature that lacks nothing but the timestamp: the policy denies it, and does not distrust its signer. */
function withoutTimestamp<By extends TimeJudgement>(by: By): By {
  const trustStores = by.statement.trustStores.filter(reference => !reference.startsWith('tsa:'))
  return {
    ...by,
    timestampRule: { require: 'never', authorities: [], atLeast: 1 },
    statement: { ...by.statement, trustStores },
  }
}

function leavesOf(requirement: Requirement): readonly RequirementLeaf[] {
  return requirement.kind === 'signer' || requirement.kind === 'attestation'
    ? [requirement]
    : requirement.of.flatMap(leavesOf)
}

/** The requirement with what the caller demands besides: attestations by anybody whom it names. */
function withDemands(
  require: Requirement,
  { attestations = [], vsaVerifiers = [] }: Pick<ArtifactOptions, 'attestations' | 'vsaVerifiers'>,
): Requirement {
  if (attestations.length === 0) return require
  const by = [...new Set(leavesOf(require).flatMap(leaf => (leaf.kind === 'signer' ? leaf.signer : leaf.by)))]
  const demanded = [...new Set(attestations)].map((predicateType): AttestationLeaf => {
    return { kind: 'attestation', predicateType, by, verifiers: vsaVerifiers }
  })
  return { kind: 'all', of: [...(require.kind === 'all' ? require.of : [require]), ...demanded] }
}

/** Whether the thumbprints that a listing gives name one of these certificates. */
function namesAny(thumbprints: string | undefined, certificates: ReadonlySet<string>): boolean {
  const named = thumbprints?.slice(0, MAX_THUMBPRINTS).match(/[0-9a-f]{64}/g) ?? []
  return named.some(fingerprint => certificates.has(fingerprint))
}

const MAX_THUMBPRINTS = 4096
const HOUR_MS = 3_600_000

function describeAge(ms: number): string {
  const hours = ms / HOUR_MS
  if (hours % 24 === 0) return `${hours / 24} days`
  return Number.isInteger(hours) ? `${hours} hours` : `${ms / 1000} seconds`
}
