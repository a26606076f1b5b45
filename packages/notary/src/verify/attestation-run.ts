import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { Certificate } from '@sealwright/x509'
import { type FoundAttestation, findAttestations } from '../attestation/find-attestations.ts'
import { type OpenedAttestation, openAttestation } from '../attestation/open-attestation.ts'
import { isOfType, predicateName } from '../attestation/predicate-type.ts'
import { type FoundEvidence, readEvidence } from '../evidence/attached-evidence.ts'
import { readEnvelope } from '../find-signatures.ts'
import { enforcementOf, type Statement } from '../trust/policy.ts'
import type { VerifierContext } from './context.ts'
import { type AttestationJudgement, judgeAttestation } from './judge-attestation.ts'
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
  const { store, subject, most } = request
  const required = [...new Set(request.required)]
  const { signal, all = false } = options
  const call = { signal }
  const by = judgementOf(request, options, context)
  const judged: AttestationReport[] = []
  const met = new Set<string>()
  const found = new Map<string, number>()
  const report = (): AttestationsReport => ({
    required,
    met: required.filter(type => met.has(type)),
    judged,
    found: [...found].map(([predicateType, count]) => ({ predicateType, count })),
  })
  let unread: SealwrightError | undefined
  for await (const each of findAttestations(store, subject, { ...call, predicateTypes: required })) {
    const read = await readOne(store, each, call)
    const type = read.opened?.statement.predicateType ?? each.predicateType ?? 'unknown'
    found.set(type, (found.get(type) ?? 0) + 1)
    unread ??= read.unread
    const meets = required.filter(wanted => isOfType(type, wanted))
    if (read.passedOver || (read.opened !== undefined && meets.length === 0)) continue
    if (judged.length === most) {
      const why = `${most} attestations were judged, and there are more`
      return { report: report(), missing: { verdict: 'unknown', reason: { code: 'LIMIT', why } } }
    }
    const { report: one, error } = await judgeOne(each, read, by, () =>
      readEvidence(store, each.manifest, { signal: by.session.signal }),
    )
    judged.push(one)
    unread ??= error
    if (one.verdict === 'verified') for (const wanted of meets) met.add(wanted)
    if (met.size === required.length && !all) break
  }
  if (met.size === required.length) return { report: report() }
  if (unread !== undefined) throw unread
  return { report: report(), missing: missingOf(report()) }
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

async function judgeOne(
  { manifest, predicateType }: FoundAttestation,
  { opened, fault, unread }: Read,
  by: AttestationJudgement,
  attached: () => Promise<FoundEvidence>,
): Promise<{ readonly report: AttestationReport; readonly error?: SealwrightError | undefined }> {
  const { digest } = manifest
  if (opened === undefined) {
    const verdict = unread === undefined ? 'notVerified' : 'unknown'
    const named = predicateType === undefined ? {} : { predicateType }
    return { report: { digest, ...named, verdict, reason: fault!, checks: [] } }
  }
  const { format, statement } = opened
  const { report, error } = await judgeAttestation(opened, by, attached)
  return {
    report: { digest, predicateType: statement.predicateType, format, ...report },
    error,
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
