import type { Report } from '@sealwright/notary'
import { EXIT, type ExitCode } from '../runtime/exit.ts'
import type { VerifiedTarget } from './document.ts'

/** What became of one target. */
export interface Judged {
  readonly target: VerifiedTarget
  readonly exitCode: ExitCode
}

const EXIT_OF: Readonly<Record<Report['verdict'], ExitCode>> = {
  verified: EXIT.done,
  // A policy that says `skip` for a repository lets everything in.
  skipped: EXIT.done,
  notVerified: EXIT.notVerified,
  unknown: EXIT.unavailable,
  denied: EXIT.denied,
}

/** Returns the report, which is what the document shows, with the exit code of its verdict. */
export function judgedBy(report: Report): Judged {
  return { target: report, exitCode: EXIT_OF[report.verdict] }
}
