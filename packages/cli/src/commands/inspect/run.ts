import { shellQuote } from '@sealwright/core/encoding'
import { type AttachedEnvelope, findEnvelopes, readEvidence } from '@sealwright/notary'
import { certificateLines } from '../../certificates/certificate.ts'
import { describeEnvelope } from '../../inspection/describe.ts'
import type { EvidenceDocument, InspectedSignature } from '../../inspection/document.ts'
import { inspectEvidence } from '../../inspection/inspect-evidence.ts'
import { NV2_TYPES } from '../../inspection/inspect-nv2.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { printable } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { openTarget } from '../../targets/open-target.ts'
import { type ArtifactTarget, type FileTarget, parseTarget } from '../../targets/target.ts'
import { assertUsable } from '../../targets/usable.ts'
import { envelopesOfFile } from './envelopes.ts'
import type { InspectFlags } from './spec.ts'

const MAX_SIGNATURES = 100

/** `sealwright inspect TARGET|ENVELOPE|-` */
export async function inspect(
  session: Session,
  [text]: readonly [string],
  flags: InspectFlags,
): Promise<Outcome> {
  const target = parseTarget(text, session.io.cwd, 'inspect')
  assertUsable(session, [target], flags)
  if (flags.raw && session.flags.output === 'json') {
    throw usageError('--raw and -o json cannot be used together', {
      why: 'stdout is either the envelope or the document',
      fix: 'choose one',
    })
  }
  const { resolved, chosen, signatures } =
    target.kind === 'file' ? await ofFile(session, target, flags) : await ofArtifact(session, target, flags)
  return {
    exitCode: 0,
    document: { reference: text, resolved, signatures },
    lines: flags.raw
      ? []
      : [
          printable(resolved ?? text),
          ...(signatures.length === 0
            ? ['  no signature, attestation or bill of materials']
            : signatures.flatMap(inspectedLines)),
        ],
    ...(resolved === null ? {} : { resolved: [resolved] }),
    ...(flags.raw ? { raw: onlyOne(chosen, text) } : {}),
  }
}

interface Inspected {
  readonly resolved: string | null
  readonly chosen: readonly AttachedEnvelope[]
  readonly signatures: readonly InspectedSignature[]
}

async function ofFile(session: Session, target: FileTarget, flags: InspectFlags): Promise<Inspected> {
  const chosen = choose(await envelopesOfFile(session, target), target.text, flags.signature)
  const signatures: InspectedSignature[] = []
  const call = { now: session.io.now(), signal: session.io.signal }
  for (const found of chosen)
    signatures.push({ ...describeEnvelope(found), evidence: await inspectEvidence(found, {}, call) })
  return { resolved: null, chosen, signatures }
}

async function ofArtifact(session: Session, target: ArtifactTarget, flags: InspectFlags): Promise<Inspected> {
  const signal = await session.deadline()
  await using open = await openTarget(session, target, flags)
  return await session.dialogue.waiting(open.store.name, async () => {
    const subject = await open.resolve(signal)
    const envelopes = await findEnvelopes(open.signatures, subject, {
      signal,
      limit: flags.maxSignatures ?? MAX_SIGNATURES,
      mediaTypes: NV2_TYPES,
      onFault: ({ digest }, { message, why }) =>
        session.warn(`${digest} cannot be read: ${message}${why === undefined ? '' : `: ${why}`}`),
    })
    const chosen = choose(envelopes, target.text, flags.signature)
    const signatures: InspectedSignature[] = []
    // One after the other: the evidence of each may be large.
    for (const found of chosen) {
      const inspected = describeEnvelope(found)
      const attached =
        flags.raw || inspected.kind === 'sbom' || found.manifest === undefined
          ? undefined
          : await readEvidence(open.signatures, found.manifest, { signal })
      for (const fault of attached?.faults ?? []) session.warn(`evidence of ${found.digest}: ${fault}`)
      const call = { now: session.io.now(), signal }
      signatures.push({
        ...inspected,
        evidence: await inspectEvidence(found, attached?.evidence ?? {}, call),
      })
    }
    return { resolved: open.nameOf(subject.digest), chosen, signatures }
  })
}

function choose(
  envelopes: readonly AttachedEnvelope[],
  text: string,
  digest: string | undefined,
): readonly AttachedEnvelope[] {
  if (digest === undefined) return envelopes
  const chosen = envelopes.filter(envelope => envelope.digest === digest)
  if (chosen.length > 0) return chosen
  throw usageError(`${text} has no signature ${digest}`, {
    why:
      envelopes.length === 0
        ? 'it has none'
        : `it has ${envelopes.map(envelope => envelope.digest).join(', ')}`,
    fix: `sealwright inspect ${shellQuote(text)}`,
  })
}

/** Under cosign's old tag several signatures are over the same bytes: these are one. */
function onlyOne(envelopes: readonly AttachedEnvelope[], text: string): Uint8Array {
  const [envelope] = envelopes
  const one = envelopes.every(({ bytes }) => Buffer.compare(bytes, envelope!.bytes) === 0)
  if (envelope !== undefined && one) return envelope.bytes
  throw usageError(
    envelope === undefined ? `${text} has no signature` : `${text} has ${envelopes.length} signatures`,
    {
      why: '--raw writes the bytes of one envelope',
      fix: envelope === undefined ? 'check the reference' : `add --signature ${envelope.digest}`,
    },
  )
}

/** No fact is longer on a terminal; the document has the whole. */
const MAX_VALUE = 400
const MAX_SUBJECTS = 8
/** A chain has no more; what anybody puts next to a signature may. */
const MAX_CERTIFICATES = 8
const MAX_EVIDENCE = 16

/** What was found, as text. */
export function inspectedLines(found: InspectedSignature): string[] {
  const { target, certificates, fault, tag, format, version, mediaType } = found
  const name = format === null ? mediaType : `${format}${version === null ? '' : ` ${version}`}`
  const head = `  ${found.kind.padEnd(11)}  ${found.digest}  ${printable(name)}`
  if (fault !== null) return [head, `    cannot be read: ${printable(fault)}`]
  const facts: (readonly [string, string | null])[] = [
    ['tag', tag],
    ['algorithm', found.algorithm],
    ['signs', target ? `${target.digest}  ${target.mediaType}  ${target.size} bytes` : found.signs],
    ['references', joined(found.references)],
    ['payload', found.payloadType],
    ...statementFacts(found.statement),
    ['of', found.bom?.name ?? null],
    ['parts', found.bom?.parts === null || found.bom === null ? null : String(found.bom.parts)],
    ['scheme', found.scheme],
    ['signed', found.signingTime],
    ['expires', found.expiry],
    ['metadata', joined(Object.entries(found.metadata).map(([key, value]) => `${key}=${value}`))],
    ['extended', joined(found.extended.map(({ key, critical }) => `${key}${critical ? ' (critical)' : ''}`))],
    ['agent', found.signingAgent],
    ['keys', joined(found.keys)],
    ['timestamps', found.timestamps > 0 ? String(found.timestamps) : null],
    ['log entries', found.logEntries > 0 ? String(found.logEntries) : null],
    ...found.evidence.slice(0, MAX_EVIDENCE).map(evidenceFact),
    [
      'evidence',
      found.evidence.length > MAX_EVIDENCE ? `and ${found.evidence.length - MAX_EVIDENCE} more` : null,
    ],
  ]
  return [
    head,
    ...facts.flatMap(([label, value]) => (value === null ? [] : [`    ${label.padEnd(11)}${shown(value)}`])),
    ...certificates
      .slice(0, MAX_CERTIFICATES)
      .flatMap((certificate, index) => [
        `    certificate ${index + 1}`,
        ...certificateLines(certificate, '      ').map(shown),
      ]),
    ...(certificates.length > MAX_CERTIFICATES
      ? [`    certificates and ${certificates.length - MAX_CERTIFICATES} more`]
      : []),
  ]
}

function evidenceFact({ kind, place, about, from, until }: EvidenceDocument): readonly [string, string] {
  const facts = [
    kind.padEnd('timestamp'.length),
    ...(kind === 'timestamp' ? [] : [about ?? 'about a certificate that the signature does not carry']),
    ...(from === null ? [] : [from]),
    ...(until === null ? [] : [`until ${until}`]),
    place,
  ]
  return ['evidence', facts.join('  ')]
}

function statementFacts(statement: InspectedSignature['statement']): (readonly [string, string | null])[] {
  if (statement === null) return []
  const { predicateType, subjects, summary } = statement
  const named = subjects.slice(0, MAX_SUBJECTS).map(({ name, digest }): readonly [string, string] => {
    const digests = Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`)
    return ['subject', [...digests, ...(name ? [name] : [])].join('  ')]
  })
  const more = subjects.length - named.length
  return [
    ['attests', predicateType],
    ...named,
    ['subjects', more > 0 ? `and ${more} more` : null],
    ...Object.entries(summary),
  ]
}

function joined(texts: readonly string[]): string | null {
  return texts.length === 0 ? null : texts.join(', ')
}

function shown(value: string): string {
  return printable(value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value)
}
