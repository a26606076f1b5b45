import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { bindingFor } from '../binding.ts'
import type { ChainCache } from '../chain-cache.ts'
import { type EvidenceFilter, readEvidence } from '../evidence/attached-evidence.ts'
import { type FoundSignature, findSignatures, readEnvelope } from '../find-signatures.ts'
import { type OpenedEnvelope, openEnvelope } from '../sound-envelope.ts'
import { enforcementOf, type Statement } from '../trust/policy.ts'
import type { VerifierContext } from './context.ts'
import { type Judgement, judgeSignature } from './judge-signature.ts'
import type { Reason, SignatureReport } from './report.ts'
import type { ArtifactOptions, ArtifactRequest, JudgedOptions } from './request.ts'

/** What one pass found. */
export interface Outcome {
  readonly signatures: readonly SignatureReport[]
  /** There are more signatures than may be tried. */
  readonly cutOff: boolean
  /** The listing itself is not what its digest says. */
  readonly listing?: Reason | undefined
  /** A signature that could not be read or judged, and might be good. */
  readonly unread?: SealwrightError | undefined
}

/** One pass over the signatures of one artifact. */
export class SignatureRun {
  readonly store: ArtifactStore
  readonly #subject: Descriptor
  readonly #judgement: Judgement
  readonly #options: JudgedOptions<ArtifactOptions>
  readonly #context: VerifierContext

  constructor(
    request: ArtifactRequest,
    { subject, statement }: { readonly subject: Descriptor; readonly statement: Statement },
    options: JudgedOptions<ArtifactOptions>,
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
      key: context.key,
      now: context.moment(options.at),
      session: options.session,
      keepCarried: options.keepCarried,
      expected: () => subject,
      metadata: options.metadata ?? {},
    }
  }

  async judgeAll(maxSignatures: number): Promise<Outcome> {
    const { signal, all = false } = this.#options
    const call = { signal }
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

  async #judge(
    found: FoundSignature,
  ): Promise<{ report: SignatureReport; error?: SealwrightError | undefined }> {
    const { digest } = found.manifest
    const read = await readSignature(this.store, found, this.#context.chains, this.#options)
    if ('error' in read) return { report: { digest, ...unreadable(read.error) }, ...unanswered(read.error) }
    const { signal } = this.#options.session
    const attached = (accepts: EvidenceFilter) =>
      readEvidence(this.store, found.manifest, { signal, accepts })
    const { report, error } = await judgeSignature(read.opened, { ...this.#judgement, attached })
    return { report: { digest, format: read.format, ...report }, ...(error === undefined ? {} : { error }) }
  }
}

/** Reads and opens a signature; or why it cannot be read. */
export async function readSignature(
  store: ArtifactStore,
  found: FoundSignature,
  chains: ChainCache,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<{ opened: OpenedEnvelope; format: string } | { error: SealwrightError }> {
  if (found.envelope === undefined) return { error: found.fault }
  const { mediaType } = found.envelope
  const binding = bindingFor(mediaType)
  if (binding === undefined) {
    const why = `${JSON.stringify(mediaType)} is not an envelope format of the Notary Project`
    return { opened: { fault: { code: 'MALFORMED', why } }, format: mediaType }
  }
  try {
    const bytes = await readEnvelope(store, found.envelope, { signal })
    return { opened: openEnvelope(binding, bytes, chains), format: binding.name }
  } catch (error) {
    if (!isSealwrightError(error) || signal?.aborted === true) throw error
    return { error }
  }
}

/** Codes that are an answer about one signature; all others are a failure to find out. */
const ANSWERS = { INTEGRITY: 'TAMPERED', NOT_FOUND: 'MISSING', VALIDATION: 'MALFORMED' } as const

/** The report on a signature that cannot be read. */
export function unreadable(error: SealwrightError): Omit<SignatureReport, 'digest'> {
  const why = error.why === undefined ? error.message : `${error.message}: ${error.why}`
  const code = isAnswer(error.code) ? ANSWERS[error.code] : undefined
  if (code === undefined) return { verdict: 'unknown', reason: { code: 'UNREADABLE', why }, checks: [] }
  return {
    verdict: 'notVerified',
    reason: { code, why },
    checks: [{ check: 'integrity', outcome: 'failed', detail: why }],
  }
}

function unanswered(error: SealwrightError): { error?: SealwrightError | undefined } {
  return isAnswer(error.code) ? {} : { error }
}

function isAnswer(code: string): code is keyof typeof ANSWERS {
  return Object.hasOwn(ANSWERS, code)
}

function kept(unread: SealwrightError | undefined): { unread?: SealwrightError } {
  return unread === undefined ? {} : { unread }
}
