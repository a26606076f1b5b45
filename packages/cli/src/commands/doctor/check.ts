import { ownFixOf } from '../../runtime/fixes.ts'
import type { Session } from '../../session/session.ts'
import type { Check } from './document.ts'

export type { Check }

export function ok(check: string, detail: string): Check {
  return { check, outcome: 'ok', detail, fix: null }
}

export function warning(check: string, detail: string, fix?: string): Check {
  return { check, outcome: 'warning', detail, fix: fix ?? null }
}

export function fault(check: string, detail: string, fix?: string): Check {
  return { check, outcome: 'fault', detail, fix: fix ?? null }
}

/** What a check found that could not be made. An interrupt ends the run. */
export function failed(session: Session, check: string, thrown: unknown): Check {
  const error = session.fault(thrown)
  if (error.code === 'ABORTED') throw error
  const { code, message, why, requestId } = error
  const facts = [why, requestId && !why?.includes(requestId) ? `request ${requestId}` : undefined]
  return fault(check, `${code}: ${[message, ...facts].filter(Boolean).join('; ')}`, ownFixOf(error))
}
