import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { type ArtifactStore, type Descriptor, MAX_MANIFEST_BYTES, readBlob } from '@sealwright/oci'
import { bindingFor } from '../binding.ts'
import { type FoundSignature, findSignatures, readEnvelope } from '../find-signatures.ts'
import { type OpenedEnvelope, openEnvelope } from '../sound-envelope.ts'
import { describeLevel, enforcementOf } from '../trust/level.ts'
import type { Statement } from '../trust/policy.ts'
import { selectOciStatement } from '../trust/select-statement.ts'
import type { PolicySource } from '../trust/trust.ts'
import type { VerifierContext } from './context.ts'
import { countReferrers } from './count-referrers.ts'
import { type Judgement, judgeSignature } from './judge-signature.ts'
import type { Reason, Report, SignatureReport, Verdict } from './report.ts'
import type { ArtifactOptions, ArtifactRequest } from './request.ts'

const MAX_SIGNATURES = 100

/** Judges the signatures of an artifact under the statement for its repository. */
export async function verifyArtifact(
  request: ArtifactRequest,
  options: ArtifactOptions,
  context: VerifierContext,
): Promise<Omit<Report, 'at'>> {
  const { artifacts, reference, scope } = request
  const { maxSignatures = MAX_SIGNATURES } = options
  if (!Number.isSafeInteger(maxSignatures) || maxSignatures < 1) {
    throw new SealwrightError(
      'VALIDATION',
      `maxSignatures is ${maxSignatures}; it is a whole number of at least 1`,
    )
  }
  const name = `${artifacts.name}${reference.includes(':') ? '@' : ':'}${reference}`
  const { source, statement } = context.statementFor('oci', policy => selectOciStatement(policy, scope))
  if (statement === undefined) {
    const covers = scope === undefined ? 'a target without a scope (only a "*" statement would)' : scope
    return {
      reference: name,
      verdict: 'denied',
      reason: noStatement(source, covers),
      signatures: [],
      found: [],
    }
  }
  const policy = (met: number): Pick<Report, 'policy'> => ({
    policy: {
      file: source.file,
      statement: statement.name,
      level: describeLevel(statement.signatureVerification),
      required: 1,
      met,
    },
  })
  if (statement.signatureVerification.level === 'skip') {
    return { reference: name, verdict: 'skipped', ...policy(0), signatures: [], found: [] }
  }
  const call = options.signal === undefined ? {} : { signal: options.signal }
  const { subject, tampered } = await resolveSubject(artifacts, reference, call)
  if (subject === undefined || tampered !== undefined) {
    const reason = { code: 'TAMPERED', why: tampered! } as const
    const resolved = subject === undefined ? {} : { resolved: `${artifacts.name}@${subject.digest}` }
    return {
      reference: name,
      ...resolved,
      verdict: 'notVerified',
      reason,
      ...policy(0),
      signatures: [],
      found: [],
    }
  }
  const run = new SignatureRun(request, subject, statement, options, context)
  const outcome = await run.judgeAll(maxSignatures)
  const { verdict, reason } = conclude(outcome, subject, maxSignatures)
  return {
    reference: name,
    resolved: `${artifacts.name}@${subject.digest}`,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...policy(outcome.signatures.filter(signature => signature.verdict === 'verified').length),
    signatures: outcome.signatures,
    found: outcome.signatures.length > 0 ? [] : await countReferrers(run.store, subject, call),
  }
}

/**
 * The target, and whether its bytes are the ones that its digest names: a good signature of a digest says nothing of what
 * lies beside it under that name. A target that is only listed, and not there, is judged all the same.
 */
async function resolveSubject(
  artifacts: ArtifactStore,
  reference: string,
  call: { readonly signal?: AbortSignal },
): Promise<{ subject?: Descriptor; tampered?: string }> {
  let subject: Descriptor | undefined
  try {
    subject = await artifacts.resolve(reference, call)
    await readBlob(artifacts, subject, MAX_MANIFEST_BYTES, call)
    return { subject }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    if (error.code === 'INTEGRITY')
      return { ...(subject === undefined ? {} : { subject }), tampered: error.message }
    if (error.code === 'NOT_FOUND' && subject !== undefined) return { subject }
    throw error
  }
}

interface Outcome {
  readonly signatures: readonly SignatureReport[]
  /** There are more signatures than may be tried. */
  readonly cutOff: boolean
  /** The listing itself is not what its digest says. */
  readonly listing?: Reason
  /** A signature that could not be read, and might be good. */
  readonly unread?: SealwrightError
}

/** One pass over the signatures of one artifact. */
class SignatureRun {
  readonly store: ArtifactStore
  readonly #subject: Descriptor
  readonly #judgement: Judgement
  readonly #options: ArtifactOptions
  readonly #context: VerifierContext

  constructor(
    request: ArtifactRequest,
    subject: Descriptor,
    statement: Statement,
    options: ArtifactOptions,
    context: VerifierContext,
  ) {
    this.store = request.signatures ?? request.artifacts
    this.#subject = subject
    this.#options = options
    this.#context = context
    this.#judgement = {
      statement,
      enforcement: enforcementOf(statement.signatureVerification),
      stores: context.stores,
      ...(context.key === undefined ? {} : { key: context.key }),
      now: context.moment(options.at),
      expected: () => subject,
      metadata: options.metadata ?? {},
    }
  }

  async judgeAll(maxSignatures: number): Promise<Outcome> {
    const { signal, all = false } = this.#options
    const call = signal === undefined ? {} : { signal }
    const signatures: SignatureReport[] = []
    let unread: SealwrightError | undefined
    try {
      for await (const found of findSignatures(this.store, this.#subject, call)) {
        if (signatures.length === maxSignatures) return { signatures, cutOff: true, ...kept(unread) }
        const { report, error } = await this.#judge(found)
        signatures.push(report)
        unread ??= error
        if (report.verdict === 'verified' && !all) break
      }
    } catch (error) {
      // What the store lists of itself is not what it says it is: that is an answer.
      if (!isSealwrightError(error) || error.code !== 'INTEGRITY') throw error
      return { signatures, cutOff: false, listing: { code: 'TAMPERED', why: error.message }, ...kept(unread) }
    }
    return { signatures, cutOff: false, ...kept(unread) }
  }

  async #judge(found: FoundSignature): Promise<{ report: SignatureReport; error?: SealwrightError }> {
    const { digest } = found.manifest
    const read = await this.#read(found)
    if ('error' in read) return { report: { digest, ...unreadable(read.error) }, ...unanswered(read.error) }
    const judged = await judgeSignature(read.opened, this.#judgement)
    return { report: { digest, format: read.format, ...judged } }
  }

  async #read(
    found: FoundSignature,
  ): Promise<{ opened: OpenedEnvelope; format: string } | { error: SealwrightError }> {
    if (found.envelope === undefined) return { error: found.fault }
    const { mediaType } = found.envelope
    const binding = bindingFor(mediaType)
    if (binding === undefined) {
      const why = `${JSON.stringify(mediaType)} is no envelope format of the Notary Project`
      return { opened: { fault: { code: 'MALFORMED', why } }, format: mediaType }
    }
    try {
      const { signal } = this.#options
      const bytes = await readEnvelope(this.store, found.envelope, signal === undefined ? {} : { signal })
      return { opened: openEnvelope(binding, bytes, this.#context.chains), format: binding.name }
    } catch (error) {
      if (!isSealwrightError(error) || this.#options.signal?.aborted === true) throw error
      return { error }
    }
  }
}

/** Codes that are an answer about one signature; all others are a failure to find out. */
const ANSWERS = { INTEGRITY: 'TAMPERED', NOT_FOUND: 'MISSING', VALIDATION: 'MALFORMED' } as const

function unreadable(error: SealwrightError): Omit<SignatureReport, 'digest'> {
  const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`
  const code = isAnswer(error.code) ? ANSWERS[error.code] : undefined
  if (code === undefined) return { verdict: 'unknown', reason: { code: 'UNREADABLE', why }, checks: [] }
  return {
    verdict: 'notVerified',
    reason: { code, why },
    checks: [{ check: 'integrity', outcome: 'failed', detail: why }],
  }
}

function unanswered(error: SealwrightError): { error?: SealwrightError } {
  return isAnswer(error.code) ? {} : { error }
}

function isAnswer(code: string): code is keyof typeof ANSWERS {
  return Object.hasOwn(ANSWERS, code)
}

function kept(unread: SealwrightError | undefined): { unread?: SealwrightError } {
  return unread === undefined ? {} : { unread }
}

function conclude(
  outcome: Outcome,
  subject: Descriptor,
  limit: number,
): { verdict: Verdict; reason?: Reason } {
  const { signatures, cutOff, listing, unread } = outcome
  const of = (verdict: Verdict): SignatureReport | undefined =>
    signatures.find(found => found.verdict === verdict)
  if (of('verified') !== undefined) return { verdict: 'verified' }
  if (unread !== undefined) throw unread
  if (cutOff) {
    return {
      verdict: 'unknown',
      reason: { code: 'LIMIT', why: `none of ${limit} signatures is verified, and there are more` },
    }
  }
  if (listing !== undefined) return { verdict: 'notVerified', reason: listing }
  if (signatures.length === 0) {
    return {
      verdict: 'notVerified',
      reason: { code: 'UNSIGNED', why: `${subject.digest} has no Notary Project signature` },
    }
  }
  // A trusted signature that lacks what was asked for says more than one that nobody can judge.
  const told = of('denied') ?? of('unknown') ?? signatures[0]!
  return { verdict: told.verdict, reason: told.reason! }
}

function noStatement(source: PolicySource, covers: string): Reason {
  return { code: 'NO_STATEMENT', why: `no statement of ${source.file} covers ${covers}` }
}
