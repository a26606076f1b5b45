import type { Nv2Refusal } from '@sealwright/nv2'
import { EXIT } from '../runtime/exit.ts'
import { fixOfReason } from '../runtime/fixes.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { failureLines } from '../runtime/text.ts'
import type { Session } from '../session/session.ts'

/** Why the run did not verify: one refused signature, or no signature at all. */
interface Refusal {
  readonly code: Nv2Refusal['code'] | 'UNSIGNED'
  readonly why: string
}

/** The end of a run that did not verify: exit 1. */
export function refused(session: Session, what: string, { code, why }: Refusal): Outcome {
  const failure = { code, message: what, why, fix: fixOfReason({ code }) }
  return {
    exitCode: EXIT.notVerified,
    document: {},
    lines: [],
    faults: failureLines('not verified', failure, session.styleErr),
  }
}

/** What whoever relies on an nv2 signature should know, once a run. */
export function warnOfModel(session: Session): void {
  session.warn(
    'nv2 has no trust policy and no revocation, and takes host names in certificates for identities; sealwright sign and sealwright verify have better',
  )
}
