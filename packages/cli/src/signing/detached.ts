import { resolve } from 'node:path'
import type { TargetArtifact } from '@sealwright/core'
import { writeFileAtomic } from '@sealwright/core/files'
import { digestOf } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { readFoundEnvelope } from '../judging/envelope-file.ts'
import { describeEqual } from './equal.ts'
import { assertMade, readMadeEnvelope } from './made-envelope.ts'
import { bindingOf, describeSignature, type SignedOutcome, type SignPlan, sealContent } from './plan.ts'

export interface DetachedRequest {
  readonly content: TargetArtifact
  readonly resolved: string
  /** Where the envelope goes; `-` is stdout. */
  readonly path: string
  readonly plan: SignPlan
  readonly signal: AbortSignal
}

/** Signs into an envelope that stands alone: a file, or stdout. An equal one in the file is kept. */
export async function signDetached(context: Context, request: DetachedRequest): Promise<SignedOutcome> {
  const { content, resolved, path, plan, signal } = request
  const expected = { content, publicKey: plan.signer.key.publicKey, now: plan.now }
  const existing = path === '-' ? undefined : await readFoundEnvelope(resolve(context.io.cwd, path))
  if (existing !== undefined) {
    const made = readMadeEnvelope(bindingOf(plan), existing, expected)
    if (made !== undefined && !plan.again) {
      const signature = describeEqual(context, plan, digestOf('sha256', existing), made)
      return { target: { resolved, outcome: 'unchanged', stored: { as: 'file', path }, signature } }
    }
    if (made === undefined) await confirmReplacing(context, path)
  }
  if (plan.dryRun) return { target: { resolved, outcome: 'wouldSign', stored: null, signature: null } }
  context.step(`sign ${resolved}`)
  const envelope = await context.dialogue.waiting(`the signature of ${resolved}`, () =>
    sealContent(plan, content, { reference: resolved, signal }),
  )
  assertMade(bindingOf(plan), envelope, expected)
  const signature = describeSignature(plan, digestOf('sha256', envelope.bytes))
  if (path === '-') {
    return {
      target: { resolved, outcome: 'signed', stored: { as: 'stdout', path: null }, signature },
      envelope: envelope.bytes,
    }
  }
  // Where the user named no file, a link of that name may be a trap of whoever made the directory.
  const replaceLink = plan.signature === undefined
  await writeFileAtomic(resolve(context.io.cwd, path), envelope.bytes, { mode: 0o644, replaceLink })
  return { target: { resolved, outcome: 'signed', stored: { as: 'file', path }, signature } }
}

/** Another's signature, or one over other bytes, is not overwritten unasked. */
async function confirmReplacing({ dialogue }: Context, path: string): Promise<void> {
  const agreed = await dialogue.confirm({
    prompt: `${path} holds another signature; replace it?`,
    missing: `${path} holds another signature, and there is no terminal to ask on`,
    fix: 'write elsewhere with --signature FILE, or replace it with -y',
  })
  if (!agreed)
    throw usageError(`${path} was kept`, {
      why: 'the question was not answered with yes',
      fix: 'write elsewhere: --signature FILE',
    })
}
