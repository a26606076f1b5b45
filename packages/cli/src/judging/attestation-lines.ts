import type { VerifiedTarget } from '../documents/judging.ts'
import { printable } from '../frame/table.ts'
import { checkLines } from './check-lines.ts'
import type { Shown } from './lines.ts'

type Attestations = NonNullable<VerifiedTarget['attestations']>

/** The attestations of a target as text: those that had to be there, and those that were judged for it. */
export function attestationLines(
  { attestations }: Pick<VerifiedTarget, 'attestations'>,
  shown: Shown,
): string[] {
  const { paint } = shown
  if (attestations === undefined) return []
  const { required, met, judged } = attestations
  return [
    ...required.map(
      type =>
        `  attested   ${printable(type)}  ${met.includes(type) ? paint('green', 'yes') : paint('red', 'no')}`,
    ),
    ...judged.flatMap(one => judgedLines(one, shown)),
  ]
}

function judgedLines(one: Attestations['judged'][number], { paint, details }: Shown): string[] {
  const { digest, predicateType, verdict, reason, signer, checks } = one
  const verified = verdict === 'verified'
  const shown = verified
    ? paint('green', 'verified')
    : paint('red', `${verdict === 'unknown' ? 'unknown' : 'not verified'}${reason ? `[${reason.code}]` : ''}`)
  const name = signer && (signer.subject ?? `key sha256:${signer.spkiSha256}`)
  const head = `  attestation  ${digest}  ${printable(predicateType ?? '-')}  ${shown}`
  if (!verified && !details) return [`${head}  ${printable(`${name ?? '-'}  ${reason?.why ?? ''}`)}`]
  const trusted = signer?.trustStore ? `  trusted by ${signer.trustStore}` : ''
  return [
    head,
    ...(name ? [`    ${'signer'.padEnd(9)}${printable(`${name}${trusted}`)}`] : []),
    ...checkLines(checks, { paint, details }),
  ]
}
