import type { Certificate } from '@sealwright/x509'
import type { Context } from '../frame/context.ts'
import { formatTime } from '../frame/time.ts'

/** How long before now a certificate that is made here begins: verifiers' clocks may be a little behind. */
const CLOCK_SLACK_MS = 5 * 60_000

const DAY_MS = 86_400_000

/** From when on the end of a certificate is warned of. */
export const SOON_DAYS = 30

export interface Validity {
  readonly notBefore: Date
  readonly notAfter: Date
}

/** The validity of a certificate that is made now and ends after `expiryMs`, in whole seconds. */
export function validityFrom(now: Date, expiryMs: number): Validity {
  const second = Math.floor(now.getTime() / 1000) * 1000
  return { notBefore: new Date(second - CLOCK_SLACK_MS), notAfter: new Date(second + expiryMs) }
}

/** Whether a certificate was made for this long, with the slack or without. */
export function isMadeFor({ notBefore, notAfter }: Validity, expiryMs: number): boolean {
  const length = notAfter.getTime() - notBefore.getTime()
  return length === expiryMs || length === expiryMs + CLOCK_SLACK_MS
}

/** When the first certificate of a chain ends. */
export function endOf(chain: readonly Certificate[]): Date {
  return new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime())))
}

/** Whole days until then; negative when it is over. */
export function daysUntil(end: Date, now: Date): number {
  return Math.floor((end.getTime() - now.getTime()) / DAY_MS)
}

/** Warns of a chain that ends soon: what was signed with it verifies no longer than that, unless it is timestamped. */
export function warnOfEnd({ io, warn }: Context, chain: readonly Certificate[], label: string): void {
  const end = endOf(chain)
  const days = daysUntil(end, io.now())
  if (days >= SOON_DAYS) return
  const left = days === 1 ? '1 day' : `${days} days`
  warn(
    `the certificate of key ${label} ends in ${left} (${formatTime(end)}), and signatures with it; renew it`,
  )
}
