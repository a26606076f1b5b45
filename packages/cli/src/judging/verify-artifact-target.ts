import type { ArtifactOptions, Report } from '@sealwright/notary'
import type { Context } from '../frame/context.ts'
import { openTarget } from '../targets/open-target.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import { readGivenEnvelope } from './envelope-file.ts'
import { envelopeStore } from './envelope-store.ts'
import type { VerifyPlan } from './plan.ts'
import { assertPolicy, withAdvice } from './policy-advice.ts'

/** Judges an artifact by the signatures beside it, in the place that was named for them, or by an envelope. */
export async function verifyArtifactTarget(
  context: Context,
  target: ArtifactTarget,
  plan: VerifyPlan,
): Promise<Report> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, plan.registry)
  const scope = open.scope ?? plan.scope
  assertPolicy(plan.trust, 'oci', { scope, directory: context.flags.trust })
  context.step(`judge ${target.text}`)
  const report = await context.dialogue.waiting(open.store.name, async () => {
    const reference = await open.reference(signal)
    const detached =
      plan.signature === undefined
        ? undefined
        : await envelopeStore(await open.store.resolve(reference, { signal }), [
            await readGivenEnvelope(context, plan.signature),
          ])
    const judged = await plan.verifier.verify(
      {
        artifacts: open.store,
        reference,
        signatures: detached?.store ?? open.signatures,
        attestations: open.signatures,
        ...(scope === undefined ? {} : { scope }),
      },
      artifactOptions(plan, signal),
    )
    return detached?.named(judged) ?? judged
  })
  const digest = report.resolved?.slice(report.resolved.lastIndexOf('@') + 1)
  if (digest !== undefined && target.digest === undefined) context.note(`${target.text} is ${digest}`)
  const advised = withAdvice(report, plan.trust, { target, scope, directory: context.flags.trust })
  return { ...advised, ...(digest === undefined ? {} : { resolved: open.nameOf(digest) }) }
}

/** The options of the verifier, as the plan says. */
export function artifactOptions(
  { all, metadata, attestations, vsaVerifiers, at, maxSignatures }: VerifyPlan,
  signal: AbortSignal,
): ArtifactOptions {
  return {
    signal,
    all,
    metadata,
    attestations,
    vsaVerifiers,
    ...(at === undefined ? {} : { at }),
    ...(maxSignatures === undefined ? {} : { maxSignatures }),
  }
}
