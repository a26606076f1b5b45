import { resolve } from 'node:path'
import { type Envelope, SealwrightError, type TargetArtifact } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import { isEqualSignature, openEnvelope, type SignatureBinding, type SoundEnvelope } from '@sealwright/notary'
import { digestOf } from '@sealwright/oci'
import type { Certificate } from '@sealwright/x509'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { readFoundEnvelope } from '../../signatures/envelopes.ts'
import {
  bindingOf,
  describeEqual,
  describeMade,
  type SignedOutcome,
  type SignPlan,
  sealContent,
} from './plan.ts'

export interface DetachedRequest {
  readonly content: TargetArtifact
  readonly resolved: string
  /** Where the envelope goes; `-` is stdout. */
  readonly path: string
  readonly plan: SignPlan
  readonly signal: AbortSignal
}

/** Signs into an envelope that stands alone: a file, or stdout. An equal one in the file is kept. */
export async function signDetached(session: Session, request: DetachedRequest): Promise<SignedOutcome> {
  const { content, resolved, path, plan, signal } = request
  const { roots: timestampedBy } = plan.timestamps ?? {}
  const expected = { content, publicKey: plan.signer.key.publicKey, now: plan.now, timestampedBy }
  const existing = path === '-' ? undefined : await readFoundEnvelope(resolve(session.io.cwd, path))
  if (existing !== undefined) {
    const made = readMadeEnvelope(bindingOf(plan), existing, expected)
    if (made !== undefined && !plan.again) {
      const signature = describeEqual(session, plan, digestOf('sha256', existing), made)
      return { target: { resolved, outcome: 'unchanged', stored: { as: 'file', path }, signature } }
    }
    if (made === undefined) await confirmReplacing(session, path)
  }
  if (plan.dryRun) return { target: { resolved, outcome: 'wouldSign', stored: null, signature: null } }
  session.step(`sign ${resolved}`)
  const sealed = await session.dialogue.waiting(`the signature of ${resolved}`, () =>
    sealContent(plan, content, { reference: resolved, signal }),
  )
  const { envelope } = sealed
  assertMade(bindingOf(plan), envelope, expected)
  const signature = describeMade(plan, digestOf('sha256', envelope.bytes), sealed)
  if (path === '-') {
    return {
      target: { resolved, outcome: 'signed', stored: { as: 'stdout', path: null }, signature },
      envelope: envelope.bytes,
    }
  }
  // Where the user named no file, a link of that name may be a trap of whoever made the directory.
  const replaceLink = plan.signature === undefined
  await writeFileAtomic(resolve(session.io.cwd, path), envelope.bytes, { mode: 0o644, replaceLink })
  return { target: { resolved, outcome: 'signed', stored: { as: 'file', path }, signature } }
}

/** Another's signature, or one over other bytes, is not overwritten unasked. */
async function confirmReplacing({ dialogue }: Session, path: string): Promise<void> {
  const agreed = await dialogue.confirm({
    prompt: `${path} holds another signature; replace it?`,
    missing: `${path} holds another signature, and no terminal is available to ask on`,
    fix: 'write elsewhere with --signature FILE, or replace it with -y',
  })
  if (!agreed)
    throw usageError(`${path} was kept`, {
      why: 'the question was not answered with yes',
      fix: 'write elsewhere: --signature FILE',
    })
}

interface ExpectedEnvelope {
  readonly content: TargetArtifact
  readonly publicKey: Uint8Array
  /** It has a timestamp that one of these vouches for, where they are given. */
  readonly timestampedBy?: readonly Certificate[] | undefined
  readonly now: Date
}

/**
 * What a detached envelope says, if it is a signature of this content by this key that is good now; `undefined` for every
 * other envelope, and for what is none.
 */
function readMadeEnvelope(
  binding: SignatureBinding,
  bytes: Uint8Array,
  expected: ExpectedEnvelope,
): SoundEnvelope | undefined {
  const { sound } = openEnvelope(binding, bytes)
  return sound !== undefined && isEqualSignature(sound, expected) ? sound : undefined
}

/** Our own envelope, read again before it is stored. Throws `INTEGRITY`. */
function assertMade(binding: SignatureBinding, envelope: Envelope, expected: ExpectedEnvelope): void {
  if (readMadeEnvelope(binding, envelope.bytes, expected) !== undefined) return
  throw new SealwrightError('INTEGRITY', 'the new envelope does not sign the target', {
    why: 'it was checked before it was stored; nothing was stored',
    fix: 'try again; if it stays so, report it',
  })
}
