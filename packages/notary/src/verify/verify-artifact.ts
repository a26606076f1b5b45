import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  childrenOf,
  type Descriptor,
  formatPlatform,
  MAX_MANIFEST_BYTES,
  parseManifest,
  ReferrerTypes,
  readBlob,
  readManifest,
  referrersTag,
} from '@sealwright/oci'
import { orPass } from '../or-pass.ts'
import type { PolicyStatement } from '../policy/policy.ts'
import { describeLevel, type Statement } from '../trust/policy.ts'
import { selectOciStatement } from '../trust/select-statement.ts'
import type { PolicySource } from '../trust/trust.ts'
import { judgeAttestations } from './attestation-run.ts'
import type { OwnDecision, VerifierContext } from './context.ts'
import type { FoundReferrers, NamedManifest, Reason, Report, SignatureReport, Verdict } from './report.ts'
import type { ArtifactOptions, ArtifactRequest, JudgedOptions } from './request.ts'
import { describeOutcome, describePolicy, RequirementRun } from './requirement-run.ts'
import { type Outcome, SignatureRun } from './signature-run.ts'

const MAX_SIGNATURES = 100

/** Judges the signatures of an artifact under the statement for its repository. */
export async function verifyArtifact(
  request: ArtifactRequest,
  options: JudgedOptions<ArtifactOptions>,
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
  const own = context.ownDecision({ kind: 'artifact', scope, places: request.places ?? [] })
  if (own?.denied !== undefined)
    return { reference: name, verdict: 'denied', reason: own.denied, signatures: [], found: [] }
  if (own !== undefined)
    return verifyUnderRequirement({ ...request, name, maxSignatures }, own, options, context)
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
      kind: 'notation',
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
  const call = { signal: options.signal }
  const about = { reference: name, ...policy(0), signatures: [], found: [] }
  let subject: Descriptor
  try {
    subject = await artifacts.resolve(reference, call)
  } catch (error) {
    return { ...about, verdict: 'notVerified', reason: tampered(error) }
  }
  const resolved = `${artifacts.name}@${subject.digest}`
  const run = new SignatureRun(request, { subject, statement }, options, context)
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
            scope,
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

/** Judges what was signed and attested about an artifact by a statement of Sealwright's policy. */
async function verifyUnderRequirement(
  request: ArtifactRequest & { readonly name: string; readonly maxSignatures: number },
  own: OwnDecision & { readonly statement: PolicyStatement },
  options: JudgedOptions<ArtifactOptions>,
  context: VerifierContext,
): Promise<Omit<Report, 'at'>> {
  const { artifacts, reference, scope, name, maxSignatures } = request
  const { signatures = artifacts } = request
  const call = { signal: options.signal }
  const about = { reference: name, policy: describePolicy(own, undefined), signatures: [], found: [] }
  let subject: Descriptor
  try {
    subject = await artifacts.resolve(reference, call)
  } catch (error) {
    return { ...about, verdict: 'notVerified', reason: tampered(error) }
  }
  const resolved = `${artifacts.name}@${subject.digest}`
  const run = new RequirementRun(own, options, context)
  const [content, outcome] = await Promise.allSettled([
    readContent(artifacts, subject, call),
    run.judgeArtifact({
      subject,
      scope,
      signatures,
      attestations: request.attestations ?? signatures,
      most: maxSignatures,
    }),
  ])
  if (content.status === 'rejected')
    return { ...about, resolved, verdict: 'notVerified', reason: tampered(content.reason) }
  // A listing that is not what its digest says is an answer, as it is under Notation's policy.
  if (outcome.status === 'rejected')
    return { ...about, resolved, verdict: 'notVerified', reason: tampered(outcome.reason) }
  return {
    reference: name,
    resolved,
    ...describeOutcome(own, outcome.value),
    found: outcome.value.signatures.length > 0 ? [] : await countReferrers(signatures, subject, call),
    ...namedBy(subject, content.value),
  }
}

function namedBy(subject: Descriptor, bytes: Uint8Array | undefined): Pick<Report, 'manifests'> {
  const manifests = bytes === undefined ? undefined : manifestsOf(bytes, subject.mediaType)
  return manifests === undefined ? {} : { manifests }
}

/**
 * Fetches the manifest and checks its digest: a good signature of a digest says nothing about other bytes that are stored
 * under that name. Returns `undefined` if the manifest is listed but missing; verification continues.
 */
async function readContent(
  artifacts: ArtifactStore,
  subject: Descriptor,
  call: { readonly signal?: AbortSignal | undefined },
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
  const why = `statement ${JSON.stringify(name)} skips verification: it has no trusted identities for attestations`
  return { code: 'ATTESTATION', why }
}

function noStatement(source: PolicySource, covers: string): Reason {
  return { code: 'NO_STATEMENT', why: `no statement of ${source.file} covers ${covers}` }
}

/** What an artifact without signatures has instead: a hint for people, so that a failure to list it is none of theirs. */
async function countReferrers(
  store: ArtifactStore,
  subject: Descriptor,
  call: { readonly signal?: AbortSignal | undefined },
): Promise<readonly FoundReferrers[]> {
  const counts = new Map<string, number>()
  try {
    for await (const { artifactType, mediaType } of store.referrers(subject, call)) {
      const type = artifactType ?? mediaType
      counts.set(type, (counts.get(type) ?? 0) + 1)
    }
    const tagged = await cosignSignatures(store, subject, call)
    const { cosignSignature } = ReferrerTypes
    if (tagged > 0) counts.set(cosignSignature, (counts.get(cosignSignature) ?? 0) + tagged)
  } catch (error) {
    if (!isSealwrightError(error) || call.signal?.aborted === true) throw error
  }
  return [...counts].map(([artifactType, count]) => ({ artifactType, count }))
}

/** Signatures that cosign keeps under its tag `sha256-<hex>.sig`, one in each layer. */
async function cosignSignatures(
  store: ArtifactStore,
  { digest }: Descriptor,
  call: { readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const manifest = await orPass(async () =>
    readManifest(store, await store.resolve(`${referrersTag(digest)}.sig`, call), call),
  )
  if (manifest?.kind !== 'image') return 0
  return manifest.layers.filter(({ mediaType }) => mediaType === ReferrerTypes.simpleSigning).length
}

/**
 * What an index names, in its order; `undefined` for every other manifest, and for bytes that are none: whoever signed
 * them decides what they are.
 */
function manifestsOf(bytes: Uint8Array, mediaType: string): readonly NamedManifest[] | undefined {
  try {
    const manifest = parseManifest(bytes, mediaType)
    if (manifest.kind !== 'index') return undefined
    return childrenOf(manifest).map(({ digest, mediaType: type, platform }) => ({
      digest,
      mediaType: type,
      ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
    }))
  } catch (error) {
    if (isSealwrightError(error)) return undefined
    throw error
  }
}
