import { isSealwrightError, type SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { inspectEnvelope } from '@sealwright/notary'
import {
  type ArtifactKind,
  type ArtifactStore,
  artifactKind,
  type Descriptor,
  type GraphNode,
  type Manifest,
  ReferrerTypes,
  readBlob,
  readManifest,
  walkGraph,
} from '@sealwright/oci'
import type { InTotoStatement } from '@sealwright/sigstore'
import { usageError } from '../../runtime/usage.ts'
import { MAX_ENVELOPE_BYTES } from '../../signatures/envelopes.ts'

/** A manifest that is to be deleted. */
export interface Doomed {
  readonly descriptor: Descriptor
  /** Digest of what it refers to. */
  readonly of: string
  readonly kind?: ArtifactKind | undefined
  /** For those that are tied to it by a tag alone. */
  readonly tag?: string | undefined
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
  readonly concurrency?: number | undefined
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
    concurrency: options.concurrency,
    signal: options.signal,
    ...(named === undefined ? { only: ['signature'] } : {}),
  })
  for await (const node of walk) {
    const { descriptor, parent } = node
    const { digest } = descriptor
    if (parent === undefined || digest === subject.digest || chosen.has(digest)) continue
    if (!isWanted(digest, { parent, subject, named, chosen })) continue
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
  {
    parent,
    subject,
    named,
    chosen,
  }: {
    readonly parent: Descriptor
    readonly subject: Descriptor
    readonly named: readonly string[] | undefined
    readonly chosen: ReadonlyMap<string, Doomed>
  },
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
    kind,
    tag,
  }
  if (fault !== undefined) return fault.code === 'NOT_FOUND' ? undefined : { ...found, why: fault }
  try {
    const manifest = read ?? (await readManifest(store, descriptor, { signal }))
    if (role === 'tagged') await assertMadeFor(store, manifest, { tag: tag ?? '', parent, ofTarget, signal })
    else assertRefers(store, descriptor, manifest, parent)
    const known = artifactKind(manifest, tag)
    return { ...found, kind: known ?? kind }
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

interface Tagged {
  readonly tag: string
  /** What the tag is made of. */
  readonly parent: Descriptor
  /** Whether that is the artifact of which something is deleted, and not what refers to it. */
  readonly ofTarget: boolean
  readonly signal: AbortSignal
}

/**
 * Refuses a manifest under one of cosign's tags (`sha256-<hex>.sig`, `.att`, `.sbom`) that is not what cosign puts there
 * for this digest. Anybody who may push may give such a tag to any manifest, also to another image.
 *
 * @throws {@link SealwrightError} `VALIDATION`; of the store.
 */
async function assertMadeFor(
  store: ArtifactStore,
  manifest: Manifest,
  { tag, parent, ofTarget, signal }: Tagged,
): Promise<void> {
  const refused = (why: string) =>
    usageError(`${tag} in ${store.name} is not what cosign stores for ${parent.digest}`, {
      why,
      fix: `look at what the tag names, and remove the tag: ${tag}`,
    })
  const suffix = /\.(?:sig|att|sbom)$/.exec(tag)?.[0]
  if (suffix === undefined) throw refused('cosign uses no such tag')
  if (manifest.kind !== 'image' || manifest.layers.length === 0) throw refused('it holds no layers')
  const { subject } = manifest
  if (subject !== undefined && subject.digest !== parent.digest)
    throw refused(`it refers to ${subject.digest}`)
  // It does not say what it is about, and nobody named it.
  if (suffix === '.sbom' && !ofTarget) throw refused('a bill of materials may be that of another artifact')
  for (const layer of manifest.layers) {
    if (!isOf(layer.mediaType, suffix)) throw refused(`it holds a layer of type ${layer.mediaType}`)
    if (suffix === '.sbom') continue
    const bytes = await readBlob(store, layer, MAX_ENVELOPE_BYTES, { signal })
    const { signs, statement, fault } = inspectEnvelope({ mediaType: layer.mediaType, bytes })
    const about = signs === undefined ? subjectsOf(statement) : [signs]
    if (!about.includes(parent.digest)) {
      throw refused(fault ?? `its layer ${layer.digest} is about ${about.join(', ') || 'nothing'}`)
    }
  }
}

function isOf(mediaType: string, suffix: string): boolean {
  switch (suffix) {
    case '.sig':
      return mediaType === ReferrerTypes.simpleSigning
    case '.att':
      return mediaType === ReferrerTypes.dsse
    default:
      return /^(?:text\/spdx|application\/(?:spdx|vnd\.cyclonedx|vnd\.syft))/.test(mediaType)
  }
}

function subjectsOf(statement: InTotoStatement | undefined): readonly string[] {
  return (statement?.subjects ?? []).flatMap(({ digest }) =>
    Object.entries(digest).map(([algorithm, hex]) => `${algorithm}:${hex}`),
  )
}
