import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { attachSignature, fileContent, findEqualSignature } from '@sealwright/notary'
import {
  type ArtifactStore,
  type Descriptor,
  formatPlatform,
  type GraphNode,
  walkGraph,
} from '@sealwright/oci'
import { EXIT, type ExitCode } from '../../runtime/exit.ts'
import { exitCodeOfError, failureOf } from '../../runtime/failure.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { SignedTarget } from '../../signatures/document.ts'
import { type OpenTarget, openTarget, storedIn } from '../../targets/open-target.ts'
import { readTarget } from '../../targets/read-file.ts'
import type { ArtifactTarget, FileTarget, Target } from '../../targets/target.ts'
import { signDetached } from './detached.ts'
import {
  bindingOf,
  describeEqual,
  describeMade,
  type SignedOutcome,
  type SignPlan,
  sealContent,
} from './plan.ts'

/** Signs one target; with `recursive` also what it names. A failure is one of the results. */
export async function signTarget(
  session: Session,
  target: Target,
  plan: SignPlan,
): Promise<readonly Signed[]> {
  if (target.kind !== 'file' && plan.recursive) return signRecursively(session, target, plan)
  const signed = await plan.limit(() =>
    attempt(session, target.text, () =>
      target.kind === 'file'
        ? signFileTarget(session, target, plan)
        : signArtifactTarget(session, target, plan),
    ),
  )
  return [signed]
}

/** What became of one target, or of a manifest that an index among the targets names. */
export interface Signed {
  readonly target: SignedTarget
  readonly exitCode: ExitCode
  /** Where it is the output itself. */
  readonly envelope?: Uint8Array | undefined
}

/** Runs the work on one target; what it throws becomes its result. */
export async function attempt(
  session: Session,
  reference: string,
  work: () => Promise<SignedOutcome>,
): Promise<Signed> {
  try {
    // What waited for its turn while the run was interrupted is not begun.
    session.io.signal.throwIfAborted()
    const { target, envelope } = await work()
    return {
      target: { reference, ...target, error: null },
      exitCode: EXIT.done,
      envelope,
    }
  } catch (thrown) {
    return failed(session, reference, thrown)
  }
}

/** A target that could not be signed. */
export function failed(session: Session, reference: string, thrown: unknown): Signed {
  const error = session.fault(thrown)
  const nothing = { resolved: null, signature: null, stored: null }
  return {
    target: { reference, outcome: 'failed', ...nothing, error: failureOf(error) },
    exitCode: exitCodeOfError(error, session.io.signal),
  }
}

/** Signs one artifact and attaches the signature, unless an equal one is there. */
async function signArtifactTarget(
  session: Session,
  target: ArtifactTarget,
  plan: SignPlan,
): Promise<SignedOutcome> {
  const signal = await session.deadline()
  await using open = await openTarget(session, target, plan.registry, { create: true })
  session.step(`resolve ${target.text}`)
  const subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) session.note(`${target.text} is ${subject.digest}`)
  const resolved = open.nameOf(subject.digest)
  if (plan.signature === undefined) return await signManifest(session, { open, subject, plan, signal })
  const content = bindingOf(plan).contentOf(subject, plan.metadata)
  return await signDetached(session, { content, resolved, path: plan.signature, plan, signal })
}

/** Signs a file; the signature is a file beside it, or where `--signature` says. */
async function signFileTarget(session: Session, target: FileTarget, plan: SignPlan): Promise<SignedOutcome> {
  if (target.path === '-' && plan.signature === undefined) {
    throw usageError('a target from stdin has no file next to which the signature could be written', {
      why: 'a file gets FILE.jws.sig beside it',
      fix: 'add --signature FILE, or --signature - for stdout',
    })
  }
  // The time allowed is for services; how long hashing takes is the size of the file.
  const { signal } = session.io
  const file = await fileContent(readTarget(session, target, signal), { algorithm: plan.signer.algorithm.id })
  const content = bindingOf(plan).contentOf(file, plan.metadata)
  const path = plan.signature ?? `${target.path}.${plan.format}.sig`
  return signDetached(session, {
    content,
    resolved: `${target.text}@${content.digest}`,
    path,
    plan,
    signal: await session.deadline(),
  })
}

/**
 * Signs an artifact and every manifest that it names, and those that these name: the images of all platforms, and what a
 * builder attests of them. What has an equal signature is kept. One that fails does not stop the others.
 */
async function signRecursively(
  session: Session,
  target: ArtifactTarget,
  plan: SignPlan,
): Promise<readonly Signed[]> {
  try {
    await using open = await openTarget(session, target, plan.registry, { create: true })
    const nodes = await plan.limit(() => manifestsOf(session, open, target))
    const [root, ...below] = nodes as [GraphNode, ...GraphNode[]]
    const index = open.nameOf(root.descriptor.digest)
    const signAll = async (signatures: ArtifactStore): Promise<Signed[]> => {
      const sign = (node: GraphNode): Promise<Signed> => signNode(session, { open, node, plan, signatures })
      const children = await Promise.all(below.map(sign))
      // Last: a signature of the index says that what it names has been seen to.
      const whole = await sign(root)
      return [
        { ...whole, target: { ...whole.target, reference: target.text } },
        ...children.map(child => ({ ...child, target: { ...child.target, index } })),
      ]
    }
    const { signatures } = open
    return signatures.batch === undefined || plan.dryRun
      ? await signAll(signatures)
      : await signatures.batch(signAll, { signal: session.io.signal })
  } catch (thrown) {
    return [failed(session, target.text, thrown)]
  }
}

/** The artifact first. */
async function manifestsOf(
  session: Session,
  open: OpenTarget,
  target: ArtifactTarget,
): Promise<readonly GraphNode[]> {
  session.step(`resolve ${target.text}`)
  const signal = await session.deadline()
  return session.dialogue.waiting(open.store.name, async () => {
    const root = await open.resolve(signal)
    if (target.digest === undefined) session.note(`${target.text} is ${root.digest}`)
    const nodes: GraphNode[] = []
    for await (const node of walkGraph(open.store, root, { depth: 0, signal })) {
      if (node.again !== true) nodes.push(node)
    }
    return nodes
  })
}

interface NodeRequest {
  readonly open: OpenTarget
  readonly node: GraphNode
  readonly plan: SignPlan
  readonly signatures: ArtifactStore
}

async function signNode(session: Session, { open, node, plan, signatures }: NodeRequest): Promise<Signed> {
  const { mediaType, digest, size, platform } = node.descriptor
  const signed = await plan.limit(() =>
    attempt(session, open.nameOf(digest), async () => {
      if (node.fault !== undefined) throw absent(open, node, node.fault)
      const signal = await session.deadline()
      return signManifest(session, { open, subject: { mediaType, digest, size }, plan, signal, signatures })
    }),
  )
  if (platform === undefined) return signed
  return { ...signed, target: { ...signed.target, platform: formatPlatform(platform) } }
}

function absent({ store }: OpenTarget, { descriptor }: GraphNode, fault: SealwrightError): SealwrightError {
  if (fault.code !== 'NOT_FOUND') return fault
  return new SealwrightError('NOT_FOUND', `${store.name} has no ${descriptor.digest}`, {
    why: 'the index names it, and it was left behind when the others were copied',
    fix: 'copy the artifact with all of its platforms, or sign one at a time what is there',
    cause: fault,
  })
}

interface ManifestRequest {
  readonly open: OpenTarget
  /** As resolved from the target's store. */
  readonly subject: Descriptor
  readonly plan: SignPlan
  readonly signal: AbortSignal
  /** Where the signature goes; default that of the target. */
  readonly signatures?: ArtifactStore | undefined
}

/** Signs one manifest and attaches the signature, unless an equal one is there. */
function signManifest(session: Session, request: ManifestRequest): Promise<SignedOutcome> {
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
