import { SealwrightError } from '@sealwright/core'
import { type ArtifactStore, formatPlatform, type GraphNode, walkGraph } from '@sealwright/oci'
import type { Context } from '../frame/context.ts'
import { type OpenTarget, openTarget } from '../targets/open-target.ts'
import type { ArtifactTarget } from '../targets/target.ts'
import { attempt, failed, type Signed } from './attempt.ts'
import type { SignPlan } from './plan.ts'
import { signManifest } from './sign-manifest.ts'

/**
 * Signs an artifact and every manifest that it names, and those that these name: the images of all platforms, and what a
 * builder attests of them. What has an equal signature is kept. One that fails does not stop the others.
 */
export async function signRecursively(
  context: Context,
  target: ArtifactTarget,
  plan: SignPlan,
): Promise<readonly Signed[]> {
  try {
    await using open = await openTarget(context, target, plan.registry, { create: true })
    const nodes = await plan.atOnce.run(() => manifestsOf(context, open, target))
    const [root, ...below] = nodes as [GraphNode, ...GraphNode[]]
    const index = open.nameOf(root.descriptor.digest)
    const signAll = async (signatures: ArtifactStore): Promise<Signed[]> => {
      const sign = (node: GraphNode): Promise<Signed> => signNode(context, { open, node, plan, signatures })
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
      : await signatures.batch(signAll, { signal: context.io.signal })
  } catch (thrown) {
    return [failed(context, target.text, thrown)]
  }
}

/** The artifact first. */
async function manifestsOf(
  context: Context,
  open: OpenTarget,
  target: ArtifactTarget,
): Promise<readonly GraphNode[]> {
  context.step(`resolve ${target.text}`)
  const signal = await context.deadline()
  return context.dialogue.waiting(open.store.name, async () => {
    const root = await open.resolve(signal)
    if (target.digest === undefined) context.note(`${target.text} is ${root.digest}`)
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

async function signNode(context: Context, { open, node, plan, signatures }: NodeRequest): Promise<Signed> {
  const { mediaType, digest, size, platform } = node.descriptor
  const signed = await plan.atOnce.run(() =>
    attempt(context, open.nameOf(digest), async () => {
      if (node.fault !== undefined) throw absent(open, node, node.fault)
      const signal = await context.deadline()
      return signManifest(context, { open, subject: { mediaType, digest, size }, plan, signal, signatures })
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
