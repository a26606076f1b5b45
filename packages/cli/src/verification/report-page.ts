import { createHash } from 'node:crypto'
import { describeMissing } from '@sealwright/notary'
import { fixOfReason } from '../runtime/fixes.ts'
import type { CertificateRevocationDocument } from '../trust/document.ts'
import { STATES } from '../trust/revocation-lines.ts'
import type { VerifiedTarget } from './document.ts'
import { Html, html } from './html.ts'
import { TIME_SOURCES, VERDICTS } from './lines.ts'
import { REPORT_STYLE } from './report-style.ts'
import { nodeText, type RequirementNode, STATE_NAMES } from './requirement-lines.ts'

/** When the page was made, and by which version. */
export interface Made {
  readonly at: Date
  readonly version: string
}

/** How something is coloured; its text says the same. */
type Tone = 'good' | 'bad' | 'open' | 'plain'

const TONES: Readonly<Record<VerifiedTarget['verdict'], Tone>> = {
  verified: 'good',
  skipped: 'plain',
  notVerified: 'bad',
  denied: 'bad',
  unknown: 'open',
}

const OUTCOME_TONES: Readonly<Record<Check['outcome'], Tone>> = {
  passed: 'good',
  failed: 'bad',
  logged: 'open',
  unknown: 'open',
  skipped: 'plain',
  notConfigured: 'plain',
}

const STATE_TONES = { met: 'good', unmet: 'bad', unknown: 'open' } as const
const REVOCATION_TONES = { good: 'good', revoked: 'bad', unknown: 'open', notRevocable: 'plain' } as const

type Signature = VerifiedTarget['signatures'][number]
type Attestation = NonNullable<VerifiedTarget['attestations']>['judged'][number]
type Check = Signature['checks'][number]

/** One style and nothing else: no script, image, font, frame, form or connection. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(REPORT_STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join('; ')

/**
 * Makes the report on targets as one HTML page that loads nothing, in pieces: of thousands of targets it is large. Every
 * text in it may be an attacker's.
 */
export function* reportPage(targets: readonly VerifiedTarget[], made: Made): Generator<Uint8Array> {
  const counts = Object.entries(VERDICTS).flatMap(([verdict, name]) => {
    const count = targets.filter(target => target.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${name}`]
  })
  const title = `Verification report: ${counts.join(', ')}`
  yield bytesOf(html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(POLICY)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(REPORT_STYLE)}</style>
</head>
<body>
<header>
<h1>Verification report</h1>
<p class="soft">${counts.join(', ')}. Made ${made.at.toISOString().slice(0, 19)}Z by Sealwright ${made.version}.</p>
${targets.length > 1 && contents(targets)}
</header>
<main>
`)
  for (const [index, target] of targets.entries()) yield bytesOf(targetSection(target, index + 1))
  yield bytesOf(html`</main>
</body>
</html>
`)
}

function bytesOf({ markup }: Html): Uint8Array {
  return Buffer.from(markup)
}

function contents(targets: readonly VerifiedTarget[]): Html {
  return html`<table>
<caption>Targets</caption>
<thead><tr><th scope="col" class="narrow">Verdict</th><th scope="col">Target</th></tr></thead>
<tbody>
${targets.map(
  (target, index) =>
    html`<tr><td>${badge(VERDICTS[target.verdict], TONES[target.verdict])}</td><th scope="row"><a href="#target-${index + 1}">${foreign(target.reference)}</a></th></tr>`,
)}
</tbody>
</table>`
}

function targetSection(target: VerifiedTarget, number: number): Html {
  const {
    verdict,
    policy,
    summary,
    requirement,
    missing = [],
    signatures,
    attestations,
    found,
    manifests,
  } = target
  const tone = TONES[verdict]
  return html`<section class="target ${tone}" aria-labelledby="target-${number}">
<h2 id="target-${number}">${badge(VERDICTS[verdict], tone)} ${foreign(target.resolved ?? target.reference)}</h2>
${decision(target)}
${facts([
  ['Given as', target.resolved !== target.reference && target.reference],
  ['Judged as of', target.at],
  ['Policy', policy?.file],
  ['Statement', policy && `${policy.statement} (${policy.level})`],
  ['Summary', !!summary?.stored && `${summary.result}, ${summary.digest}, by ${summary.verifier}`],
  ['Needed', policy && verdict !== 'skipped' && `${policy.met} of ${policy.required}`],
])}
${
  requirement &&
  html`<h3>What the policy requires</h3>
<ul class="tree">${requirementItem(requirement)}</ul>`
}
${
  missing.length > 0 &&
  html`<h3>What is missing</h3>
<ul>
${describeMissing(missing).map(line => html`<li>${foreign(line)}</li>`)}
</ul>`
}
${signatures.length > 0 && html`<h3>Signatures</h3>`}
${signatures.map(signatureDetails)}
${
  attestations &&
  html`<h3>Attestations</h3>
${requiredTypes(attestations)}
${attestations.judged.map(attestationDetails)}`
}
${
  found.length > 0 &&
  counted(
    'Found instead of a signature',
    found.map(({ artifactType, count }) => [artifactType, count]),
  )
}
${manifests && platforms(manifests)}
</section>
`
}

/** What decided the verdict: the first thing to be read of a target. */
function decision({ verdict, reason, error }: VerifiedTarget): Html | undefined {
  const { code, message, why, fix } = error
    ? { ...error, why: error.why ?? undefined }
    : { code: reason?.code, message: undefined, why: reason?.why, fix: undefined }
  if (code === undefined) return undefined
  const advice = error ? fix : verdict === 'verified' ? reason?.fix : reason && fixOfReason(reason)
  return html`<div class="decision">${facts([
    ['Reason', code],
    ['Error', message],
    ['Why', why],
    ['What to do', advice],
  ])}</div>`
}

/** What is missing of a group that is met is nothing to worry about. */
function requirementItem(node: RequirementNode, within?: RequirementNode): Html {
  const tone = within?.state === 'met' && node.state !== 'met' ? 'plain' : STATE_TONES[node.state]
  const found = 'of' in node ? undefined : (node.why ?? node.signature)
  return html`<li>${badge(STATE_NAMES[node.state], tone)} ${foreign(nodeText(node))}${
    found !== undefined && html` <span class="soft">${foreign(found)}</span>`
  }${'of' in node && html`<ul>${node.of.map(child => requirementItem(child, node))}</ul>`}</li>`
}

function signatureDetails(signature: Signature): Html {
  const { digest, format, signed, signer } = signature
  const metadata = Object.entries(signed?.metadata ?? {}).map(([key, value]) => `${key}=${value}`)
  return judgedDetails(signature, [
    ['Digest', digest],
    ['Format', format],
    ...signerFacts(signer),
    ['Signed', signed && `${signed.signingTime}${signed.expiry ? `, expires ${signed.expiry}` : ''}`],
    ['Scheme', signed?.scheme],
    ['Metadata', metadata.length > 0 && metadata.join(', ')],
  ])
}

function attestationDetails(attestation: Attestation): Html {
  const { digest, predicateType, format, signer } = attestation
  return judgedDetails(attestation, [
    ['Digest', digest],
    ['Type', predicateType],
    ['Format', format],
    ...signerFacts(signer),
  ])
}

function signerFacts(signer: Attestation['signer']): readonly Fact[] {
  return [
    ['Signer', signer?.subject],
    ['Trusted by', signer?.trustStore],
    ['Certificate', signer?.fingerprint && `sha256:${signer.fingerprint}`],
    ['Public key', signer && `sha256:${signer.spkiSha256}`],
  ]
}

/** A signature or an attestation: its verdict and signer, and folded under them all that was found. */
function judgedDetails(judged: Signature | Attestation, about: readonly Fact[]): Html {
  const { verdict, reason, signer, time, timestamp, revocation = [], evidenceFaults = [], checks } = judged
  const name = signer === undefined ? judged.digest : (signer.subject ?? `key sha256:${signer.spkiSha256}`)
  return html`<details${new Html(verdict === 'verified' ? '' : ' open')}>
<summary>${badge(VERDICTS[verdict], TONES[verdict])} ${foreign(name)}</summary>
${facts([
  ['Reason', reason && `${reason.code}: ${reason.why}`],
  ...about,
  ['Time', time && `${time.used} (${TIME_SOURCES[time.source] ?? time.source})`],
  ['Timestamp', timestamp && `${timestamp.time}, accurate to ${timestamp.accuracyMs / 1000} s`],
  ['Authority', timestamp?.authority.subject],
  ['Its certificate', timestamp && `sha256:${timestamp.authority.fingerprint}`],
  ['Trusted by', timestamp?.trustStore],
  ['Its policy', timestamp?.policy],
  ...evidenceFaults.map((fault): Fact => ['Passed over', fault]),
])}
${checks.length > 0 && checkTable(checks)}
${certificateTable('Certificates', revocation)}
${certificateTable('Certificates of the timestamp authority', timestamp?.revocation ?? [])}
</details>
`
}

function checkTable(checks: readonly Check[]): Html {
  return html`<table>
<caption>Checks</caption>
<thead><tr><th scope="col" class="narrow">Check</th><th scope="col" class="narrow">Outcome</th><th scope="col">Found</th></tr></thead>
<tbody>
${checks.map(
  ({ check, outcome, detail = '' }) =>
    html`<tr><th scope="row">${foreign(check)}</th><td>${badge(outcome, OUTCOME_TONES[outcome])}</td><td>${foreign(detail)}</td></tr>`,
)}
</tbody>
</table>`
}

function certificateTable(caption: string, certificates: readonly CertificateRevocationDocument[]): Html {
  if (certificates.length === 0) return html``
  return html`<table>
<caption>${caption}</caption>
<thead><tr><th scope="col">Certificate</th><th scope="col" class="narrow">Status</th><th scope="col">Evidence</th></tr></thead>
<tbody>
${certificates.map(
  certificate =>
    html`<tr><th scope="row">${foreign(certificate.subject)}<br><span class="mono soft">sha256:${foreign(certificate.fingerprint)}</span></th><td>${badge(STATES[certificate.status], REVOCATION_TONES[certificate.status])}</td><td>${evidenceFacts(certificate)}</td></tr>`,
)}
</tbody>
</table>`
}

const ORIGINS = { network: 'asked', cache: 'from the cache', carried: 'came with the signature' } as const

function evidenceFacts(certificate: CertificateRevocationDocument): Html {
  const { source, origin, url, thisUpdate, nextUpdate, asOf, revokedAt, reason, statement, why } = certificate
  return facts([
    ['Revoked', revokedAt && `${revokedAt}${reason === undefined ? '' : ` (${reason})`}`],
    ['Source', source && `${source === 'ocsp' ? 'OCSP' : 'CRL'}${origin ? `, ${ORIGINS[origin]}` : ''}`],
    ['URL', url],
    ['Current', thisUpdate && `${thisUpdate}${nextUpdate === undefined ? '' : ` to ${nextUpdate}`}`],
    ['Judged as of', asOf],
    ['Statement', statement && `sha256:${statement}`],
    ['Why', why],
  ])
}

function requiredTypes({ required, met, found }: NonNullable<VerifiedTarget['attestations']>): Html {
  return html`${
    required.length > 0 &&
    html`<table>
<caption>Required</caption>
<thead><tr><th scope="col" class="narrow">Attested</th><th scope="col">Type</th></tr></thead>
<tbody>
${required.map(
  type =>
    html`<tr><td>${met.includes(type) ? badge('yes', 'good') : badge('no', 'bad')}</td><th scope="row">${foreign(type)}</th></tr>`,
)}
</tbody>
</table>`
  }
${
  found.length > 0 &&
  counted(
    'Found',
    found.map(({ predicateType, count }) => [predicateType, count]),
  )
}`
}

function counted(caption: string, counts: readonly (readonly [type: string, count: number])[]): Html {
  return html`<table>
<caption>${caption}</caption>
<thead><tr><th scope="col" class="narrow">Number</th><th scope="col">Type</th></tr></thead>
<tbody>
${counts.map(([type, count]) => html`<tr><td>${count}</td><th scope="row">${foreign(type)}</th></tr>`)}
</tbody>
</table>`
}

function platforms(manifests: NonNullable<VerifiedTarget['manifests']>): Html {
  return html`<h3>What the index names</h3>
<p class="soft">Signed with it by their digests. Signatures of their own were not looked at.</p>
<table>
<caption>Manifests</caption>
<thead><tr><th scope="col" class="narrow">Platform</th><th scope="col">Digest</th></tr></thead>
<tbody>
${manifests.map(
  ({ platform = 'none', digest, mediaType }) =>
    html`<tr><td>${foreign(platform)}</td><th scope="row" class="mono">${foreign(digest)}<br><span class="soft">${foreign(mediaType)}</span></th></tr>`,
)}
</tbody>
</table>`
}

type Fact = readonly [name: string, value: string | false | undefined]

/** What is known, by name. */
function facts(known: readonly Fact[]): Html {
  const shown = known.flatMap(([name, value]) => (value ? [{ name, value }] : []))
  if (shown.length === 0) return html``
  return html`<dl>
${shown.map(({ name, value }) => html`<dt>${name}</dt><dd>${foreign(value)}</dd>`)}
</dl>`
}

function badge(text: string, tone: Tone): Html {
  return html`<span class="badge ${tone}">${text}</span>`
}

/** A text whose direction does not reach what stands next to it. */
function foreign(text: string): Html {
  return html`<bdi>${text}</bdi>`
}
