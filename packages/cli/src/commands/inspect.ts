import { shellQuote } from '@sealwright/core/encoding'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { printable } from '../frame/table.ts'
import { usageError } from '../frame/usage.ts'
import { envelopesOfArtifact } from '../looking/envelopes-of-artifact.ts'
import { envelopesOfFile } from '../looking/envelopes-of-file.ts'
import type { FoundEnvelope } from '../looking/found-envelope.ts'
import { inspectFound } from '../looking/inspect-found.ts'
import { inspectedLines } from '../looking/inspected-lines.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import { type ArtifactTarget, parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

interface InspectFlags extends RegistryFlags {
  readonly signature?: string
  readonly raw?: true
  readonly maxSignatures?: number
}

const MAX_SIGNATURES = 100

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
  const { resolved, envelopes } =
    target.kind === 'file'
      ? { resolved: null, envelopes: await envelopesOfFile(context, target) }
      : await attached(context, target, flags)
  const chosen = choose(envelopes, text, flags.signature)
  const signatures = chosen.map(inspectFound)
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

async function attached(
  context: Context,
  target: ArtifactTarget,
  flags: InspectFlags,
): Promise<{ readonly resolved: string; readonly envelopes: readonly FoundEnvelope[] }> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, flags)
  return await context.dialogue.waiting(open.store.name, async () => {
    const subject = await open.resolve(signal)
    const envelopes = await envelopesOfArtifact(open.signatures, subject, {
      signal,
      limit: flags.maxSignatures ?? MAX_SIGNATURES,
      onFault: fault => context.warn(fault),
    })
    return { resolved: open.nameOf(subject.digest), envelopes }
  })
}

function choose(
  envelopes: readonly FoundEnvelope[],
  text: string,
  digest: string | undefined,
): readonly FoundEnvelope[] {
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
function onlyOne(envelopes: readonly FoundEnvelope[], text: string): Uint8Array {
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
