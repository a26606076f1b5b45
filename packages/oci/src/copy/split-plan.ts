import type { Descriptor } from '../descriptor.ts'
import { type CopyPlan, keyOf, type PlannedManifest } from './copy-plan.ts'

/** A plan in two: for the artifact and its children, and for all that refers to any of them. */
export interface SplitPlan {
  readonly artifact: CopyPlan
  /** Its `root` is that of the whole, and not among its manifests. */
  readonly referrers: CopyPlan
}

/** What belongs to both, as a signature that an index lists among its manifests, is in both, each with all that it needs. */
export function splitPlan(plan: CopyPlan): SplitPlan {
  const { root, referring } = plan
  return {
    // A tag that is made of a digest says what refers to it.
    artifact: partOf(plan, withChildren(plan, [root.descriptor.digest]), each => ({ ...each, tags: [] })),
    referrers: partOf(plan, withChildren(plan, referring), each => each),
  }
}

function withChildren({ manifests }: CopyPlan, digests: Iterable<string>): ReadonlySet<string> {
  // What is added to a set while it is gone through is gone through too.
  const found = new Set(digests)
  for (const digest of found)
    for (const child of manifests.get(digest)?.children ?? []) found.add(child.digest)
  return found
}

function partOf(
  { root, referring, needed, manifests: all, left }: CopyPlan,
  wanted: ReadonlySet<string>,
  change: (planned: PlannedManifest) => PlannedManifest,
): CopyPlan {
  const manifests = new Map<string, PlannedManifest>()
  const blobs = new Map<string, Descriptor>()
  for (const [digest, planned] of all) {
    if (!wanted.has(digest)) continue
    manifests.set(digest, change(planned))
    for (const blob of planned.blobs) if (!blobs.has(keyOf(blob))) blobs.set(keyOf(blob), blob)
  }
  return {
    root: manifests.get(root.descriptor.digest) ?? root,
    manifests,
    blobs,
    referring,
    needed,
    left: left.filter(({ descriptor }) => wanted.has(descriptor.digest)),
  }
}
