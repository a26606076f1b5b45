import { findEqualSignature, signArtifact } from '@sealwright/notary'
import type { Descriptor } from '@sealwright/oci'
import type { SignedTarget } from '../documents/signing.ts'
import type { Context } from '../frame/context.ts'
import { type OpenTarget, openTarget } from '../targets/open-target.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import { signDetached } from './detached.ts'
import { bindingOf, describeSignature, type SignedOutcome, type SignPlan, sealContent } from './plan.ts'

const STORED = { api: 'referrers API', tag: 'tag', layout: 'layout' } as const

/** Signs one artifact and attaches the signature, unless an equal one is there. */
export async function signArtifactTarget(
  context: Context,
  target: ArtifactTarget,
  plan: SignPlan,
): Promise<SignedOutcome> {
  const signal = await context.deadline()
  await using open = await openTarget(context, target, plan.registry)
  context.step(`resolve ${target.text}`)
  const subject = await context.dialogue.waiting(open.store.name, () => open.resolve(signal))
  const resolved = open.nameOf(subject.digest)
  if (target.digest === undefined) context.note(`${target.text} is ${subject.digest}`)
  const content = bindingOf(plan).contentOf(subject, plan.metadata)
  if (plan.signature !== undefined) {
    return await signDetached(context, { content, resolved, path: plan.signature, plan, signal })
  }
  const equal = plan.again ? undefined : await findEqual(context, open, subject, plan, signal)
  if (equal !== undefined)
    return { target: { resolved, outcome: 'unchanged', stored: null, signature: equal } }
  if (plan.dryRun) return { target: { resolved, outcome: 'wouldSign', stored: null, signature: null } }
  context.step(`sign ${resolved}`)
  const { signature, foundBy } = await context.dialogue.waiting(`the signature of ${resolved}`, () =>
    signArtifact(
      { artifacts: open.store },
      subject.digest,
      bindingOf(plan),
      made => sealContent(plan, made, signal),
      {
        signal,
        metadata: plan.metadata,
        ...(plan.manifest === undefined ? {} : { manifest: plan.manifest }),
      },
    ),
  )
  context.step(`read back ${signature.digest}`)
  return {
    target: {
      resolved,
      outcome: 'signed',
      stored: { as: STORED[foundBy], path: null },
      signature: describeSignature(plan, signature.digest),
    },
  }
}

async function findEqual(
  context: Context,
  { store }: OpenTarget,
  subject: Descriptor,
  plan: SignPlan,
  signal: AbortSignal,
): Promise<SignedTarget['signature'] | undefined> {
  context.step(`look for an equal signature in ${store.name}`)
  const { contentOf, mediaType } = bindingOf(plan)
  const equal = await context.dialogue.waiting(`the signatures in ${store.name}`, () =>
    findEqualSignature(store, subject, {
      content: contentOf(subject, plan.metadata),
      publicKey: plan.signer.key.publicKey,
      now: plan.now,
      mediaType,
      signal,
    }),
  )
  if (equal === undefined) return undefined
  const { attributes } = equal.envelope
  if ((attributes.expiry === undefined) !== (plan.expiryMs === undefined)) {
    context.note(
      `the equal signature ${attributes.expiry === undefined ? 'does not expire' : 'expires'}; --again makes another`,
    )
  }
  return describeSignature(plan, equal.signature.digest, attributes)
}
