import { shellQuote } from '@sealwright/core/encoding'
import { withDigest } from '../documents/with-digest.ts'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import { readGivenEnvelope } from '../judging/envelope-file.ts'
import { type RegistryFlags, registryFlags } from '../program/registry-flags.ts'
import { attachEnvelope } from '../signing/attach-envelope.ts'
import { attachedLines } from '../signing/lines.ts'
import { BESIDE } from '../targets/signatures-in.ts'
import { type ArtifactTarget, parseTarget } from '../targets/target.ts'
import { assertUsable } from '../targets/usable.ts'

/** `sealwright attach TARGET ENVELOPE|-` */
export async function attach(
  context: Context,
  [text = '', path = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as RegistryFlags
  const target = artifactOf(context, text, path, flags)
  const bytes = await readGivenEnvelope(context, path)
  const attached = await attachEnvelope(context, { target, bytes, path, registry: registryFlags(flags) })
  return {
    exitCode: 0,
    document: withDigest(attached),
    lines: attachedLines(attached, context.paint),
    resolved: [attached.resolved],
  }
}

function artifactOf(context: Context, text: string, path: string, flags: RegistryFlags): ArtifactTarget {
  const target = parseTarget(text, context.io.cwd, 'attach')
  if (target.kind === 'file') {
    throw usageError(`nothing is attached to a file: ${text}`, {
      why: 'the signature of a file is a file itself',
      fix: `sealwright verify --signature ${shellQuote(path)} ${shellQuote(text)}`,
    })
  }
  assertUsable(context, [target], flags, path === '-' ? ['the envelope'] : [])
  if (target.kind === 'archive' && target.path === '-' && (flags.signaturesIn ?? BESIDE) === BESIDE) {
    throw usageError(`${text} has no place for a signature`, {
      why: 'an archive on stdin cannot be written to',
      fix: 'name the file, oci-archive:FILE, or another place: --signatures-in REPO',
    })
  }
  return target
}
