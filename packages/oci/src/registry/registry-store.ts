import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { ArtifactStore, PushResult, ReferrersQuery, StoreCall, TagsQuery } from '../artifact-store.ts'
import { asVerified, collectVerified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest, parseDigest } from '../digest.ts'
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from '../manifest.ts'
import { isManifestMediaType } from '../media-types.ts'
import { readBlob } from '../read.ts'
import { isTag } from '../reference.ts'
import { mayBeOfType, referrerEntry, referrersTag } from '../referrers-tag.ts'
import type { RegistryBlobs } from './blobs.ts'
import type { RegistryClient } from './client.ts'
import type { RegistryManifests } from './manifests.ts'
import type { ReferrersApi } from './referrers-api.ts'
import type { ReferrersFallback } from './referrers-fallback.ts'
import type { Subject } from './referrers-list.ts'
import type { ReferrersRepair, ReferrersState, RepairOptions } from './referrers-repair.ts'
import type { RegistryTags } from './tags.ts'

/** What a {@link RegistryStore} is made of. */
export interface RegistryParts {
  readonly name: string
  readonly client: RegistryClient
  readonly manifests: RegistryManifests
  readonly blobs: RegistryBlobs
  readonly api: ReferrersApi
  readonly tags: RegistryTags
  readonly repair: ReferrersRepair
  readonly fallback: ReferrersFallback
  readonly mode: 'auto' | 'api' | 'tag'
}

/** More is not remembered. */
const MAX_REMEMBERED = 10_000

/** One repository of a registry, as `registry` makes it. */
export class RegistryStore implements ArtifactStore {
  readonly name: string
  readonly #parts: RegistryParts
  /** Whether it answered for referrers as one with that API does. */
  #lists = false
  /** Whether it answered as one without does; asked again each time but by those who ask for thousands. */
  #lacksApi = false
  /** Whether we have stored a manifest: what it answers from then on is not that it knows no such repository. */
  #exists = false
  /** Whether it answered so since then. */
  #keepsLists = false
  /** Digests that were asked for and not there. */
  readonly #absent = new Set<string>()
  /** Digests of manifests that were not there, and that we have put there. */
  readonly #brought = new Set<string>()

  constructor(parts: RegistryParts) {
    this.name = parts.name
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
    if (descriptor !== undefined) return descriptor
    throw new SealwrightError(
      'NOT_FOUND',
      `${this.name} has no ${isDigest(reference) ? 'manifest' : 'tag'} ${reference}`,
    )
  }

  fetch(descriptor: Descriptor, call: StoreCall = {}): AsyncGenerator<Uint8Array> {
    return asVerified(descriptor, this.#read(descriptor, call))
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
  async #isMissing(descriptor: Descriptor, call: StoreCall): Promise<boolean> {
    const missing = this.#absent.has(descriptor.digest) || !(await this.exists(descriptor, call))
    this.#absent.delete(descriptor.digest)
    return missing
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call: StoreCall = {},
  ): Promise<PushResult> {
    throwIfAborted(call.signal)
    if (!isManifestMediaType(descriptor.mediaType)) {
      if (await this.#isMissing(descriptor, call)) await this.#parts.blobs.push(descriptor, content, call)
      return {}
    }
    const bytes = await collectVerified(descriptor, content, {
      from: 'the caller',
      maxBytes: MAX_MANIFEST_BYTES,
    })
    const manifest = parseManifest(bytes, descriptor.mediaType)
    if (manifest.subject === undefined) {
      if (!(await this.#isMissing(descriptor, call))) return {}
      await this.#put(descriptor, bytes, call)
      if (this.#brought.size < MAX_REMEMBERED) this.#brought.add(descriptor.digest)
      return {}
    }
    return { referrers: await this.#pushReferrer(descriptor, manifest, bytes, call) }
  }

  /** Even if it is there: it may not be listed yet, and only the answer tells whether the registry does that. */
  async #pushReferrer(
    descriptor: Descriptor,
    manifest: Manifest,
    bytes: Uint8Array,
    call: StoreCall,
  ): Promise<'api' | 'tag'> {
    const { fallback, mode } = this.#parts
    const subject = manifest.subject!
    const knows = (headers: Headers | undefined) => headers?.get('oci-subject') === subject.digest
    // Under its claim it is there by its digest, too: by that of the registry, which is SHA-256.
    const keepsLists = mode === 'tag' || this.#keepsLists
    if (keepsLists && descriptor.digest.startsWith('sha256:')) {
      const known = knows(await fallback.claim(subject, descriptor, bytes, call))
      if (mode === 'tag' || !known) {
        await fallback.add(
          subject,
          referrerEntry(descriptor, manifest),
          this.#brought.has(subject.digest),
          call,
        )
        return 'tag'
      }
      // It has learned the API meanwhile.
      this.#lacksApi = this.#keepsLists = false
    }
    const claims = knows(await this.#put(descriptor, bytes, call))
    return this.#list(subject, { descriptor, manifest, bytes, claims }, call)
  }

  async tag(descriptor: Descriptor, tag: string, call: StoreCall = {}): Promise<void> {
    if (!isTag(tag)) {
      throw new SealwrightError('VALIDATION', `${JSON.stringify(tag.slice(0, 200))} is not a tag`)
    }
    const { manifests } = this.#parts
    if ((await manifests.resolve(tag, call))?.digest === descriptor.digest) return
    const bytes = await readBlob(this, descriptor, MAX_MANIFEST_BYTES, call)
    await manifests.put(tag, { ...descriptor, bytes }, call)
  }

  async *referrers(subject: Descriptor, query: ReferrersQuery = {}): AsyncGenerator<Descriptor> {
    parseDigest(subject.digest)
    const { api, fallback, mode } = this.#parts
    const { tags } = query
    const skips = mode === 'tag' || (this.#lacksApi && tags !== undefined)
    const listed = skips ? undefined : await api.list(subject, query)
    if (listed !== undefined) return yield* listed
    if (mode === 'api') throw this.#noApi()
    this.#learnLack()
    if (tags !== undefined && subject.digest.startsWith('sha256:') && !isTagged(subject.digest, tags)) return
    for (const entry of await fallback.all(subject, query)) {
      if (mayBeOfType(entry, query.artifactType)) yield entry
    }
  }

  async delete(descriptor: Descriptor, call: StoreCall = {}): Promise<void> {
    const { digest, mediaType } = descriptor
    parseDigest(digest)
    const { manifests, blobs, fallback, mode } = this.#parts
    if (!isManifestMediaType(mediaType)) {
      if (!(await blobs.delete(digest, call)))
        throw new SealwrightError('NOT_FOUND', `${this.name} has no blob ${digest}`)
      return
    }
    const served = await manifests.get(digest, call)
    const { subject } = (served && readStored(served.bytes, served.descriptor.mediaType)) ?? {}
    if (served === undefined || !(await this.#deleteManifest(subject, digest, call))) {
      throw new SealwrightError('NOT_FOUND', `${this.name} has no manifest ${digest}`)
    }
    if (subject === undefined || mode === 'api') return
    // With the API too: the list of an older client may be there, and would go on naming what is gone.
    await fallback.remove(subject, digest, call)
  }

  async mount(descriptor: Descriptor, from: ArtifactStore, call: StoreCall = {}): Promise<boolean> {
    parseDigest(descriptor.digest)
    throwIfAborted(call.signal)
    // Of manifests a registry keeps more than their bytes: they are pushed.
    if (!(from instanceof RegistryStore) || isManifestMediaType(descriptor.mediaType)) return false
    return this.#parts.blobs.mount(descriptor, from.#parts.blobs, call)
  }

  async *tags({ prefix = '', ...call }: TagsQuery = {}): AsyncGenerator<string> {
    yield* this.#parts.tags.list(prefix, call)
  }

  /** Who we are to the registry, as far as it asked. */
  login(): string {
    return this.#parts.client.login()
  }

  /** How referrers of a subject are found, whatever the mode. */
  async referrersBy(subject: Subject, call: StoreCall): Promise<'api' | 'tag'> {
    const listed = await this.#parts.api.list(subject, call)
    await listed?.return(undefined)
    return listed === undefined ? 'tag' : 'api'
  }

  /** Begins an upload and gives it up. */
  tryPush(call: StoreCall): Promise<void> {
    return this.#parts.blobs.tryPush(call)
  }

  /** Deletes a manifest, if it is there. */
  async tryDelete({ digest }: Subject, call: StoreCall): Promise<void> {
    await this.#parts.manifests.delete(digest, call)
  }

  /** See `repairReferrers`. */
  repair(subject: Subject, options: RepairOptions): Promise<ReferrersState> {
    return this.#parts.repair.run(subject, options)
  }

  async #deleteManifest(subject: Subject | undefined, digest: string, call: StoreCall): Promise<boolean> {
    const { manifests, fallback } = this.#parts
    try {
      return await manifests.delete(digest, call)
    } catch (error) {
      // Some registries delete nothing that has a tag (Google's); the claim is such a tag, and ours to take away.
      const refused = isSealwrightError(error) && error.code === 'VALIDATION' && subject !== undefined
      if (refused && (await fallback.unclaim(subject, digest, call))) return manifests.delete(digest, call)
      throw error
    }
  }

  async #put(
    { digest, mediaType }: Descriptor,
    bytes: Uint8Array,
    call: StoreCall,
  ): Promise<Headers | undefined> {
    const headers = await this.#parts.manifests.put(digest, { mediaType, digest, bytes }, call)
    this.#exists = true
    return headers
  }

  #learnLack(): void {
    this.#lacksApi = this.#parts.mode === 'auto'
    this.#keepsLists ||= this.#lacksApi && this.#exists
  }

  /**
   * Sees to it that a stored referrer can be found. `OCI-Subject` alone proves nothing, as some registries send it
   * without having the API, nor does its absence, as others list without sending it: the listing decides.
   */
  async #list(
    subject: Descriptor,
    pushed: {
      readonly descriptor: Descriptor
      readonly manifest: Manifest
      readonly bytes: Uint8Array
      /** Whether the registry says that it knows the subject. */
      readonly claims: boolean
    },
    call: StoreCall,
  ): Promise<'api' | 'tag'> {
    const { api, fallback, mode } = this.#parts
    const { descriptor, manifest, bytes, claims } = pushed
    // Once it has shown that it lists, its word is enough: a list of a thousand need not be read a thousand times.
    if (claims && this.#lists && mode !== 'tag') return 'api'
    if (mode !== 'tag') {
      const listed = await api.list(subject, call)
      if (listed !== undefined) {
        if (claims || mode === 'api') {
          await listed.return(undefined)
          this.#lists = true
          return 'api'
        }
        for await (const { digest } of listed) if (digest === descriptor.digest) return 'api'
      } else if (mode === 'api') {
        throw this.#noApi()
      }
    }
    this.#learnLack()
    await fallback.claim(subject, descriptor, bytes, call)
    await fallback.add(subject, referrerEntry(descriptor, manifest), this.#brought.has(subject.digest), call)
    return 'tag'
  }

  #noApi(): SealwrightError {
    return new SealwrightError('UNSUPPORTED', `${this.name} has no referrers API`, {
      fix: 'let referrers be found by the fallback tag',
    })
  }
}

/** What cannot be read is not in anybody's list. */
function readStored(bytes: Uint8Array, mediaType: string): Manifest | undefined {
  try {
    return parseManifest(bytes, mediaType)
  } catch {
    return undefined
  }
}

/** Whether a list of the referrers of a digest, or a claim on it, is among these tags. */
function isTagged(digest: string, tags: ReadonlySet<string>): boolean {
  const list = referrersTag(digest)
  if (tags.has(list)) return true
  for (const tag of tags) if (tag.startsWith(`${list}.`)) return true
  return false
}
