import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { Certificate } from '@sealwright/x509'
import { type FoundAttestation, findAttestations } from '../attestation/find-attestations.ts'
import { type OpenedAttestation, openAttestation } from '../attestation/open-attestation.ts'
import { isOfType, predicateName } from '../attestation/predicate-type.ts'
import { type EvidenceFilter, type FoundEvidence, readEvidence } from '../evidence/attached-evidence.ts'
import { readEnvelope } from '../find-signatures.ts'
import { enforcementOf, type Statement } from '../trust/policy.ts'
import type { VerifierContext } from './context.ts'
import { type AttestationJudgement, type JudgedAttestation, judgeAttestation } from './judge-attestation.ts'
import { anchorsOf, signatureChains } from './known-chains.ts'
import type { AttestationReport, AttestationsReport, Reason } from './report.ts'
import type { ArtifactOptions, JudgedOptions } from './request.ts'

/** What became of the attestations that were asked for; a reason where one is missing. */
export interface AttestationOutcome {
  readonly report: AttestationsReport
  readonly missing?: { readonly verdict: 'denied' | 'unknown'; readonly reason: Reason } | undefined
}

export interface AttestationRequest {
  /** Where the attestations are. */
  readonly store: ArtifactStore
  /** Where the signatures are, with chains that may vouch for a key. */
  readonly signatures: ArtifactStore
  readonly subject: Descriptor
  /** The repository that it is judged as. */
  readonly scope?: string | undefined
  readonly statement: Statement
  /** URIs, at least one. */
  readonly required: readonly string[]
  readonly most: number
}

/**
 * Looks for attestations of the types that are required, and judges them until each is met.
 *
 * @throws {@link SealwrightError} of the store, where what it did not hand out might have been what is missing.
 */
export async function judgeAttestations(
  request: AttestationRequest,
  options: JudgedOptions<ArtifactOptions>,
  context: VerifierContext,
): Promise<AttestationOutcome> {
  const required = [...new Set(request.required)]
  const by = judgementOf(request, options, context)
  const met = new Set<string>()
  const visited = await visitAttestations(
    { ...request, types: required },
    options,
    async (opened, attached) => {
      const { report, error } = await judgeAttestation(opened, by, attached)
      const { predicateType } = opened.statement
      if (report.verdict === 'verified')
        for (const wanted of required) if (isOfType(predicateType, wanted)) met.add(wanted)
      return { report, error, done: met.size === required.length && options.all !== true }
    },
  )
  const { judged, found, cutOff, unread } = visited
  const report = { required, met: required.filter(type => met.has(type)), judged, found }
  if (met.size === required.length) return { report }
  if (cutOff !== undefined)
    return { report, missing: { verdict: 'unknown', reason: { code: 'LIMIT', why: cutOff } } }
  if (unread !== undefined) throw unread
  return { report, missing: missingOf(report) }
}

/** What one pass over the attestations of an artifact found. */
export interface VisitedAttestations extends Pick<AttestationsReport, 'judged' | 'found'> {
  /** That there are more than may be judged. */
  readonly cutOff?: string | undefined
  /** An attestation that could not be read or judged, and might be good. */
  readonly unread?: SealwrightError | undefined
}

/** Reads each attestation of these types once and has it judged, until that says it is done, or there are too many. */
export async function visitAttestations(
  {
    store,
    subject,
    types,
    most,
  }: Pick<AttestationRequest, 'store' | 'subject' | 'most'> & { readonly types: readonly string[] },
  { signal, session }: Pick<JudgedOptions<ArtifactOptions>, 'signal' | 'session'>,
  judge: (
    opened: OpenedAttestation,
    attached: (accepts: EvidenceFilter) => Promise<FoundEvidence>,
    digest: string,
  ) => Promise<JudgedAttestation & { readonly done: boolean }>,
): Promise<VisitedAttestations> {
  const call = { signal }
  const judged: AttestationReport[] = []
  const counts = new Map<string, number>()
  const visited = (): VisitedAttestations => ({
    judged,
    found: [...counts].map(([predicateType, count]) => ({ predicateType, count })),
    unread,
  })
  let unread: SealwrightError | undefined
  for await (const each of findAttestations(store, subject, { ...call, predicateTypes: types })) {
    const { opened, fault, passedOver, unread: error } = await readOne(store, each, call)
    const type = opened?.statement.predicateType ?? each.predicateType ?? 'unknown'
    counts.set(type, (counts.get(type) ?? 0) + 1)
    unread ??= error
    if (passedOver || (opened !== undefined && !types.some(wanted => isOfType(type, wanted)))) continue
    if (judged.length === most)
      return { ...visited(), cutOff: `${most} attestations were judged, and there are more` }
    const { digest } = each.manifest
    if (opened === undefined) {
      const verdict = error === undefined ? 'notVerified' : 'unknown'
      const { predicateType } = each
      const named = predicateType === undefined ? {} : { predicateType }
      judged.push({ digest, ...named, verdict, reason: fault!, checks: [] })
      continue
    }
    const attached = (accepts: EvidenceFilter) =>
      readEvidence(store, each.manifest, { signal: session.signal, accepts })
    const { report, error: untold, done } = await judge(opened, attached, digest)
    judged.push({ digest, predicateType: type, format: opened.format, ...report })
    unread ??= untold
    if (done) break
  }
  return visited()
}

interface Read {
  readonly opened?: OpenedAttestation | undefined
  /** Of another type by its annotations. */
  readonly passedOver?: true | undefined
  readonly fault?: Reason | undefined
  /** The store did not hand it out, and might later. */
  readonly unread?: SealwrightError | undefined
}

async function readOne(
  store: ArtifactStore,
  { envelope, fault }: FoundAttestation,
  call: { readonly signal?: AbortSignal | undefined },
): Promise<Read> {
  if (envelope === undefined && fault === undefined) return { passedOver: true }
  try {
    if (fault !== undefined) throw fault
    return { opened: openAttestation(envelope!.mediaType, await readEnvelope(store, envelope!, call)) }
  } catch (error) {
    if (!isSealwrightError(error) || call.signal?.aborted === true) throw error
    const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`
    if (error.code === 'INTEGRITY') return { fault: { code: 'TAMPERED', why } }
    if (error.code === 'NOT_FOUND') return { fault: { code: 'MISSING', why } }
    if (error.code === 'VALIDATION') return { fault: { code: 'MALFORMED', why } }
    return { fault: { code: 'UNREADABLE', why }, unread: error }
  }
}

function judgementOf(
  { signatures, subject, scope, statement, most }: AttestationRequest,
  { signal, at, vsaVerifiers = [], session, keepCarried }: JudgedOptions<ArtifactOptions>,
  context: VerifierContext,
): AttestationJudgement {
  let known: Promise<readonly (readonly Certificate[])[]> | undefined
  return {
    subject,
    scope,
    vsaVerifiers,
    statement,
    enforcement: enforcementOf(statement.signatureVerification),
    stores: context.stores,
    key: context.key,
    now: context.moment(at),
    session,
    keepCarried,
    anchors: anchorsOf(statement, context.stores),
    knownChains: () => {
      known ??= signatureChains(signatures, subject, context.chains, {
        most,
        signal,
      })
      return known
    },
  }
}

/** What is missing, and what was found in its place. */
function missingOf({
  required,
  met,
  judged,
  found,
}: AttestationsReport): NonNullable<AttestationOutcome['missing']> {
  const missing = required.filter(type => !met.includes(type))
  const there = found.map(({ predicateType, count }) => `${count} of ${predicateType}`)
  const refused = judged
    .filter(({ verdict }) => verdict !== 'verified')
    .map(({ digest, reason }) => `${digest}: ${reason!.why}`)
  const why = [
    `no trusted signer attests ${missing.map(named).join(', ')}`,
    there.length === 0 ? 'it has no attestation' : `found ${there.join(', ')}`,
    ...refused.slice(0, 3),
  ].join('; ')
  const undecided = judged.some(({ verdict }) => verdict === 'unknown')
  return { verdict: undecided ? 'unknown' : 'denied', reason: { code: 'ATTESTATION', why } }
}

function named(type: string): string {
  const name = predicateName(type)
  return name === undefined ? type : `${name} (${type})`
}
