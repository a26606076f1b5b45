import type { Context } from '../frame/context.ts'
import { openTarget } from '../targets/open-target.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import { signDetached } from './detached.ts'
import { bindingOf, type SignedOutcome, type SignPlan } from './plan.ts'
import { signManifest } from './sign-manifest.ts'

/** Signs one artifact and attaches the signature, unless an equal one is there. */
export async function signArtifactTarget(
  context: Context,
  target: ArtifactTarget,
  plan: SignPlan,
): Promise<SignedOutcome> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, plan.registry, { create: true })
  context.step(`resolve ${target.text}`)
  const subject = await context.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) context.note(`${target.text} is ${subject.digest}`)
  const resolved = open.nameOf(subject.digest)
  if (plan.signature === undefined) return await signManifest(context, { open, subject, plan, signal })
  const content = bindingOf(plan).contentOf(subject, plan.metadata)
  return await signDetached(context, { content, resolved, path: plan.signature, plan, signal })
}
