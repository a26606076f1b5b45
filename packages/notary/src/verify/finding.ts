import type { SealwrightError } from '@sealwright/core'
import type { ReasonCode } from './report.ts'

/** What one check found, before the policy says what follows from it. */
export type Finding =
  | { readonly outcome: 'passed' | 'skipped' | 'notConfigured'; readonly detail?: string | undefined }
  | {
      readonly outcome: 'failed' | 'unknown'
      readonly code: ReasonCode
      readonly detail: string
      /** What to do about it, where the cause is known here. */
      readonly fix?: string | undefined
      /** What verification ends with where nothing better is found: trust itself cannot be used. */
      readonly error?: SealwrightError | undefined
    }

/** Characters of a detail: signatures are anybody's, and may have names of a megabyte. */
const MAX_DETAIL = 1000

export function passed(detail?: string): Finding {
  return detail === undefined ? { outcome: 'passed' } : { outcome: 'passed', detail }
}

export function failed(code: ReasonCode, detail: string, fix?: string): Finding {
  return { outcome: 'failed', code, detail: cut(detail), fix }
}

export function unknown(code: ReasonCode, detail: string, fix?: string): Finding {
  return { outcome: 'unknown', code, detail: cut(detail), fix }
}

function cut(detail: string): string {
  return detail.length > MAX_DETAIL ? `${detail.slice(0, MAX_DETAIL)}…` : detail
}

export function notConfigured(detail: string): Finding {
  return { outcome: 'notConfigured', detail }
}
