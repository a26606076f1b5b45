import { resolve } from 'node:path'
import type { Report, Verifier } from '@sealwright/notary'
import type { VerifiedTarget } from '../documents/judging.ts'
import type { Context } from '../frame/context.ts'
import { EXIT, type ExitCode } from '../frame/exit.ts'
import { asSealwrightError, exitCodeOfError, failureOf } from '../frame/failure.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { readTarget } from '../signing/sign-file-target.ts'
import { openTarget } from '../targets/open-target.ts'
import type { ArtifactTarget, FileTarget, Target } from '../targets/target.ts'
import { readFoundEnvelope, readGivenEnvelope } from './envelope-file.ts'
import { envelopeStore, envelopeType } from './envelope-store.ts'

/** What is the same for every target of a run of `verify`. */
export interface VerifyPlan {
  readonly verifier: Verifier
  readonly scope?: string
  readonly statement?: string
  /** A detached envelope; `-` is stdin. */
  readonly signature?: string
  readonly metadata: Readonly<Record<string, string>>
  readonly all: boolean
  readonly at?: Date
  readonly maxSignatures?: number
  readonly registry: RegistryFlags
}

const EXIT_OF: Readonly<Record<Report['verdict'], ExitCode>> = {
  verified: EXIT.done,
  skipped: EXIT.done,
  notVerified: EXIT.notVerified,
  unknown: EXIT.unavailable,
  denied: EXIT.denied,
}

/** Judges one target. A failure to find out is `unknown`, with its error. */
export async function verifyTarget(
  context: Context,
  target: Target,
  plan: VerifyPlan,
): Promise<{ readonly target: VerifiedTarget; readonly exitCode: ExitCode }> {
  const reference = target.text
  try {
    const report = await (target.kind === 'file'
      ? verifyFileTarget(context, target, plan)
      : verifyArtifactTarget(context, target, plan))
    return { target: { ...plain(report), reference }, exitCode: EXIT_OF[report.verdict] }
  } catch (thrown) {
    const error = asSealwrightError(thrown, context.io.signal)
    // Bytes that are not what their digest says are a finding here, wherever they were met.
    if (error.code === 'INTEGRITY')
      return { target: tampered(reference, error.message), exitCode: EXIT.notVerified }
    return {
      target: { reference, verdict: 'unknown', signatures: [], found: [], error: failureOf(error) },
      exitCode: exitCodeOfError(error, context.io.signal),
    }
  }
}

function tampered(reference: string, why: string): VerifiedTarget {
  return { reference, verdict: 'notVerified', reason: { code: 'TAMPERED', why }, signatures: [], found: [] }
}

async function verifyArtifactTarget(
  context: Context,
  target: ArtifactTarget,
  plan: VerifyPlan,
): Promise<Report> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, plan.registry)
  const scope = open.scope ?? plan.scope
  context.step(`judge ${target.text}`)
  const report = await context.dialogue.waiting(open.store.name, async () => {
    const reference = await open.reference(signal)
    const signatures =
      plan.signature === undefined
        ? undefined
        : await envelopeStore(
            await open.store.resolve(reference, { signal }),
            await readGivenEnvelope(context, plan.signature),
          )
    return plan.verifier.verify(
      {
        artifacts: open.store,
        reference,
        ...(signatures === undefined ? {} : { signatures }),
        ...(scope === undefined ? {} : { scope }),
      },
      {
        signal,
        all: plan.all,
        metadata: plan.metadata,
        ...(plan.at === undefined ? {} : { at: plan.at }),
        ...(plan.maxSignatures === undefined ? {} : { maxSignatures: plan.maxSignatures }),
      },
    )
  })
  const digest = report.resolved?.slice(report.resolved.lastIndexOf('@') + 1)
  if (digest !== undefined && target.digest === undefined) context.note(`${target.text} is ${digest}`)
  return { ...report, ...(digest === undefined ? {} : { resolved: open.nameOf(digest) }) }
}

async function verifyFileTarget(context: Context, target: FileTarget, plan: VerifyPlan): Promise<Report> {
  const envelopes = await envelopesFor(context, target, plan.signature)
  if (envelopes.length === 0) return unsignedFile(target)
  let best: Report | undefined
  for (const bytes of envelopes) {
    const report = await plan.verifier.verifyFile(
      {
        content: readTarget(context, target, context.io.signal),
        envelope: { mediaType: envelopeType(bytes), bytes },
        name: target.text,
        ...(plan.statement === undefined ? {} : { statement: plan.statement }),
      },
      {
        signal: context.io.signal,
        metadata: plan.metadata,
        ...(plan.at === undefined ? {} : { at: plan.at }),
      },
    )
    best = merged(best, report)
    if (best.verdict === 'verified' && !plan.all) break
  }
  return best as Report
}

/** Of two reports on one file the better verdict, with the signatures of both. */
function merged(one: Report | undefined, other: Report): Report {
  if (one === undefined) return other
  const winner = one.verdict !== 'verified' && other.verdict === 'verified' ? other : one
  return { ...winner, signatures: [...one.signatures, ...other.signatures] }
}

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

/** The envelope that was named, or those beside the file, JWS first. The file itself must exist. */
async function envelopesFor(
  context: Context,
  target: FileTarget,
  signature: string | undefined,
): Promise<readonly Uint8Array[]> {
  if (signature !== undefined) return [await readGivenEnvelope(context, signature)]
  if (target.path === '-') return []
  const path = resolve(context.io.cwd, target.path)
  const found: Uint8Array[] = []
  for (const format of ['jws', 'cose']) {
    const bytes = await readFoundEnvelope(`${path}.${format}.sig`, context.io.signal)
    if (bytes !== undefined) found.push(bytes)
  }
  // That there is no file says more than that it has no signature.
  if (found.length === 0) for await (const _ of readTarget(context, target, context.io.signal)) break
  return found
}

/** The report as plain JSON data of the document's own types. */
function plain(report: Report): VerifiedTarget {
  return JSON.parse(JSON.stringify(report)) as VerifiedTarget
}
