import { resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import type { ArtifactOptions, Report, Trust, Verifier } from '@sealwright/notary'
import { type Descriptor, digestOf, MAX_MANIFEST_BYTES, memory, parseManifest } from '@sealwright/oci'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { EXIT } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import { readAll } from '../../runtime/read-all.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import {
  envelopeNames,
  envelopeStore,
  envelopeType,
  readFoundEnvelope,
  readGivenEnvelope,
} from '../../signatures/envelopes.ts'
import { openTarget } from '../../targets/open-target.ts'
import { readTarget } from '../../targets/read-file.ts'
import type { ArtifactTarget, FileTarget, Target } from '../../targets/target.ts'
import type { VerifiedTarget } from '../../verification/document.ts'
import { type Judged, judgedBy } from '../../verification/judged.ts'
import { assertPolicy, withAdvice } from './policy-advice.ts'

/** What is the same for every target of a run of `verify`. */
export interface VerifyPlan {
  /** Whom the verifier believes. */
  readonly trust: Trust
  readonly verifier: Verifier
  /** The repository that layouts, archives and manifests in files are judged as. */
  readonly scope?: string | undefined
  readonly statement?: string | undefined
  /** Detached envelopes; `-` is stdin. */
  readonly signature?: readonly string[] | undefined
  /** How artifacts are judged. A file has no deadline: it takes as long as its bytes do. */
  readonly options: Omit<ArtifactOptions, 'signal'>
  readonly registry: RegistryFlags
}

/** Judges one target. A failure to find out is `unknown`, with its error. */
export async function verifyTarget(session: Session, target: Target, plan: VerifyPlan): Promise<Judged> {
  const reference = target.text
  try {
    // What waited for its turn while the run was interrupted is not begun.
    session.io.signal.throwIfAborted()
    const judged = judgedBy(await judge(session, target, plan))
    return { ...judged, target: { ...judged.target, reference } }
  } catch (thrown) {
    const error = session.fault(thrown)
    // Bytes that are not what their digest says are a finding here, wherever they were met.
    if (error.code === 'INTEGRITY')
      return { target: tampered(reference, error.message), exitCode: EXIT.notVerified }
    return {
      target: { reference, verdict: 'unknown', signatures: [], found: [], error: failureOf(error) },
      exitCode: exitCodeOfError(error, session.io.signal),
    }
  }
}

function judge(session: Session, target: Target, plan: VerifyPlan): Promise<Report> {
  if (target.kind !== 'file') return verifyArtifactTarget(session, target, plan)
  const { scope } = plan
  return scope === undefined
    ? verifyFileTarget(session, target, plan)
    : verifyManifestFile(session, target, { ...plan, scope })
}

function tampered(reference: string, why: string): VerifiedTarget {
  return { reference, verdict: 'notVerified', reason: { code: 'TAMPERED', why }, signatures: [], found: [] }
}

/** Judges an artifact by the signatures beside it, in the place that was named for them, or by an envelope. */
async function verifyArtifactTarget(
  session: Session,
  target: ArtifactTarget,
  plan: VerifyPlan,
): Promise<Report> {
  const signal = await session.deadline()
  await using open = await openTarget(session, target, plan.registry)
  const scope = open.scope ?? plan.scope
  assertPolicy(plan.trust, 'oci', { scope, directory: session.flags.trust })
  const { places } = open
  const denial = plan.verifier.denial({ scope, places })
  if (denial !== undefined) {
    const denied: Report = {
      reference: target.text,
      verdict: 'denied',
      reason: denial,
      signatures: [],
      found: [],
    }
    return withAdvice(denied, plan.trust, { target, scope, directory: session.flags.trust })
  }
  session.step(`judge ${target.text}`)
  const report = await session.dialogue.waiting(open.store.name, async () => {
    const reference = await open.reference(signal)
    const detached =
      plan.signature === undefined
        ? undefined
        : await envelopeStore(
            await open.store.resolve(reference, { signal }),
            await readGivenEnvelopes(session, plan.signature),
          )
    const judged = await plan.verifier.verify(
      {
        artifacts: open.store,
        reference,
        signatures: detached?.store ?? open.signatures,
        attestations: open.signatures,
        scope,
        places,
      },
      { ...plan.options, signal },
    )
    return detached?.named(judged) ?? judged
  })
  const digest = report.resolved?.slice(report.resolved.lastIndexOf('@') + 1)
  if (digest !== undefined && target.digest === undefined) session.note(`${target.text} is ${digest}`)
  const advised = withAdvice(report, plan.trust, { target, scope, directory: session.flags.trust })
  return { ...advised, ...(digest === undefined ? {} : { resolved: open.nameOf(digest) }) }
}

/** Judges a file by a statement for files. */
async function verifyFileTarget(session: Session, target: FileTarget, plan: VerifyPlan): Promise<Report> {
  const envelopes = await envelopesFor(session, target, plan.signature)
  if (envelopes.length === 0) return unsignedFile(target)
  assertPolicy(plan.trust, 'blob', { directory: session.flags.trust })
  const { all, offline, keepCarried, metadata, at } = plan.options
  const report = await plan.verifier.verifyFile(
    {
      content: readTarget(session, target, session.io.signal),
      envelope: envelopes.map(bytes => ({ mediaType: envelopeType(bytes), bytes })),
      name: target.text,
      statement: plan.statement,
    },
    { all, offline, keepCarried, metadata, at, signal: session.io.signal },
  )
  return withAdvice(report, plan.trust, { target, directory: session.flags.trust })
}

/**
 * Judges a file that holds the manifest of an artifact as that artifact of a repository: nothing but the manifest and the
 * envelope are needed, wherever they come from.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a file that is not a manifest: what a scope says is about artifacts.
 */
async function verifyManifestFile(
  session: Session,
  target: FileTarget,
  plan: VerifyPlan & { readonly scope: string },
): Promise<Report> {
  const signal = await session.deadline()
  const envelopes = await envelopesFor(session, target, plan.signature)
  const bytes = await readAll(readTarget(session, target, signal), MAX_MANIFEST_BYTES, target.text)
  const subject = manifestIn(bytes, target)
  if (envelopes.length === 0) return { ...unsignedFile(target), resolved: `${target.text}@${subject.digest}` }
  assertPolicy(plan.trust, 'oci', { scope: plan.scope, directory: session.flags.trust })
  const artifacts = memory()
  await artifacts.push(subject, bytes)
  const signatures = await envelopeStore(subject, envelopes)
  const report = await plan.verifier.verify(
    { artifacts, signatures: signatures.store, reference: subject.digest, scope: plan.scope },
    { ...plan.options, signal },
  )
  const named = withAdvice(signatures.named(report), plan.trust, {
    target,
    scope: plan.scope,
    directory: session.flags.trust,
  })
  return { ...named, resolved: `${target.text}@${subject.digest}` }
}

function manifestIn(bytes: Uint8Array, { text }: FileTarget): Descriptor {
  try {
    const { mediaType } = parseManifest(bytes)
    return { mediaType, digest: digestOf('sha256', bytes), size: bytes.byteLength }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    throw usageError(`--scope has no effect on ${text}`, {
      why: `it is not the manifest of an artifact (${error.why ?? error.message}), and other files are judged by a statement for files`,
      fix: 'leave --scope out; --statement names the statement, or the global one is used',
      cause: error,
    })
  }
}

/** The envelopes that were named, or those beside the file, JWS first. The file itself must exist. */
async function envelopesFor(
  session: Session,
  target: FileTarget,
  signature: readonly string[] | undefined,
): Promise<readonly Uint8Array[]> {
  if (signature !== undefined) return readGivenEnvelopes(session, signature)
  if (target.path === '-') return []
  const path = resolve(session.io.cwd, target.path)
  const found: Uint8Array[] = []
  for (const name of await envelopeNames(path)) {
    const bytes = await readFoundEnvelope(name)
    if (bytes !== undefined) found.push(bytes)
  }
  // A missing file is reported as missing, and not as unsigned.
  if (found.length === 0) for await (const _ of readTarget(session, target, session.io.signal)) break
  return found
}

async function readGivenEnvelopes(
  session: Session,
  files: readonly string[],
): Promise<readonly Uint8Array[]> {
  const given: Uint8Array[] = []
  for (const file of files) given.push(await readGivenEnvelope(session, file))
  return given
}

/** The report on a file that has no envelope. */
function unsignedFile({ text, path }: FileTarget): Report {
  const why =
    path === '-'
      ? 'stdin has no file beside it; name the envelope with --signature'
      : `there is neither ${path}.jws.sig nor ${path}.cose.sig`
  return {
    reference: text,
    verdict: 'notVerified',
    reason: { code: 'UNSIGNED', why },
    signatures: [],
    found: [],
  }
}
