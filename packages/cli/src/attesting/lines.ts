import type { AttestedTarget } from '../documents/attesting.ts'
import type { KeyDocument } from '../documents/document.ts'
import type { Paint } from '../frame/style.ts'
import { printable } from '../frame/table.ts'

const HEADLINES = {
  attested: 'attested',
  unchanged: 'nothing to do: an equal attestation exists',
  failed: 'failed',
} as const

/** One target of `attest` as text. */
export function attestedLines(
  { outcome, reference, resolved, attestation, stored }: AttestedTarget,
  { predicateType, key }: { readonly predicateType: string; readonly key: KeyDocument },
  paint: Paint,
): string[] {
  const facts: (readonly [string, string | null])[] = [
    ['attestation', attestation && `${attestation.digest}  ${attestation.mediaType}`],
    ['type', predicateType],
    ['algorithm', attestation?.algorithm ?? key.algorithm],
    ['key', `${key.name === null ? '' : `${key.name}  `}${key.resolved}`],
    ['public key', key.fingerprint],
    ['signer', attestation?.subject ?? null],
    ['stored', stored && (stored.path === null ? stored.as : `${stored.as} ${stored.path}`)],
  ]
  return [
    `${paint('green', HEADLINES[outcome])}: ${printable(resolved ?? reference)}`,
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`  ${name.padEnd(11)}  ${printable(value)}`],
    ),
  ]
}
