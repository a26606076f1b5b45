import type { VerifiedTarget } from '../documents/judging.ts'
import type { Paint } from '../frame/style.ts'
import { printable } from '../frame/table.ts'
import { failureLines, type Kind } from '../frame/text.ts'
import { attestationLines } from './attestation-lines.ts'
import { checkLines } from './check-lines.ts'

const KINDS: Readonly<Record<VerifiedTarget['verdict'], Kind>> = {
  verified: 'skipped',
  skipped: 'skipped',
  notVerified: 'not verified',
  denied: 'denied',
  unknown: 'unknown',
}

/** What to do next, by reason. None of them loosens a policy. */
const FIXES: Readonly<Record<string, string>> = {
  UNSIGNED: 'ask the publisher, or check that you have the right registry: mirrors often drop referrers',
  MALFORMED: 'ask the publisher to sign again; the signature that is there cannot be read',
  MISSING: 'ask the publisher to sign again, or copy the artifact with its referrers',
  TAMPERED: 'do not use it; fetch it again from its source, and tell its publisher if it stays so',
  CERTIFICATE: 'ask the signer to sign with a certificate that meets the rules of the Notary Project',
  UNTRUSTED: 'ask the publisher, over another channel, which key or certificate they sign with',
  TRUST_STORE: 'mend the trust store; nobody is believed until then',
  EXPIRED: 'ask the publisher to sign again',
  TIMESTAMP: 'ask the publisher for a signature with a timestamp',
  REVOCATION: 'this version asks no revocation source; verify where one can be asked',
  UNSUPPORTED: 'ask the publisher what the signature demands',
  METADATA: 'ask the publisher for a signature with this metadata',
  ATTESTATION: 'ask whoever made it to attest this: sealwright attest --type TYPE --predicate FILE TARGET',
  NO_STATEMENT: 'ask the owner of the policy; to see what applies: sealwright policy show --for TARGET',
  LIMIT: 'look at more of them: --max-signatures',
  UNREADABLE: 'try again',
}

/** Of an index, this many platforms are named. */
const MAX_PLATFORMS = 12

/** How a target is shown. */
export interface Shown {
  readonly paint: Paint
  /** Every check of every signature, which `-v` and `--all` ask for. */
  readonly details: boolean
}

/** A target that is verified or skipped, for stdout. */
export function verifiedLines(target: VerifiedTarget, shown: Shown): string[] {
  const { paint } = shown
  const name = printable(target.resolved ?? target.reference)
  const headline = target.verdict === 'verified' ? paint('green', 'verified') : paint('yellow', 'skipped')
  return [
    `${headline}: ${name}`,
    ...policyLines(target),
    ...target.signatures.flatMap(signature => signatureLines(signature, shown)),
    ...attestationLines(target, shown),
    ...manifestLines(target),
  ]
}

/** A target that is not, for stderr. */
export function refusedLines(target: VerifiedTarget, shown: Shown): string[] {
  const { paint } = shown
  if (target.error) return failureLines('error', target.error, paint)
  const { code = 'UNREADABLE', why = 'no reason was given', fix: known } = target.reason ?? {}
  const [head, ...rest] = failureLines(
    KINDS[target.verdict],
    {
      code,
      message: target.resolved ?? target.reference,
      why: withFound(why, target),
      fix: known ?? FIXES[code] ?? 'ask the publisher',
    },
    paint,
  )
  const fix = rest.pop() as string
  return [
    head as string,
    ...rest,
    ...policyLines(target),
    ...target.signatures.flatMap(signature => signatureLines(signature, shown, why)),
    ...attestationLines(target, shown),
    fix,
  ]
}

function withFound(why: string, { found }: VerifiedTarget): string {
  if (found.length === 0) return why
  return `${why}; found ${found.map(({ artifactType, count }) => countOf(artifactType, count)).join(', ')}`
}

/** What people call the types of referrers; any other is named by its type. */
const NAMES: readonly (readonly [type: RegExp, name: string])[] = [
  [/^application\/vnd\.dev\.cosign\.artifact\.sig\./, 'cosign signature'],
  [/^application\/vnd\.dev\.sigstore\.bundle/, 'Sigstore bundle'],
  [/^application\/spdx\+json$/, 'SPDX document'],
  [/^application\/vnd\.cyclonedx\+json$/, 'CycloneDX document'],
]

function countOf(artifactType: string, count: number): string {
  const name = NAMES.find(([type]) => type.test(artifactType))?.[1]
  return name === undefined ? `${count} of ${artifactType}` : `${count} ${name}${count === 1 ? '' : 's'}`
}

function policyLines({ policy, at }: VerifiedTarget): string[] {
  return [
    ...(policy ? [`  policy     ${printable(`${policy.statement} (${policy.level})  ${policy.file}`)}`] : []),
    ...(at ? [`  judged as of ${at}`] : []),
  ]
}

/** What an index brings with it: signed by digest, and not judged by signatures of its own. */
function manifestLines({ manifests }: VerifiedTarget): string[] {
  if (manifests === undefined) return []
  const platforms = [...new Set(manifests.map(({ platform }) => platform ?? 'no platform'))]
  const shown = platforms.slice(0, MAX_PLATFORMS).join(', ')
  const more = platforms.length > MAX_PLATFORMS ? `, and ${platforms.length - MAX_PLATFORMS} more` : ''
  return [
    `  index      ${manifests.length} manifests: ${printable(shown)}${more}`,
    '             signed with it by their digests; signatures of their own were not looked at',
  ]
}

/** @param told - What the target's reason says already. */
function signatureLines(
  signature: VerifiedTarget['signatures'][number],
  { paint, details }: Shown,
  told?: string,
): string[] {
  const { digest, format, signer, signed, time, reason, checks } = signature
  const verified = signature.verdict === 'verified'
  const verdict = verified ? paint('green', 'verified') : paint('red', refusal(signature))
  const head = `  signature  ${digest}  ${printable(format ?? '-')}  ${verdict}`
  if (!verified && !details) {
    const why = reason === undefined || reason.why === told ? '' : `  ${reason.why}`
    return [`${head}  ${printable(`${signer?.subject ?? '-'}${why}`)}`]
  }
  const metadata = Object.entries(signed?.metadata ?? {}).map(([key, value]) => `${key}=${value}`)
  const facts: (readonly [string, string])[] = [
    ...(signer
      ? [
          [
            'signer',
            `${signer.subject}${signer.trustStore ? `  trusted by ${signer.trustStore}` : ''}`,
          ] as const,
        ]
      : []),
    ...(signed
      ? [['signed', `${signed.signingTime}${signed.expiry ? `, expires ${signed.expiry}` : ''}`] as const]
      : []),
    ...(details && time ? [['time', `${time.used} (${time.source})`] as const] : []),
    ...(metadata.length > 0 ? [['metadata', metadata.join(', ')] as const] : []),
  ]
  return [
    head,
    ...facts.map(([name, value]) => `    ${name.padEnd(9)}${printable(value)}`),
    ...checkLines(checks, { paint, details }),
  ]
}

function refusal({ verdict, reason }: VerifiedTarget['signatures'][number]): string {
  return `${verdict === 'unknown' ? 'unknown' : 'not verified'}${reason ? `[${reason.code}]` : ''}`
}
