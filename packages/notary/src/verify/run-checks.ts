import type { SealwrightError } from '@sealwright/core'
import type { Action } from '../trust/policy.ts'
import type { Finding } from './finding.ts'
import type { CheckName, CheckReport, Reason } from './report.ts'

/** How checks ended: all of them made, or the first failure that is enforced. */
export interface CheckedAll {
  readonly checks: readonly CheckReport[]
  readonly stopped?: {
    readonly outcome: 'failed' | 'unknown'
    readonly reason: Reason
    readonly error?: SealwrightError | undefined
  }
}

const skipped: Finding = { outcome: 'skipped', detail: 'by the policy' }

/**
 * Makes checks in their order, and stops at the first failure that is enforced; what was not made for it is reported as
 * skipped.
 */
export async function runChecks<Name extends CheckName>(
  names: readonly Name[],
  actionOf: (check: Name) => Action,
  make: (check: Name) => Finding | Promise<Finding>,
): Promise<CheckedAll> {
  const checks: CheckReport[] = []
  for (const check of names) {
    const action = actionOf(check)
    const finding = action === 'skip' ? skipped : await make(check)
    if ((finding.outcome === 'failed' || finding.outcome === 'unknown') && action === 'enforce') {
      const { outcome, code, detail, fix, error } = finding
      const rest = names.slice(checks.length + 1).map(
        (later): CheckReport => ({
          check: later,
          outcome: 'skipped',
          detail: `not made: ${check} ${outcome}`,
        }),
      )
      return {
        checks: [...checks, { check, outcome, detail }, ...rest],
        stopped: {
          outcome,
          reason: { code, why: detail, ...(fix === undefined ? {} : { fix }) },
          error,
        },
      }
    }
    const outcome = finding.outcome === 'failed' ? 'logged' : finding.outcome
    checks.push({ check, outcome, ...(finding.detail === undefined ? {} : { detail: finding.detail }) })
  }
  return { checks }
}
