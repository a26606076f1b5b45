import { resolve } from 'node:path'
import { findSignatures, readEnvelope } from '@sealwright/notary'
import { digestOf } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { readAll } from '../frame/read-all.ts'
import { MAX_ENVELOPE_BYTES, readFoundEnvelope, readNamedEnvelope } from '../judging/envelope-file.ts'
import { envelopeType } from '../judging/envelope-store.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { openTarget } from '../targets/open-target.ts'
import type { ArtifactTarget, FileTarget } from '../targets/target.ts'
import type { EnvelopeBytes } from './inspect-envelope.ts'

const MAX_SIGNATURES = 100

/** The envelopes of a target, and what it was resolved to. */
export interface FoundEnvelopes {
  readonly resolved: string | null
  readonly envelopes: readonly EnvelopeBytes[]
}

/** The envelopes beside a file; where there are none, the file is an envelope itself. */
export async function envelopesOfFile({ io }: Context, { path }: FileTarget): Promise<FoundEnvelopes> {
  if (path === '-')
    return {
      resolved: null,
      envelopes: [detached(await readAll(io.stdin.read(), MAX_ENVELOPE_BYTES, 'stdin'))],
    }
  const file = resolve(io.cwd, path)
  const beside: EnvelopeBytes[] = []
  for (const format of ['jws', 'cose']) {
    const bytes = await readFoundEnvelope(`${file}.${format}.sig`, io.signal)
    if (bytes !== undefined) beside.push(detached(bytes))
  }
  return {
    resolved: null,
    envelopes: beside.length > 0 ? beside : [detached(await readNamedEnvelope(file, io.signal))],
  }
}

function detached(bytes: Uint8Array): EnvelopeBytes {
  return { digest: digestOf('sha256', bytes), mediaType: envelopeType(bytes), bytes }
}

/** The envelopes that are attached to an artifact. */
export async function envelopesOfArtifact(
  context: Context,
  target: ArtifactTarget,
  flags: RegistryFlags,
  limit: number = MAX_SIGNATURES,
): Promise<FoundEnvelopes> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, flags)
  return await context.dialogue.waiting(open.store.name, async () => {
    const subject = await open.resolve(signal)
    const envelopes: EnvelopeBytes[] = []
    for await (const found of findSignatures(open.signatures, subject, { signal, limit })) {
      const { digest } = found.manifest
      if (found.envelope === undefined) {
        context.warn(`${digest} cannot be read: ${found.fault.message}`)
        continue
      }
      const bytes = await readEnvelope(open.signatures, found.envelope, { signal })
      envelopes.push({ digest, mediaType: found.envelope.mediaType, bytes })
    }
    return { resolved: open.nameOf(subject.digest), envelopes }
  })
}
