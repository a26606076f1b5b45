import type { Context } from '../frame/context.ts'
import type { Target } from '../targets/target.ts'
import { attempt, type Signed } from './attempt.ts'
import type { SignPlan } from './plan.ts'
import { signArtifactTarget } from './sign-artifact-target.ts'
import { signFileTarget } from './sign-file-target.ts'
import { signRecursively } from './sign-recursively.ts'

/** Signs one target; with `recursive` also what it names. A failure is one of the results. */
export async function signTarget(
  context: Context,
  target: Target,
  plan: SignPlan,
): Promise<readonly Signed[]> {
  if (target.kind !== 'file' && plan.recursive) return signRecursively(context, target, plan)
  const signed = await plan.atOnce.run(() =>
    attempt(context, target.text, () =>
      target.kind === 'file'
        ? signFileTarget(context, target, plan)
        : signArtifactTarget(context, target, plan),
    ),
  )
  return [signed]
}
