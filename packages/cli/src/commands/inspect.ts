import { certificateLines } from '../certificates/describe.ts'
import type { InspectedSignature } from '../documents/judging.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { printable } from '../frame/table.ts'
import { usageError } from '../frame/usage.ts'
import { envelopesOfArtifact, envelopesOfFile } from '../looking/envelopes.ts'
import { type EnvelopeBytes, inspectEnvelope } from '../looking/inspect-envelope.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface InspectFlags extends RegistryFlags {
  readonly signature?: string
  readonly raw?: true
  readonly maxSignatures?: number
}

/** `sealwright inspect TARGET|ENVELOPE|-` */
export async function inspect(
  context: Context,
  [text = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as InspectFlags
  const target = parseTarget(text, context.io.cwd, 'inspect')
  assertUsable(context, [target], flags)
  if (flags.raw && context.flags.output === 'json') {
    throw usageError('--raw and -o json cannot be used together', {
      why: 'stdout is either the envelope or the document',
      fix: 'choose one',
    })
  }
  const { resolved, envelopes } = await (target.kind === 'file'
    ? envelopesOfFile(context, target)
    : envelopesOfArtifact(context, target, flags, flags.maxSignatures))
  const chosen = choose(envelopes, text, flags.signature)
  const signatures = chosen.map(inspectEnvelope)
  return {
    exitCode: 0,
    document: { reference: text, resolved, signatures },
    lines: flags.raw
      ? []
      : [
          printable(resolved ?? text),
          ...(signatures.length === 0
            ? ['  no Notary Project signature']
            : signatures.flatMap(signatureLines)),
        ],
    ...(resolved === null ? {} : { resolved: [resolved] }),
    ...(flags.raw ? { raw: onlyOne(chosen, text) } : {}),
  }
}

function choose(
  envelopes: readonly EnvelopeBytes[],
  text: string,
  digest: string | undefined,
): readonly EnvelopeBytes[] {
  if (digest === undefined) return envelopes
  const chosen = envelopes.filter(envelope => envelope.digest === digest)
  if (chosen.length > 0) return chosen
  throw usageError(`${text} has no signature ${digest}`, {
    why:
      envelopes.length === 0
        ? 'it has none'
        : `it has ${envelopes.map(envelope => envelope.digest).join(', ')}`,
    fix: `sealwright inspect ${text}`,
  })
}

function onlyOne(envelopes: readonly EnvelopeBytes[], text: string): Uint8Array {
  const [envelope, ...more] = envelopes
  if (envelope !== undefined && more.length === 0) return envelope.bytes
  throw usageError(
    envelope === undefined ? `${text} has no signature` : `${text} has ${envelopes.length} signatures`,
    {
      why: '--raw writes the bytes of one envelope',
      fix: envelope === undefined ? 'check the reference' : `add --signature ${envelope.digest}`,
    },
  )
}

function signatureLines(signature: InspectedSignature): string[] {
  const { target, metadata, certificates, fault } = signature
  const head = `  signature    ${signature.digest}  ${signature.format ?? signature.mediaType}`
  if (fault !== null) return [head, `    cannot be read: ${printable(fault)}`]
  const facts: (readonly [string, string | null])[] = [
    ['algorithm', signature.algorithm],
    ['signs', target && `${target.digest}  ${target.mediaType}  ${target.size} bytes`],
    ['scheme', signature.scheme],
    ['signed', signature.signingTime],
    ['expires', signature.expiry],
    [
      'metadata',
      Object.entries(metadata)
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || null,
    ],
    [
      'extended',
      signature.extended.map(({ key, critical }) => `${key}${critical ? ' (critical)' : ''}`).join(', ') ||
        null,
    ],
    ['agent', signature.signingAgent],
    ['timestamps', signature.timestamps > 0 ? String(signature.timestamps) : null],
  ]
  return [
    head,
    ...facts.flatMap(([name, value]) =>
      value === null ? [] : [`    ${name.padEnd(11)}${printable(value)}`],
    ),
    ...certificates.flatMap((certificate, index) => [
      `    certificate ${index + 1}`,
      ...certificateLines(certificate, '      '),
    ]),
  ]
}
