import type { Report } from '@sealwright/notary'
import type { VerifiedTarget } from '../documents/judging.ts'
import type { Context } from '../frame/context.ts'
import { EXIT, type ExitCode } from '../frame/exit.ts'
import { exitCodeOfError, failureOf } from '../frame/failure.ts'
import type { Target } from '../targets/target.ts'
import type { VerifyPlan } from './plan.ts'
import { verifyArtifactTarget } from './verify-artifact-target.ts'
import { verifyFileTarget } from './verify-file-target.ts'
import { verifyManifestFile } from './verify-manifest-file.ts'

/** What became of one target. */
export interface Judged {
  readonly target: VerifiedTarget
  readonly exitCode: ExitCode
}

const EXIT_OF: Readonly<Record<Report['verdict'], ExitCode>> = {
  verified: EXIT.done,
  skipped: EXIT.done,
  notVerified: EXIT.notVerified,
  unknown: EXIT.unavailable,
  denied: EXIT.denied,
}

/** Judges one target. A failure to find out is `unknown`, with its error. */
export async function verifyTarget(context: Context, target: Target, plan: VerifyPlan): Promise<Judged> {
  const reference = target.text
  try {
    // What waited for its turn while the run was interrupted is not begun.
    context.io.signal.throwIfAborted()
    const report = await judge(context, target, plan)
    return { target: { ...plain(report), reference }, exitCode: EXIT_OF[report.verdict] }
  } catch (thrown) {
    const error = context.fault(thrown)
    // Bytes that are not what their digest says are a finding here, wherever they were met.
    if (error.code === 'INTEGRITY')
      return { target: tampered(reference, error.message), exitCode: EXIT.notVerified }
    return {
      target: { reference, verdict: 'unknown', signatures: [], found: [], error: failureOf(error) },
      exitCode: exitCodeOfError(error, context.io.signal),
    }
  }
}

function judge(context: Context, target: Target, plan: VerifyPlan): Promise<Report> {
  if (target.kind !== 'file') return verifyArtifactTarget(context, target, plan)
  const { scope } = plan
  return scope === undefined
    ? verifyFileTarget(context, target, plan)
    : verifyManifestFile(context, target, { ...plan, scope })
}

function tampered(reference: string, why: string): VerifiedTarget {
  return { reference, verdict: 'notVerified', reason: { code: 'TAMPERED', why }, signatures: [], found: [] }
}

/** The report as plain JSON data of the document's own types. */
function plain(report: Report): VerifiedTarget {
  return JSON.parse(JSON.stringify(report)) as VerifiedTarget
}
