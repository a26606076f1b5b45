import type { Failure } from '../documents/failure.ts'
import type { Paint } from './style.ts'
import { printable } from './table.ts'

/** What a headline starts with: `error[CODE]: …`, `not verified[UNSIGNED]: …`. */
export type Kind = 'error' | 'not verified' | 'denied' | 'unknown' | 'skipped' | 'left behind'

/** The lines of a failure: what is wrong, the fact found, the next command. */
export function failureLines(
  kind: Kind,
  failure: { readonly code: string; readonly message: string } & Partial<
    Pick<Failure, 'why' | 'fix' | 'requestId'>
  >,
  paint: Paint,
): string[] {
  const { code, message, why, fix, requestId } = failure
  const facts = [why, requestId && !why?.includes(requestId) ? `request ${requestId}` : undefined].filter(
    Boolean,
  )
  return [
    `${paint(kind === 'unknown' || kind === 'skipped' ? 'yellow' : 'red', `${kind}[${code}]`)}: ${printable(message)}`,
    ...(facts.length > 0 ? [`  why: ${printable(facts.join('; '))}`] : []),
    ...(fix ? [`  fix: ${printable(fix)}`] : []),
  ]
}
