import {
  type ArtifactStore,
  type Descriptor,
  formatPlatform,
  type GraphNode,
  walkGraph,
} from '@sealwright/oci'
import type { ListedNode } from '../documents/listing.ts'

export interface TreeOptions {
  readonly depth?: number | undefined
  readonly concurrency?: number | undefined
  readonly signal: AbortSignal
}

/** What refers to a manifest; of an index also the manifests that something refers to. */
export type Tree = Pick<ListedNode, 'referrers' | 'manifests'>

interface Growing extends Tree {
  readonly referrers: ListedNode[]
  readonly manifests: ListedNode[]
}

const PREDICATE = 'dev.sigstore.bundle.predicateType'

/**
 * All that refers to an artifact, and to that in turn, by subject and by old tags, as the store lists it.
 *
 * @throws {@link SealwrightError} of the store; `UNSUPPORTED` for a tree that does not end.
 */
export async function referrerTree(
  store: ArtifactStore,
  artifact: Descriptor,
  { depth, concurrency, signal }: TreeOptions,
): Promise<Tree> {
  const root: Growing = { referrers: [], manifests: [] }
  const places = new Map<string, Growing>([[artifact.digest, root]])
  const walk = walkGraph(store, artifact, {
    asListed: true,
    signal,
    ...(depth === undefined ? {} : { depth }),
    ...(concurrency === undefined ? {} : { concurrency }),
  })
  for await (const node of walk) {
    if (node.role === 'artifact') continue
    const parent = places.get(node.parent!.digest)!
    const growing: Growing = { referrers: [], manifests: [] }
    if (!node.again) places.set(node.descriptor.digest, growing)
    const listed: ListedNode = { ...describe(node), ...growing }
    if (node.role === 'child') parent.manifests.push(listed)
    else parent.referrers.push(listed)
  }
  return pruned(root)
}

/** The tree with what is of a type (a kind, or a media type), and what leads to it. */
export function filterTree({ referrers, manifests }: Tree, type: string): Tree {
  const within = (nodes: readonly ListedNode[]): ListedNode[] =>
    nodes.map(node => ({ ...node, ...filterTree(node, type) }))
  return {
    referrers: within(referrers).filter(node => !isEmpty(node) || isOfType(node, type)),
    manifests: within(manifests).filter(node => !isEmpty(node)),
  }
}

function isOfType({ kind, artifactType }: ListedNode, type: string): boolean {
  return kind === type || artifactType === type
}

function isEmpty({ referrers, manifests }: Tree): boolean {
  return referrers.length === 0 && manifests.length === 0
}

/** Without the manifests of indexes that nothing refers to. */
function pruned({ referrers, manifests }: Tree): Tree {
  const within = (nodes: readonly ListedNode[]): ListedNode[] =>
    nodes.map(node => ({ ...node, ...pruned(node) }))
  return { referrers: within(referrers), manifests: within(manifests).filter(node => !isEmpty(node)) }
}

function reasonOf({ message, why }: NonNullable<GraphNode['fault']>): string {
  return why === undefined ? message : `${message}: ${why}`
}

function describe(node: GraphNode): Omit<ListedNode, 'referrers' | 'manifests'> {
  const { descriptor, kind, tag, fault, again } = node
  const { digest, mediaType, artifactType, size, annotations = {}, platform } = descriptor
  return {
    digest,
    mediaType,
    artifactType: artifactType ?? null,
    kind: kind ?? 'other',
    size,
    annotations: { ...annotations },
    predicateType: annotations[PREDICATE] ?? null,
    tag: tag ?? null,
    platform: platform === undefined ? null : formatPlatform(platform),
    signer: null,
    signingTime: null,
    fault: fault === undefined ? null : reasonOf(fault),
    again: again === true,
  }
}
