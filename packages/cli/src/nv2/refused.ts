import type { Context } from '../frame/context.ts'
import { EXIT } from '../frame/exit.ts'
import type { Outcome } from '../frame/outcome.ts'
import { failureLines } from '../frame/text.ts'
import type { Refusal } from './judge.ts'

/** What to do next; nothing of it makes anybody believe more. */
const FIXES: Readonly<Partial<Record<Refusal['code'], string>>> = {
  UNSIGNED: 'ask the publisher, or check that you have the right registry: mirrors often drop referrers',
  MALFORMED: 'ask the publisher to sign again; the signature that is there cannot be read',
  TAMPERED:
    'do not use it; fetch manifest and signature again from their sources, each of the type that was signed',
  UNTRUSTED: 'compare the fingerprint of the certificate with its owner over another channel',
  CERTIFICATE: 'ask the signer for a signature with a certificate for what is signed',
  EXPIRED: 'ask the publisher to sign again',
}

/** The end of a run that did not verify: exit 1. */
export function refused(context: Context, what: string, { code, why }: Refusal): Outcome {
  const failure = { code, message: what, why, fix: FIXES[code] ?? 'ask the publisher' }
  return {
    exitCode: EXIT.notVerified,
    document: {},
    lines: [],
    faults: failureLines('not verified', failure, context.paintErr),
  }
}
