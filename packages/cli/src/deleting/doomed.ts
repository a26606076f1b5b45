import { isSealwrightError } from '@sealwright/core'
import { type ArtifactStore, type Descriptor, type GraphNode, readManifest, walkGraph } from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'

/** A manifest that is to be deleted. */
export interface Doomed {
  readonly descriptor: Descriptor
  /** Digest of what it refers to. */
  readonly of: string
  readonly kind?: string
  /** For those that are tied to it by a tag alone. */
  readonly tag?: string
}

interface FindOptions {
  readonly signal: AbortSignal
  readonly concurrency?: number
}

/**
 * The signatures of an artifact, all or those that are named, and whatever refers to them: what refers to another comes
 * first. Of an index, not those of its manifests.
 *
 * @param named - Digests; nothing for all signatures.
 * @returns `absent`: what is named and not there.
 * @throws {@link SealwrightError} `VALIDATION` for what is named and is there, but refers to something else.
 */
export async function doomedOf(
  store: ArtifactStore,
  subject: Descriptor,
  named: readonly string[] | undefined,
  options: FindOptions,
): Promise<{ readonly doomed: readonly Doomed[]; readonly absent: readonly string[] }> {
  const chosen = new Map<string, Doomed>()
  const walk = walkGraph(store, subject, {
    asListed: true,
    ...options,
    ...(named === undefined ? { only: ['signature'] } : {}),
  })
  for await (const node of walk) {
    const { descriptor, parent } = node
    if (parent === undefined || chosen.has(descriptor.digest) || !isWanted(node, subject, named, chosen))
      continue
    if (!(await refers(store, node, options))) continue
    chosen.set(descriptor.digest, {
      descriptor,
      of: parent.digest,
      ...(node.kind === undefined ? {} : { kind: node.kind }),
      ...(node.tag === undefined ? {} : { tag: node.tag }),
    })
  }
  const absent = (named ?? []).filter(digest => !chosen.has(digest))
  for (const digest of absent) await assertAbsent(store, digest, subject, options)
  return { doomed: [...chosen.values()].toReversed(), absent }
}

function isWanted(
  { descriptor, parent, role }: GraphNode,
  subject: Descriptor,
  named: readonly string[] | undefined,
  chosen: ReadonlyMap<string, Doomed>,
): boolean {
  if (chosen.has(parent!.digest)) return true
  const attached = parent!.digest === subject.digest && role !== 'child'
  return attached && (named === undefined || named.includes(descriptor.digest))
}

/** A list of referrers may name what is none, or what is gone. False for what is gone. */
async function refers(
  store: ArtifactStore,
  { role, descriptor, parent, manifest, fault }: GraphNode,
  { signal }: FindOptions,
): Promise<boolean> {
  if (fault !== undefined) {
    if (fault.code === 'NOT_FOUND') return false
    throw fault
  }
  if (role !== 'referrer' || manifest !== undefined) return true
  const read = await ifThere(() => readManifest(store, descriptor, { signal }))
  if (read === undefined) return false
  if (read.subject?.digest === parent!.digest) return true
  throw usageError(`${descriptor.digest} is no referrer of ${parent!.digest}`, {
    why: `${store.name} lists it as one, but it refers to ${read.subject?.digest ?? 'nothing'}`,
    fix: 'mend the list: sealwright doctor TARGET --fix',
  })
}

async function assertAbsent(
  store: ArtifactStore,
  digest: string,
  subject: Descriptor,
  { signal }: FindOptions,
): Promise<void> {
  if ((await ifThere(() => store.resolve(digest, { signal }))) === undefined) return
  throw usageError(`${digest} is no signature of ${subject.digest}`, {
    why: `${store.name} has it, but it does not refer to the target`,
    fix: 'delete takes away what refers to its target, and nothing else',
  })
}

async function ifThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}
