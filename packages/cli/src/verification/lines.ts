import { describeMissing } from '@sealwright/notary'
import { fixOfReason } from '../runtime/fixes.ts'
import { failureLines, type Kind, printable, type Style } from '../runtime/text.ts'
import { revocationLines } from '../trust/revocation-lines.ts'
import type { VerifiedTarget } from './document.ts'
import { requirementLines } from './requirement-lines.ts'

const KINDS: Readonly<Record<VerifiedTarget['verdict'], Kind>> = {
  verified: 'skipped',
  skipped: 'skipped',
  notVerified: 'not verified',
  denied: 'denied',
  unknown: 'unknown',
}

/** What people call a verdict. */
export const VERDICTS: Readonly<Record<VerifiedTarget['verdict'], string>> = {
  verified: 'verified',
  notVerified: 'not verified',
  denied: 'denied',
  unknown: 'unknown',
  skipped: 'skipped',
}

/** Why a time is the one that counts. */
export const TIME_SOURCES: Readonly<Record<string, string>> = {
  clock: 'clock: no other time counts',
  given: 'given: to judge as of then',
  authenticSigningTime: 'authenticSigningTime: the signing authority vouches for it',
  timestamp: 'timestamp: a trusted authority vouches for it',
}

/** Of an index, this many platforms are named. */
const MAX_PLATFORMS = 12

/** A target that is verified or skipped, for stdout. */
export function verifiedLines(target: VerifiedTarget, shown: Shown): string[] {
  const { style } = shown
  const name = printable(target.resolved ?? target.reference)
  const headline = target.verdict === 'verified' ? style('green', 'verified') : style('yellow', 'skipped')
  return [
    `${headline}: ${name}`,
    ...policyLines(target, style),
    ...target.signatures.flatMap(signature => signatureLines(signature, shown)),
    ...attestationLines(target, shown),
    ...manifestLines(target),
  ]
}

/** A target that is not, for stderr. */
export function refusedLines(target: VerifiedTarget, shown: Shown): string[] {
  const { style } = shown
  if (target.error) return failureLines('error', target.error, style)
  const { code = 'UNREADABLE', why = 'no reason was given', fix } = target.reason ?? {}
  const [head, ...rest] = failureLines(
    KINDS[target.verdict],
    {
      code,
      message: target.resolved ?? target.reference,
      why: withFound(why, target),
      fix: fixOfReason({ code, fix }),
    },
    style,
  )
  const last = rest.pop() as string
  return [
    head as string,
    ...rest,
    ...policyLines(target, style),
    ...missingLines(target, why),
    ...target.signatures.flatMap(signature => signatureLines(signature, shown, why)),
    ...attestationLines(target, shown),
    last,
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

function policyLines({ policy, requirement, summary, at }: VerifiedTarget, style: Style): string[] {
  return [
    ...(policy ? [`  policy     ${printable(`${policy.statement} (${policy.level})  ${policy.file}`)}`] : []),
    ...(at ? [`  judged as of ${at}`] : []),
    ...(requirement ? requirementLines(requirement, style) : []),
    ...(summary?.stored
      ? [
          `  summary    ${summary.result}  ${summary.digest}  ${printable(`${summary.stored.path ?? summary.stored.as}  ${summary.verifier}`)}`,
        ]
      : []),
  ]
}

/** The smallest set of what is missing, as far as the reason does not name it. */
function missingLines({ missing = [] }: VerifiedTarget, why: string): string[] {
  const lines = describeMissing(missing).filter(line => !why.includes(line))
  return lines.map((line, index) => `  ${index === 0 ? 'missing    ' : ' '.repeat(11)}${printable(line)}`)
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
function signatureLines(signature: Signature, { style, details }: Shown, told?: string): string[] {
  const { digest, format, signer, signed, reason, checks } = signature
  const verified = signature.verdict === 'verified'
  const verdict = verified ? style('green', 'verified') : style('red', refusal(signature))
  const head = `  signature  ${digest}  ${printable(format ?? '-')}  ${verdict}`
  if (!verified && !details) {
    const why = reason === undefined || reason.why === told ? '' : `  ${reason.why}`
    return [`${head}  ${printable(`${signer?.subject ?? '-'}${why}`)}`]
  }
  const time = timeText(signature, details)
  const reasons = details && reason?.why !== told ? reasonFacts({ reason, checks }) : []
  const metadata = Object.entries(signed?.metadata ?? {}).map(([key, value]) => `${key}=${value}`)
  const facts: (readonly [string, string])[] = [
    ...reasons,
    ...(signer
      ? [
          [
            'signer',
            `${signer.subject}${signer.trustStore ? `  trusted by ${signer.trustStore}` : ''}`,
          ] as const,
        ]
      : []),
    ...keyFacts(signer, details),
    ...(signed
      ? [['signed', `${signed.signingTime}${signed.expiry ? `, expires ${signed.expiry}` : ''}`] as const]
      : []),
    ...(time === undefined ? [] : [['time', time] as const]),
    ...authorityFacts(signature, details),
    ...(metadata.length > 0 ? [['metadata', metadata.join(', ')] as const] : []),
  ]
  return [
    head,
    ...facts.map(([name, value]) => `    ${name.padEnd(9)}${printable(value)}`),
    ...revocationLines(signature, details).map(line => `    ${printable(line)}`),
    ...checkLines(checks, { style, details }),
  ]
}

/** The reason, unless the check that failed shows it. */
function reasonFacts({
  reason,
  checks,
}: Pick<Signature, 'reason' | 'checks'>): (readonly [string, string])[] {
  if (reason === undefined || checks.some(({ detail }) => detail === reason.why)) return []
  return [['reason', reason.why]]
}

function refusal({ verdict, reason }: Signature): string {
  return `${verdict === 'unknown' ? 'unknown' : 'not verified'}${reason ? `[${reason.code}]` : ''}`
}

type Signature = VerifiedTarget['signatures'][number]
/** What attestations have too. */
type Evidence = Pick<Signature, 'time' | 'timestamp' | 'revocation' | 'evidenceFaults'>

/** The time that the chain was judged by, as text: always where an authority vouches for it, else where details are shown. */
function timeText({ time, timestamp }: Evidence, details: boolean): string | undefined {
  if (time === undefined) return undefined
  if (time.source !== 'timestamp' || timestamp === undefined)
    return details ? `${time.used} (${TIME_SOURCES[time.source] ?? time.source})` : undefined
  const { accuracyMs, authority, trustStore } = timestamp
  const accuracy = accuracyMs === 0 ? '' : ` ± ${accuracyMs / 1000} s`
  return `${time.used}${accuracy}  timestamp by ${authority.subject}  trusted by ${trustStore}`
}

/** The key of a signer and their certificate, by their digests. */
function keyFacts(
  signer: Attestations['judged'][number]['signer'],
  details: boolean,
): (readonly [string, string])[] {
  if (!details || signer === undefined) return []
  const certificate = signer.fingerprint === undefined ? '' : `  certificate sha256:${signer.fingerprint}`
  return [['key', `sha256:${signer.spkiSha256}${certificate}`]]
}

/** The authority that vouches for the time, by its certificate and the policy under which it issued the timestamp. */
function authorityFacts({ timestamp }: Evidence, details: boolean): (readonly [string, string])[] {
  if (!details || timestamp === undefined) return []
  return [['tsa', `certificate sha256:${timestamp.authority.fingerprint}  policy ${timestamp.policy}`]]
}

type Attestations = NonNullable<VerifiedTarget['attestations']>

/** The attestations of a target as text: those that had to be there, and those that were judged for it. */
function attestationLines({ attestations }: Pick<VerifiedTarget, 'attestations'>, shown: Shown): string[] {
  const { style } = shown
  if (attestations === undefined) return []
  const { required, met, judged } = attestations
  return [
    ...required.map(
      type =>
        `  attested   ${printable(type)}  ${met.includes(type) ? style('green', 'yes') : style('red', 'no')}`,
    ),
    ...judged.flatMap(one => judgedLines(one, shown)),
  ]
}

function judgedLines(one: Attestations['judged'][number], { style, details }: Shown): string[] {
  const { digest, predicateType, verdict, reason, signer, checks } = one
  const verified = verdict === 'verified'
  const shown = verified
    ? style('green', 'verified')
    : style('red', `${verdict === 'unknown' ? 'unknown' : 'not verified'}${reason ? `[${reason.code}]` : ''}`)
  const name = signer && (signer.subject ?? `key sha256:${signer.spkiSha256}`)
  const head = `  attestation  ${digest}  ${printable(predicateType ?? '-')}  ${shown}`
  if (!verified && !details) return [`${head}  ${printable(`${name ?? '-'}  ${reason?.why ?? ''}`)}`]
  const time = timeText(one, details)
  const trusted = signer?.trustStore ? `  trusted by ${signer.trustStore}` : ''
  const facts: (readonly [string, string])[] = [
    ...(details ? reasonFacts(one) : []),
    ...(name ? [['signer', `${name}${trusted}`] as const] : []),
    ...(signer?.subject === undefined ? [] : keyFacts(signer, details)),
    ...(time === undefined ? [] : [['time', time] as const]),
    ...authorityFacts(one, details),
  ]
  return [
    head,
    ...facts.map(([fact, value]) => `    ${fact.padEnd(9)}${printable(value)}`),
    ...revocationLines(one, details).map(line => `    ${printable(line)}`),
    ...checkLines(checks, { style, details }),
  ]
}

/** How a target is shown. */
interface Shown {
  readonly style: Style
  /** Every check of every signature, which `-v` and `--all` ask for. */
  readonly details: boolean
}

type Checks = Signature['checks']

const COLORS: Readonly<Partial<Record<Checks[number]['outcome'], 'red' | 'yellow'>>> = {
  failed: 'red',
  logged: 'yellow',
  unknown: 'yellow',
}

/** The checks of a signature: all of them, or those that failed and did not decide. */
function checkLines(checks: Checks, { style, details }: Shown): string[] {
  return checks
    .filter(({ outcome }) => details || COLORS[outcome] !== undefined)
    .map(({ check, outcome, detail }) => {
      const color = COLORS[outcome]
      const padded = outcome.padEnd(15)
      const shown = color === undefined ? padded : style(color, padded)
      return `    check    ${check.padEnd(20)}${shown}${printable(detail ?? '')}`.trimEnd()
    })
}
