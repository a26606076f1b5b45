import type { SealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import type { ArtifactKind } from './artifact-kind.ts'
import { walkGraph } from './walk-graph.ts'

/** What refers to a manifest; of an index also its manifests, as far as something refers to them. */
export interface ReferrerTree {
  readonly referrers: readonly ReferrerNode[]
  readonly manifests: readonly ReferrerNode[]
}

/** A manifest in a tree of referrers. */
export interface ReferrerNode extends ReferrerTree {
  /** As the store lists it. */
  readonly descriptor: Descriptor
  /** By the conventions of those who write it; absent for anything else. */
  readonly kind?: ArtifactKind | undefined
  /** The tag it was found by: cosign's older `sha256-<hex>.sig`, `.att`, `.sbom`. */
  readonly tag?: string | undefined
  /** Why it cannot be read, or does not belong where the store lists it. */
  readonly fault?: SealwrightError | undefined
  /** It stands elsewhere in the tree too; what refers to it is there. */
  readonly again: boolean
}

export interface ReferrerTreeOptions extends StoreCall {
  /** How many steps of referring. Default: all. */
  readonly depth?: number | undefined
  /** How many manifests are looked at together. Default 8. */
  readonly concurrency?: number | undefined
}

interface Growing {
  readonly referrers: ReferrerNode[]
  readonly manifests: ReferrerNode[]
}

/**
 * Lists all that refers to an artifact, and to that in turn, by subject and by cosign's tags. The store's word is taken for
 * what it lists: nothing of it is verified.
 *
 * @throws {@link SealwrightError} of the store; `UNSUPPORTED` for more than 10 000 manifests.
 */
export async function referrerTree(
  store: ArtifactStore,
  artifact: Descriptor,
  { depth, concurrency, ...call }: ReferrerTreeOptions = {},
): Promise<ReferrerTree> {
  const root: Growing = { referrers: [], manifests: [] }
  const places = new Map<string, Growing>([[artifact.digest, root]])
  const walk = walkGraph(store, artifact, {
    asListed: true,
    ...call,
    depth,
    concurrency,
  })
  for await (const { role, parent, descriptor, kind, tag, fault, again = false } of walk) {
    if (role === 'artifact') continue
    const growing: Growing = { referrers: [], manifests: [] }
    if (!again) places.set(descriptor.digest, growing)
    const { referrers, manifests } = places.get(parent!.digest)!
    const siblings = role === 'child' ? manifests : referrers
    siblings.push({ descriptor, kind, tag, fault, again, ...growing })
  }
  return pruned(root)
}

/** Returns the tree with what is of a type, which is a kind or an artifact type, and with what leads to it. */
export function filterReferrers({ referrers, manifests }: ReferrerTree, type: string): ReferrerTree {
  const within = (nodes: readonly ReferrerNode[]) =>
    nodes.map(node => ({ ...node, ...filterReferrers(node, type) }))
  const isOfType = ({ kind, descriptor }: ReferrerNode) => kind === type || descriptor.artifactType === type
  return {
    referrers: within(referrers).filter(node => !isLeaf(node) || isOfType(node)),
    manifests: within(manifests).filter(node => !isLeaf(node)),
  }
}

/** Without the manifests of indexes that nothing refers to. */
function pruned({ referrers, manifests }: ReferrerTree): ReferrerTree {
  const within = (nodes: readonly ReferrerNode[]) => nodes.map(node => ({ ...node, ...pruned(node) }))
  return { referrers: within(referrers), manifests: within(manifests).filter(node => !isLeaf(node)) }
}

function isLeaf({ referrers, manifests }: ReferrerTree): boolean {
  return referrers.length === 0 && manifests.length === 0
}
