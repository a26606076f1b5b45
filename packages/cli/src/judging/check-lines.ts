import type { VerifiedTarget } from '../documents/judging.ts'
import type { Paint } from '../frame/style.ts'
import { printable } from '../frame/table.ts'

type Checks = VerifiedTarget['signatures'][number]['checks']

const STYLES: Readonly<Partial<Record<Checks[number]['outcome'], 'red' | 'yellow'>>> = {
  failed: 'red',
  logged: 'yellow',
  unknown: 'yellow',
}

/** The checks of a signature: all of them, or those that failed and did not decide. */
export function checkLines(
  checks: Checks,
  { paint, details }: { readonly paint: Paint; readonly details: boolean },
): string[] {
  return checks
    .filter(({ outcome }) => details || STYLES[outcome] !== undefined)
    .map(({ check, outcome, detail }) => {
      const style = STYLES[outcome]
      const padded = outcome.padEnd(15)
      const shown = style === undefined ? padded : paint(style, padded)
      return `    check    ${check.padEnd(20)}${shown}${printable(detail ?? '')}`.trimEnd()
    })
}
