import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { type ArtifactStore, type Descriptor, MAX_MANIFEST_BYTES, readBlob } from '@sealwright/oci'
import { describeLevel } from '../trust/level.ts'
import type { Statement } from '../trust/policy.ts'
import { selectOciStatement } from '../trust/select-statement.ts'
import type { PolicySource } from '../trust/trust.ts'
import { judgeAttestations } from './attestation-run.ts'
import type { VerifierContext } from './context.ts'
import { countReferrers } from './count-referrers.ts'
import { manifestsOf } from './named-manifests.ts'
import type { Reason, Report, SignatureReport, Verdict } from './report.ts'
import type { ArtifactOptions, ArtifactRequest } from './request.ts'
import { type Outcome, SignatureRun } from './signature-run.ts'

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
  const policy = (met: number, needed = 1): Pick<Report, 'policy'> => ({
    policy: {
      file: source.file,
      statement: statement.name,
      level: describeLevel(statement.signatureVerification),
      required: needed,
      met,
    },
  })
  const { attestations: required = [] } = options
  if (statement.signatureVerification.level === 'skip') {
    const skipped = { reference: name, ...policy(0), signatures: [], found: [] }
    return required.length === 0
      ? { ...skipped, verdict: 'skipped' }
      : { ...skipped, verdict: 'denied', reason: nobodyTrusted(statement) }
  }
  const call = options.signal === undefined ? {} : { signal: options.signal }
  const about = { reference: name, ...policy(0), signatures: [], found: [] }
  let subject: Descriptor
  try {
    subject = await artifacts.resolve(reference, call)
  } catch (error) {
    return { ...about, verdict: 'notVerified', reason: tampered(error) }
  }
  const resolved = `${artifacts.name}@${subject.digest}`
  const run = new SignatureRun(request, subject, statement, options, context)
  // Side by side, since each waits for the store; what the content is decides first.
  const [content, judged] = await Promise.allSettled([
    readContent(artifacts, subject, call),
    run.judgeAll(maxSignatures),
  ])
  if (content.status === 'rejected')
    return { ...about, resolved, verdict: 'notVerified', reason: tampered(content.reason) }
  if (judged.status === 'rejected') throw judged.reason
  const { signatures } = judged.value
  const signed = conclude(judged.value, subject, maxSignatures)
  // Under a key alone, an attestation of the target is itself a signature of that key over its digest.
  const byKey = context.key !== undefined && required.length > 0 && isUntrusted(signed.reason)
  const attested =
    required.length > 0 && (byKey || signed.verdict === 'verified')
      ? await judgeAttestations(
          {
            store: request.attestations ?? run.store,
            signatures: run.store,
            subject,
            ...(scope === undefined ? {} : { scope }),
            statement,
            required,
            most: maxSignatures,
          },
          options,
          context,
        )
      : undefined
  const attests = byKey && attested !== undefined && attested.missing === undefined
  const { verdict, reason } = attests
    ? { verdict: 'verified' as const }
    : byKey && attested?.missing?.verdict === 'denied'
      ? signed
      : (attested?.missing ?? signed)
  return {
    reference: name,
    resolved,
    verdict,
    ...(reason === undefined ? {} : { reason }),
    ...policy(signatures.filter(signature => signature.verdict === 'verified').length, attests ? 0 : 1),
    signatures,
    ...(attested === undefined ? {} : { attestations: attested.report }),
    found: signatures.length > 0 ? [] : await countReferrers(run.store, subject, call),
    ...namedBy(subject, content.value),
  }
}

function namedBy(subject: Descriptor, bytes: Uint8Array | undefined): Pick<Report, 'manifests'> {
  const manifests = bytes === undefined ? undefined : manifestsOf(bytes, subject.mediaType)
  return manifests === undefined ? {} : { manifests }
}

/**
 * The target's bytes, which are the ones that its digest names: a good signature of a digest says nothing of what lies
 * beside it under that name. Nothing of a target that is only listed, and not there: it is judged all the same.
 */
async function readContent(
  artifacts: ArtifactStore,
  subject: Descriptor,
  call: { readonly signal?: AbortSignal },
): Promise<Uint8Array | undefined> {
  try {
    return await readBlob(artifacts, subject, MAX_MANIFEST_BYTES, call)
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'NOT_FOUND') throw error
    return undefined
  }
}

/** What is not what its digest says is an answer; every other error is a failure to find out. */
function tampered(error: unknown): Reason {
  if (!isSealwrightError(error) || error.code !== 'INTEGRITY') throw error
  return { code: 'TAMPERED', why: error.message }
}

function conclude(
  outcome: Outcome,
  subject: Descriptor,
  limit: number,
): { verdict: Verdict; reason?: Reason } {
  const { signatures, cutOff, listing, unread } = outcome
  const of = (verdict: Verdict): SignatureReport | undefined =>
    signatures.find(found => found.verdict === verdict)
  const beyond: Reason = { code: 'LIMIT', why: `${limit} signatures were judged, and there are more` }
  if (of('verified') !== undefined) return { verdict: 'verified', ...(cutOff ? { reason: beyond } : {}) }
  if (unread !== undefined) throw unread
  if (cutOff) return { verdict: 'unknown', reason: beyond }
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

/** No signature speaks for the target, and none against it. */
function isUntrusted(reason: Reason | undefined): boolean {
  return reason?.code === 'UNSIGNED' || reason?.code === 'UNTRUSTED'
}

function nobodyTrusted({ name }: Statement): Reason {
  const why = `statement ${JSON.stringify(name)} skips verification: it trusts nobody to attest anything`
  return { code: 'ATTESTATION', why }
}

function noStatement(source: PolicySource, covers: string): Reason {
  return { code: 'NO_STATEMENT', why: `no statement of ${source.file} covers ${covers}` }
}
