import { attachSignature, findEqualSignature } from '@sealwright/notary'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { SignedTarget } from '../documents/signing.ts'
import type { Context } from '../frame/context.ts'
import { type OpenTarget, whereSignatures } from '../targets/open-target.ts'
import { describeEqual } from './equal.ts'
import { bindingOf, describeSignature, type SignedOutcome, type SignPlan, sealContent } from './plan.ts'
import { storeRefused } from './store-refused.ts'
import { storedIn } from './stored.ts'

export interface ManifestRequest {
  readonly open: OpenTarget
  /** As resolved from the target's store. */
  readonly subject: Descriptor
  readonly plan: SignPlan
  readonly signal: AbortSignal
  /** Where the signature goes; default that of the target. */
  readonly signatures?: ArtifactStore
}

/** Signs one manifest and attaches the signature, unless an equal one is there. */
export function signManifest(context: Context, request: ManifestRequest): Promise<SignedOutcome> {
  const { open, subject, plan } = request
  const { signatures = open.signatures } = request
  return plan.oneByOne.run(`${signatures.name}@${subject.digest}`, async () => {
    const resolved = open.nameOf(subject.digest)
    const equal = plan.again ? undefined : await findEqual(context, { ...request, signatures })
    if (equal !== undefined) {
      return { target: { resolved, outcome: 'unchanged', stored: null, signature: equal } }
    }
    if (plan.dryRun) return { target: { resolved, outcome: 'wouldSign', stored: null, signature: null } }
    return sign(context, { ...request, signatures }, resolved)
  })
}

async function sign(
  context: Context,
  { open, subject, plan, signal, signatures }: Required<ManifestRequest>,
  resolved: string,
): Promise<SignedOutcome> {
  context.step(`sign ${resolved}`)
  const { metadata, manifest } = plan
  const { signature, foundBy } = await context.dialogue.waiting(`the signature of ${resolved}`, async () => {
    const envelope = await sealContent(plan, bindingOf(plan).contentOf(subject, metadata), {
      reference: resolved,
      signal,
    })
    return attachSignature({ artifacts: open.store, signatures }, subject, envelope, {
      signal,
      metadata,
      ...(manifest === undefined ? {} : { manifest }),
    }).catch((error: unknown) => {
      throw storeRefused(error)
    })
  })
  context.step(`read back ${signature.digest}`)
  return {
    target: {
      resolved,
      outcome: 'signed',
      stored: storedIn(foundBy, whereSignatures(open)),
      signature: describeSignature(plan, signature.digest),
    },
  }
}

async function findEqual(
  context: Context,
  { subject, plan, signal, signatures }: Required<ManifestRequest>,
): Promise<SignedTarget['signature'] | undefined> {
  context.step(`look for an equal signature in ${signatures.name}`)
  const { contentOf, mediaType } = bindingOf(plan)
  const equal = await context.dialogue.waiting(`the signatures in ${signatures.name}`, () =>
    findEqualSignature(signatures, subject, {
      content: contentOf(subject, plan.metadata),
      publicKey: plan.signer.key.publicKey,
      ...(plan.chain[0] === undefined ? {} : { certificate: plan.chain[0].der }),
      now: plan.now,
      mediaType,
      signal,
    }),
  )
  if (equal === undefined) return undefined
  return describeEqual(context, plan, equal.signature.digest, equal.envelope)
}
