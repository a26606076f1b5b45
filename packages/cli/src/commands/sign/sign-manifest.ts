import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { attachSignature, findEqualSignature } from '@sealwright/notary'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import type { Session } from '../../session/session.ts'
import type { SignedTarget } from '../../signatures/document.ts'
import { type OpenTarget, storedIn } from '../../targets/open-target.ts'
import {
  bindingOf,
  describeEqual,
  describeMade,
  type SignedOutcome,
  type SignPlan,
  sealContent,
} from './plan.ts'

export interface ManifestRequest {
  readonly open: OpenTarget
  /** As resolved from the target's store. */
  readonly subject: Descriptor
  readonly plan: SignPlan
  readonly signal: AbortSignal
  /** Where the signature goes; default that of the target. */
  readonly signatures?: ArtifactStore | undefined
}

/** Signs one manifest and attaches the signature, unless an equal one is there. */
export function signManifest(session: Session, request: ManifestRequest): Promise<SignedOutcome> {
  const { open, subject, plan } = request
  const { signatures = open.signatures } = request
  return plan.oneByOne.run(`${signatures.name}@${subject.digest}`, async () => {
    const resolved = open.nameOf(subject.digest)
    const equal = plan.again ? undefined : await findEqual(session, { ...request, signatures })
    if (equal !== undefined) {
      return { target: { resolved, outcome: 'unchanged', stored: null, signature: equal } }
    }
    if (plan.dryRun) return { target: { resolved, outcome: 'wouldSign', stored: null, signature: null } }
    return sign(session, { ...request, signatures }, resolved)
  })
}

async function sign(
  session: Session,
  { open, subject, plan, signal, signatures }: ManifestRequest & { readonly signatures: ArtifactStore },
  resolved: string,
): Promise<SignedOutcome> {
  session.step(`sign ${resolved}`)
  const { metadata, manifest } = plan
  const { signature, foundBy, sealed } = await session.dialogue.waiting(
    `the signature of ${resolved}`,
    async () => {
      const sealed = await sealContent(plan, bindingOf(plan).contentOf(subject, metadata), {
        reference: resolved,
        signal,
      })
      const attached = await attachSignature(
        { artifacts: open.store, signatures },
        subject,
        sealed.envelope,
        {
          signal,
          metadata,
          manifest,
        },
      ).catch((error: unknown) => {
        throw storeRefused(error)
      })
      return { ...attached, sealed }
    },
  )
  session.step(`read back ${signature.digest}`)
  return {
    target: {
      resolved,
      outcome: 'signed',
      stored: storedIn(open, foundBy),
      signature: describeMade(plan, signature.digest, sealed),
    },
  }
}

async function findEqual(
  session: Session,
  { subject, plan, signal, signatures }: ManifestRequest & { readonly signatures: ArtifactStore },
): Promise<SignedTarget['signature'] | undefined> {
  session.step(`look for an equal signature in ${signatures.name}`)
  const { contentOf, mediaType } = bindingOf(plan)
  const equal = await session.dialogue.waiting(`the signatures in ${signatures.name}`, () =>
    findEqualSignature(signatures, subject, {
      content: contentOf(subject, plan.metadata),
      publicKey: plan.signer.key.publicKey,
      certificate: plan.chain[0]?.der,
      timestampedBy: plan.timestamps?.roots,
      now: plan.now,
      mediaType,
      signal,
    }),
  )
  if (equal === undefined) return undefined
  return describeEqual(session, plan, equal.signature.digest, equal.envelope)
}

/**
 * What a store threw that was to keep a signature. Where it does not allow it, with the ways around: who may not write
 * to a repository can sign what is in it all the same.
 */
function storeRefused(error: unknown): unknown {
  if (!isSealwrightError(error) || error.code !== 'ACCESS_DENIED') return error
  const { code, message, why, requestId } = error
  return new SealwrightError(code, message, {
    why: [why, 'the signature was made, and is stored nowhere'].filter(Boolean).join('; '),
    fix: 'grant push, or sign elsewhere: --signatures-in REPO, or --signature FILE and then `sealwright attach`',
    requestId,
    cause: error,
  })
}
