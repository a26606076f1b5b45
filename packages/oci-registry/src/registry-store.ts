import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  type Descriptor,
  isDigest,
  isManifestMediaType,
  isTag,
  MAX_MANIFEST_BYTES,
  type Manifest,
  type PushCall,
  type PushResult,
  parseDigest,
  parseManifest,
  type ReferrersQuery,
  readBlob,
  type StoreCall,
  type TagCall,
  type TagsQuery,
} from '@sealwright/oci'
import {
  asVerified,
  collectVerified,
  referrerEntry,
  referrerParts,
  releasable,
  throwIfAborted,
} from '@sealwright/oci/store'
import type { RegistryBlobs } from './blobs.ts'
import type { ExaminableStore, RegistryAbilities } from './examine-registry.ts'
import { findAbilities } from './find-abilities.ts'
import type { RegistryClient, RegistryPlace } from './http/client.ts'
import type { RegistryManifests } from './manifests.ts'
import type { Subject } from './referrers/referrers-list.ts'
import type { ReferrersRepair, ReferrersState, RepairOptions } from './referrers/referrers-repair.ts'
import type { RegistryReferrers } from './referrers/registry-referrers.ts'
import type { RepairableStore } from './referrers/repair-referrers.ts'
import type { RegistryTags } from './tags.ts'

/** What a {@link RegistryStore} is made of. */
export interface RegistryParts {
  readonly name: string
  readonly client: RegistryClient
  readonly manifests: RegistryManifests
  readonly blobs: RegistryBlobs
  readonly referrers: RegistryReferrers
  readonly tags: RegistryTags
  readonly repair: ReferrersRepair
  /** Told of what others should know. */
  readonly warn: ((text: string) => void) | undefined
  /** Whether the transport allocates the memory of each chunk, so that it can be released. */
  readonly isReleasable: boolean
}

/** More is not remembered. */
const MAX_REMEMBERED = 10_000
/** How long a blob that we pushed is taken to be there: a run of the command line. */
const PUSHED_FOR_MS = 5 * 60_000

/** One repository of a registry, as `registry` makes it. */
export class RegistryStore implements ExaminableStore, RepairableStore, MountSource {
  readonly name: string
  readonly place: RegistryPlace
  readonly #parts: RegistryParts
  /** Digests that were asked for and not there. */
  readonly #absent = new Set<string>()
  /** Digests of blobs that we pushed, and when, by `performance.now()`: the config of signatures is the same for all. */
  readonly #pushed = new Map<string, number>()

  constructor(parts: RegistryParts) {
    this.name = parts.name
    this.place = parts.client.place
    this.#parts = parts
  }

  async resolve(reference: string, call: StoreCall = {}): Promise<Descriptor> {
    if (!isTag(reference) && !isDigest(reference)) {
      throw new SealwrightError(
        'VALIDATION',
        `${JSON.stringify(reference.slice(0, 200))} is not a tag or a digest`,
      )
    }
    const descriptor = await this.#parts.manifests.resolve(reference, call)
    if (descriptor !== undefined) {
      this.#parts.referrers.knowsRepository()
      return descriptor
    }
    throw new SealwrightError(
      'NOT_FOUND',
      `${this.name} has no ${isDigest(reference) ? 'manifest' : 'tag'} ${reference}`,
    )
  }

  fetch(descriptor: Descriptor, call: StoreCall = {}): AsyncGenerator<Uint8Array> {
    const content = asVerified(descriptor, this.#read(descriptor, call))
    return this.#parts.isReleasable ? releasable(content) : content
  }

  async *#read(descriptor: Descriptor, call: StoreCall): AsyncGenerator<Uint8Array> {
    parseDigest(descriptor.digest)
    const { manifests, blobs } = this.#parts
    yield* isManifestMediaType(descriptor.mediaType)
      ? manifests.read(descriptor, call)
      : blobs.read(descriptor, call)
  }

  async exists(descriptor: Descriptor, call: StoreCall = {}): Promise<boolean> {
    parseDigest(descriptor.digest)
    const { manifests, blobs } = this.#parts
    const exists = isManifestMediaType(descriptor.mediaType)
      ? (await manifests.resolve(descriptor.digest, call)) !== undefined
      : await blobs.exists(descriptor, call)
    if (!exists && this.#absent.size < MAX_REMEMBERED) this.#absent.add(descriptor.digest)
    return exists
  }

  /** Whether it must be pushed. Who has just asked is not asked again on its behalf. */
  async #isMissing(descriptor: Descriptor, call: PushCall): Promise<boolean> {
    const known = call.assumeAbsent === true || this.#absent.has(descriptor.digest)
    const missing = known || !(await this.#isStored(descriptor, call))
    this.#absent.delete(descriptor.digest)
    return missing
  }

  /** What is denied may be absent (Artifactory), or not for us to read: the push will tell. */
  async #isStored(descriptor: Descriptor, call: StoreCall): Promise<boolean> {
    try {
      return await this.exists(descriptor, call)
    } catch (error) {
      if (isSealwrightError(error) && error.code === 'ACCESS_DENIED') return false
      throw error
    }
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call: PushCall = {},
  ): Promise<PushResult> {
    throwIfAborted(call.signal)
    if (!isManifestMediaType(descriptor.mediaType)) {
      const { digest } = descriptor
      const pushedAt = this.#pushed.get(digest) ?? Number.NEGATIVE_INFINITY
      if (performance.now() - pushedAt < PUSHED_FOR_MS) return {}
      if (!(await this.#isMissing(descriptor, call))) return {}
      await this.#parts.blobs.push(descriptor, content, call)
      if (this.#pushed.size < MAX_REMEMBERED) this.#pushed.set(digest, performance.now())
      return {}
    }
    const bytes = await collectVerified(descriptor, content, {
      from: 'the caller',
      maxBytes: MAX_MANIFEST_BYTES,
    })
    const { subject, entry } = referrerParts(descriptor, bytes, call.anyway)
    const { manifests, referrers } = this.#parts
    const { digest, mediaType } = descriptor
    if (subject !== undefined) {
      // Even if it is there: it may not be listed yet, and only the answer tells whether the registry does that.
      return { referrers: await referrers.push(subject, { descriptor, entry, bytes }, call) }
    }
    if (!(await this.#isMissing(descriptor, call))) return {}
    // Of another digest not every registry keeps what comes under a tag.
    const tag =
      call.tag !== undefined && isTag(call.tag) && digest.startsWith('sha256:') ? call.tag : undefined
    await this.#aware(bytes, descriptor, () =>
      manifests.put(tag ?? digest, { mediaType, digest, bytes }, call),
    )
    referrers.pushed(digest)
    return tag === undefined ? {} : { tagged: true }
  }

  async tag(descriptor: Descriptor, tag: string, call: TagCall = {}): Promise<void> {
    if (!isTag(tag)) {
      throw new SealwrightError('VALIDATION', `${JSON.stringify(tag.slice(0, 200))} is not a tag`)
    }
    const { manifests } = this.#parts
    if ((await this.#standing(tag, call)) === descriptor.digest) return
    const bytes = await this.#manifestBytes(descriptor, call)
    await manifests.put(tag, { ...descriptor, bytes }, call)
  }

  #manifestBytes(descriptor: Descriptor, call: TagCall): Promise<Uint8Array> {
    const maxBytes = MAX_MANIFEST_BYTES
    return call.bytes === undefined
      ? readBlob(this, descriptor, maxBytes, call)
      : collectVerified(descriptor, call.bytes, { from: 'the caller', maxBytes })
  }

  referrers(subject: Descriptor, query: ReferrersQuery = {}): AsyncGenerator<Descriptor> {
    return this.#parts.referrers.list(subject, query)
  }

  async delete(descriptor: Descriptor, call: StoreCall = {}): Promise<void> {
    const { digest, mediaType } = descriptor
    parseDigest(digest)
    const { manifests, blobs, referrers } = this.#parts
    if (!isManifestMediaType(mediaType)) {
      this.#pushed.delete(digest)
      if (!(await blobs.delete(digest, call)))
        throw new SealwrightError('NOT_FOUND', `${this.name} has no blob ${digest}`)
      return
    }
    const served = await manifests.get(digest, call)
    const manifest = served && readStored(served.bytes, served.descriptor.mediaType)
    const subject = manifest?.subject
    if (served === undefined || !(await this.#deleteManifest(served.descriptor, manifest, call))) {
      throw new SealwrightError('NOT_FOUND', `${this.name} has no manifest ${digest}`)
    }
    if (subject !== undefined) await referrers.forget(subject, digest, call)
  }

  async mount(descriptor: Descriptor, from: ArtifactStore, call: StoreCall = {}): Promise<boolean> {
    parseDigest(descriptor.digest)
    throwIfAborted(call.signal)
    // Of manifests a registry keeps more than their bytes: they are pushed.
    if (!isMountSource(from) || isManifestMediaType(descriptor.mediaType)) return false
    return this.#parts.blobs.mount(descriptor, from.place, call)
  }

  async *tags({ prefix = '', ...call }: TagsQuery = {}): AsyncGenerator<string> {
    yield* this.#parts.tags.list(prefix, call)
  }

  examine(subject: Subject, call: StoreCall = {}): Promise<RegistryAbilities> {
    return findAbilities(this.#parts, subject, call)
  }

  repairReferrers(subject: Subject, options: RepairOptions = {}): Promise<ReferrersState> {
    return this.#parts.repair.run(subject, options)
  }

  /** Says of layers that may not be distributed that not every registry takes an image with them. */
  async #aware(
    bytes: Uint8Array,
    { digest, mediaType }: Descriptor,
    put: () => Promise<unknown>,
  ): Promise<void> {
    const manifest = readStored(bytes, mediaType)
    const layer = manifest?.kind === 'image' ? manifest.layers.find(isForeign) : undefined
    if (layer === undefined) return void (await put())
    const what = `layer ${layer.digest} of ${digest} is not distributable (${layer.mediaType})`
    this.#parts.warn?.(`${what}: some registries refuse images with such layers`)
    try {
      await put()
    } catch (error) {
      if (!isSealwrightError(error) || !['UNAVAILABLE', 'VALIDATION'].includes(error.code)) throw error
      throw new SealwrightError('UNSUPPORTED', `${this.name} does not take ${digest}`, {
        why: `${what}, and the registry answers: ${error.message}`,
        fix: 'have foreign layers allowed in the registry (distribution: validation.manifests.urls), or build on a base without them',
        cause: error,
      })
    }
  }

  /** The digest that a tag leads to. Some registries deny what does not exist, and then take it (Artifactory). */
  async #standing(tag: string, call: StoreCall): Promise<string | undefined> {
    try {
      return (await this.#parts.manifests.resolve(tag, call))?.digest
    } catch (error) {
      if (isSealwrightError(error) && error.code === 'ACCESS_DENIED') return undefined
      throw error
    }
  }

  async #deleteManifest(
    descriptor: Descriptor,
    manifest: Manifest | undefined,
    call: StoreCall,
  ): Promise<boolean> {
    const { manifests, referrers } = this.#parts
    const { digest } = descriptor
    const subject = manifest?.subject
    try {
      const { deleted, inUse } = await manifests.deleteUnused(digest, call)
      if (inUse === undefined) return deleted
      const entry = manifest && referrerEntry(descriptor, manifest)
      if (subject && entry && (await referrers.deleteUnlisted(subject, entry, call))) return true
      throw new SealwrightError(inUse.code, inUse.message, {
        ...(inUse.why === undefined ? {} : { why: inUse.why }),
        fix: `delete first what names it: an index in ${this.name} lists ${digest}`,
        cause: inUse,
      })
    } catch (error) {
      // Some registries delete nothing that has a tag (Google's); the claim is such a tag, and ours to take away.
      const refused = isSealwrightError(error) && error.code === 'VALIDATION' && subject !== undefined
      if (refused && (await referrers.unclaim(subject, digest, call))) return manifests.delete(digest, call)
      throw error
    }
  }
}

/** A store out of which a registry may take blobs over. */
interface MountSource extends ArtifactStore {
  readonly place: RegistryPlace
}

function isMountSource(store: ArtifactStore): store is MountSource {
  const { place } = store as Partial<MountSource>
  return typeof place?.origin === 'string' && typeof place.repository === 'string'
}

/** A layer that is to be fetched from its publisher (image-spec, "Non-Distributable Layers"; Docker's foreign ones). */
function isForeign({ mediaType }: Descriptor): boolean {
  return /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/.test(
    mediaType,
  )
}

/** What cannot be read is not in anybody's list. */
function readStored(bytes: Uint8Array, mediaType: string): Manifest | undefined {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    return undefined
  }
}
