import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import {
  type ArtifactKind,
  type ArtifactStore,
  artifactKind,
  type Descriptor,
  type GraphNode,
  type Manifest,
  readManifest,
  walkGraph,
} from '@sealwright/oci'
import { usageError } from '../frame/usage.ts'
import { assertMadeFor } from './made-for.ts'

/** A manifest that is to be deleted. */
export interface Doomed {
  readonly descriptor: Descriptor
  /** Digest of what it refers to. */
  readonly of: string
  readonly kind?: ArtifactKind
  /** For those that are tied to it by a tag alone. */
  readonly tag?: string
}

/** What the store has where a signature belongs, and what is not deleted. */
export interface Spared extends Doomed {
  readonly why: SealwrightError
}

export interface Deletable {
  /** What refers to another comes first. */
  readonly doomed: readonly Doomed[]
  readonly spared: readonly Spared[]
  /** What is named and not there. */
  readonly absent: readonly string[]
}

interface FindOptions {
  readonly signal: AbortSignal
  readonly concurrency?: number
}

/**
 * Finds the signatures of an artifact, all or those that are named, and whatever refers to them.
 *
 * A manifest belongs to another if its `subject` says so, or, under a tag of cosign's, if all that it holds is about the
 * other. What an index lists, or what merely has such a tag, belongs to somebody else and is never deleted; nor is the
 * artifact.
 *
 * @param named - Digests; nothing for all signatures.
 * @throws {@link SealwrightError} `VALIDATION` for what is named and is there, but does not belong to the artifact.
 */
export async function doomedOf(
  store: ArtifactStore,
  subject: Descriptor,
  named: readonly string[] | undefined,
  options: FindOptions,
): Promise<Deletable> {
  const chosen = new Map<string, Doomed>()
  const spared = new Map<string, Spared>()
  const walk = walkGraph(store, subject, {
    asListed: true,
    children: false,
    ...options,
    ...(named === undefined ? { only: ['signature'] } : {}),
  })
  for await (const node of walk) {
    const { descriptor, parent } = node
    const { digest } = descriptor
    if (parent === undefined || digest === subject.digest || chosen.has(digest)) continue
    if (!isWanted(digest, parent, subject, named, chosen)) continue
    const found = await belonging(
      store,
      node,
      { parent, ofTarget: parent.digest === subject.digest },
      options,
    )
    if (found === undefined) continue
    if ('why' in found) spared.set(digest, found)
    else {
      chosen.set(digest, found)
      spared.delete(digest)
    }
  }
  const unmet = (named ?? []).filter(digest => !chosen.has(digest))
  const absent: string[] = []
  for (const digest of unmet) {
    const refused = spared.get(digest)
    if (refused !== undefined) throw refused.why
    await assertAbsent(store, digest, subject, options)
    absent.push(digest)
  }
  return { doomed: [...chosen.values()].toReversed(), spared: [...spared.values()], absent }
}

function isWanted(
  digest: string,
  parent: Descriptor,
  subject: Descriptor,
  named: readonly string[] | undefined,
  chosen: ReadonlyMap<string, Doomed>,
): boolean {
  if (chosen.has(parent.digest)) return true
  return parent.digest === subject.digest && (named === undefined || named.includes(digest))
}

/** Judged by its own bytes, whatever the store lists it as. Nothing for what is listed and gone. */
async function belonging(
  store: ArtifactStore,
  { descriptor, role, tag, kind, manifest: read, fault }: GraphNode,
  { parent, ofTarget }: { readonly parent: Descriptor; readonly ofTarget: boolean },
  { signal }: FindOptions,
): Promise<Doomed | Spared | undefined> {
  const found = {
    descriptor,
    of: parent.digest,
    ...(kind === undefined ? {} : { kind }),
    ...(tag === undefined ? {} : { tag }),
  }
  if (fault !== undefined) return fault.code === 'NOT_FOUND' ? undefined : { ...found, why: fault }
  try {
    const manifest = read ?? (await readManifest(store, descriptor, { signal }))
    if (role === 'tagged') await assertMadeFor(store, manifest, { tag: tag ?? '', parent, ofTarget, signal })
    else assertRefers(store, descriptor, manifest, parent)
    const known = artifactKind(manifest, tag)
    return { ...found, ...(known === undefined ? {} : { kind: known }) }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    if (error.code === 'NOT_FOUND') return undefined
    if (error.code === 'VALIDATION' || error.code === 'INTEGRITY') return { ...found, why: error }
    throw error
  }
}

function assertRefers(
  store: ArtifactStore,
  { digest }: Descriptor,
  { subject }: Manifest,
  parent: Descriptor,
): void {
  if (subject?.digest === parent.digest) return
  throw usageError(`${digest} is not a referrer of ${parent.digest}`, {
    why: `${store.name} lists it as one, but it refers to ${subject?.digest ?? 'nothing'}`,
    fix: `correct the list: sealwright doctor ${shellQuote(`${store.name}@${parent.digest}`)} --fix`,
  })
}

async function assertAbsent(
  store: ArtifactStore,
  digest: string,
  subject: Descriptor,
  { signal }: FindOptions,
): Promise<void> {
  try {
    await store.resolve(digest, { signal })
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return
    throw error
  }
  throw usageError(`${digest} is not a signature of ${subject.digest}`, {
    why: `${store.name} has it, but it does not refer to the target`,
    fix: `choose one of those that do: sealwright list ${shellQuote(`${store.name}@${subject.digest}`)}`,
  })
}
