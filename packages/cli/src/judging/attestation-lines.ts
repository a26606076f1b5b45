import type { VerifiedTarget } from '../documents/judging.ts'
import type { Paint } from '../frame/style.ts'
import { printable } from '../frame/table.ts'

type Attestations = NonNullable<VerifiedTarget['attestations']>

/** The attestations of a target as text: those that had to be there, and those that were judged for it. */
export function attestationLines(
  { attestations }: Pick<VerifiedTarget, 'attestations'>,
  paint: Paint,
): string[] {
  if (attestations === undefined) return []
  const { required, met, judged } = attestations
  return [
    ...required.map(
      type =>
        `  attested   ${printable(type)}  ${met.includes(type) ? paint('green', 'yes') : paint('red', 'no')}`,
    ),
    ...judged.flatMap(one => judgedLines(one, paint)),
  ]
}

function judgedLines(one: Attestations['judged'][number], paint: Paint): string[] {
  const { digest, predicateType, verdict, reason, signer, checks } = one
  const shown =
    verdict === 'verified'
      ? paint('green', 'verified')
      : paint(
          'red',
          `${verdict === 'unknown' ? 'unknown' : 'not verified'}${reason ? `[${reason.code}]` : ''}`,
        )
  const name = signer && (signer.subject ?? `key sha256:${signer.spkiSha256}`)
  const facts: (readonly [string, string])[] = [
    ...(signer && name
      ? [['signer', `${name}${signer.trustStore ? `  trusted by ${signer.trustStore}` : ''}`] as const]
      : []),
    ...(reason ? [['reason', reason.why] as const] : []),
  ]
  return [
    `  attestation  ${digest}  ${printable(predicateType ?? '-')}  ${shown}`,
    ...facts.map(([label, value]) => `    ${label.padEnd(9)}${printable(value)}`),
    ...checks.map(({ check, outcome, detail }) =>
      `    check    ${check.padEnd(20)}${outcome.padEnd(15)}${printable(detail ?? '')}`.trimEnd(),
    ),
  ]
}
