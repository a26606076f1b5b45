import type { ReasonCode } from './report.ts'

/** What one check found, before the policy says what follows from it. */
export type Finding =
  | { readonly outcome: 'passed' | 'skipped' | 'notConfigured'; readonly detail?: string }
  | { readonly outcome: 'failed' | 'unknown'; readonly code: ReasonCode; readonly detail: string }

export function passed(detail?: string): Finding {
  return detail === undefined ? { outcome: 'passed' } : { outcome: 'passed', detail }
}

export function failed(code: ReasonCode, detail: string): Finding {
  return { outcome: 'failed', code, detail }
}

export function unknown(code: ReasonCode, detail: string): Finding {
  return { outcome: 'unknown', code, detail }
}

export function notConfigured(detail: string): Finding {
  return { outcome: 'notConfigured', detail }
}
