import { createVerifier, type Report } from '@sealwright/notary'
import type { VerifiedTarget } from '../documents/judging.ts'
import type { Context } from '../frame/context.ts'
import { EXIT, type ExitCode } from '../frame/exit.ts'
import { trustOf } from '../judging/trust.ts'
import type { OpenTarget } from '../targets/open-target.ts'

const EXIT_OF: Readonly<Record<Report['verdict'], ExitCode>> = {
  verified: EXIT.done,
  // A policy that says `skip` for this repository lets everything in, here as for `verify`.
  skipped: EXIT.done,
  notVerified: EXIT.notVerified,
  unknown: EXIT.unavailable,
  denied: EXIT.denied,
}

export interface Judged {
  readonly target: VerifiedTarget
  readonly exitCode: ExitCode
}

/** Judges what is about to be copied under the trust of this run, by its digest: a tag may move meanwhile. */
export async function judge(
  context: Context,
  open: OpenTarget,
  {
    reference,
    digest,
    scope,
  }: { readonly reference: string; readonly digest: string; readonly scope?: string },
  signal: AbortSignal,
): Promise<Judged> {
  const verifier = await createVerifier({ trust: await trustOf(context, {}), clock: context.io.now })
  const judgedAs = open.scope ?? scope
  const report = await verifier.verify(
    {
      artifacts: open.store,
      signatures: open.signatures,
      reference: digest,
      ...(judgedAs === undefined ? {} : { scope: judgedAs }),
    },
    { signal },
  )
  const target = JSON.parse(JSON.stringify(report)) as VerifiedTarget
  return {
    target: { ...target, reference, resolved: open.nameOf(digest) },
    exitCode: EXIT_OF[report.verdict],
  }
}
