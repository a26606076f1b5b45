import { SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { ArtifactStore, PushResult, ReferrersQuery, StoreCall, StoredEntry } from '../artifact-store.ts'
import { collectVerified, verified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestOf, isDigest, parseDigest } from '../digest.ts'
import { MAX_MANIFEST_BYTES, type Manifest, parseManifest } from '../manifest.ts'
import { isManifestMediaType, MediaTypes } from '../media-types.ts'
import { referrerEntry, referrersIndex, referrersTag } from '../referrers-tag.ts'
import type { LayoutBackend } from './backend.ts'
import type { IndexDocument } from './index-document.ts'
import { ReferrersScan } from './referrers-scan.ts'

/** image-spec `annotations.md`, the grammar of `org.opencontainers.image.ref.name`. */
const REF_NAME =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/

/**
 * What all image layouts do alike. A referrer is written in both forms that others look for: as an entry of
 * `index.json` without a name (oras, notation), and in the index under the fallback tag of its subject (regclient).
 */
export class LayoutStore implements ArtifactStore {
  readonly #backend: LayoutBackend
  readonly #scan: ReferrersScan

  constructor(backend: LayoutBackend) {
    this.#backend = backend
    this.#scan = new ReferrersScan(backend)
  }

  get name(): string {
    return this.#backend.name
  }

  async resolve(reference: string, call: StoreCall = {}): Promise<Descriptor> {
    throwIfAborted(call.signal)
    const index = await this.#backend.readIndex(call)
    if (isDigest(reference)) return index.find(reference) ?? this.#resolveBlob(reference, call)
    const [found, ...others] = index.tagged(reference)
    if (found === undefined) throw notFound(`${this.name} has no tag ${JSON.stringify(reference)}`)
    if (others.length > 0) {
      throw new SealwrightError('VALIDATION', `${this.name} has the tag ${reference} more than once`, {
        why: [found, ...others].map(({ digest }) => digest).join(', '),
        fix: 'name the digest instead of the tag',
      })
    }
    return found
  }

  async *fetch(descriptor: Descriptor, call: StoreCall = {}): AsyncGenerator<Uint8Array> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    const stored = this.#backend.read(descriptor.digest, call)
    for await (const chunk of verified(descriptor, stored, this.name)) {
      throwIfAborted(call.signal)
      yield chunk
    }
  }

  async exists(descriptor: Descriptor, call: StoreCall = {}): Promise<boolean> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    return (await this.#backend.sizeOf(descriptor.digest, call)) === descriptor.size
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call: StoreCall = {},
  ): Promise<PushResult> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    if (!isManifestMediaType(descriptor.mediaType)) {
      await this.#backend.putBlob(descriptor, content, call)
      return {}
    }
    const bytes = await collectVerified(descriptor, content, {
      from: 'the caller',
      maxBytes: MAX_MANIFEST_BYTES,
    })
    const manifest = parseManifest(bytes, descriptor.mediaType)
    await this.#backend.putBlob(descriptor, bytes, call)
    await this.#changeReferrers(manifest.subject, call, {
      index: index => index.with(descriptor),
      list: listed =>
        listed.some(({ digest }) => digest === descriptor.digest)
          ? listed
          : [...listed, referrerEntry(descriptor, manifest)],
    })
    return manifest.subject === undefined ? {} : { referrers: 'layout' }
  }

  async tag(descriptor: Descriptor, tag: string, call: StoreCall = {}): Promise<void> {
    throwIfAborted(call.signal)
    if (isDigest(tag) || !REF_NAME.test(tag)) {
      throw new SealwrightError('VALIDATION', `${JSON.stringify(tag.slice(0, 200))} is not a tag`)
    }
    if (!isManifestMediaType(descriptor.mediaType)) {
      throw new SealwrightError('VALIDATION', `${descriptor.digest} is not a manifest and cannot be tagged`)
    }
    if (!(await this.exists(descriptor, call))) throw notFound(`${this.name} has no ${descriptor.digest}`)
    await this.#backend.updateIndex(async index => ({ index: index.tag(descriptor, tag) }), call)
  }

  async *referrers(subject: Descriptor, query: ReferrersQuery = {}): AsyncGenerator<Descriptor> {
    throwIfAborted(query.signal)
    parseDigest(subject.digest)
    yield* this.#scan.referrers(await this.#backend.readIndex(query), subject, query)
  }

  async delete(descriptor: Descriptor, call: StoreCall = {}): Promise<void> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    const { digest, mediaType } = descriptor
    if ((await this.#backend.sizeOf(digest, call)) === undefined)
      throw notFound(`${this.name} has no ${digest}`)
    if (!isManifestMediaType(mediaType)) return this.#backend.removeBlob(digest, call)
    const manifest = await this.#readManifest(descriptor, call)
    await this.#changeReferrers(manifest?.subject, call, {
      index: index => index.without(digest),
      list: listed => listed.filter(entry => entry.digest !== digest),
      unused: [digest],
    })
  }

  async entries(call: StoreCall = {}): Promise<readonly StoredEntry[]> {
    throwIfAborted(call.signal)
    const index = await this.#backend.readIndex(call)
    return index.entries().filter(({ descriptor }) => isManifestMediaType(descriptor.mediaType))
  }

  /** One change of `index.json`, together with the fallback index of the subject. */
  #changeReferrers(
    subject: Descriptor | undefined,
    call: StoreCall,
    change: {
      index: (index: IndexDocument) => IndexDocument
      list: (listed: readonly Descriptor[]) => readonly Descriptor[]
      unused?: readonly string[]
    },
  ): Promise<void> {
    const { unused = [] } = change
    return this.#backend.updateIndex(async before => {
      const index = change.index(before)
      if (subject === undefined) return { index, unused }
      const tag = referrersTag(subject.digest)
      const old = index.tagged(tag)[0]
      const listed = (old && (await this.#readList(old, call))) ?? []
      const list = change.list(listed)
      const same = list.length === listed.length
      if (same) return { index, unused }
      const others = index.untag(tag)
      const replaced = old && others.find(old.digest) === undefined ? [old.digest] : []
      if (list.length === 0) return { index: others, unused: [...unused, ...replaced] }
      const bytes = referrersIndex(list)
      const digest = digestOf('sha256', bytes)
      const descriptor = { mediaType: MediaTypes.index, digest, size: bytes.byteLength }
      await this.#backend.putBlob(descriptor, bytes, call)
      return { index: others.tag(descriptor, tag), unused: [...unused, ...replaced] }
    }, call)
  }

  async #readList(descriptor: Descriptor, call: StoreCall): Promise<readonly Descriptor[] | undefined> {
    const manifest = await this.#readManifest(descriptor, call)
    if (manifest !== undefined && manifest.kind !== 'index') {
      throw new SealwrightError('INTEGRITY', `${this.name} lists referrers in a document that is no index`, {
        why: `${descriptor.digest} is ${descriptor.mediaType}`,
      })
    }
    return manifest?.manifests
  }

  async #readManifest(descriptor: Descriptor, call: StoreCall): Promise<Manifest | undefined> {
    if ((await this.#backend.sizeOf(descriptor.digest, call)) === undefined) return undefined
    const bytes = await collectVerified(descriptor, this.#backend.read(descriptor.digest, call), {
      from: this.name,
      maxBytes: MAX_MANIFEST_BYTES,
    })
    return parseManifest(bytes, descriptor.mediaType)
  }

  /** A manifest that no entry lists, such as one platform of an image: it says itself what it is. */
  async #resolveBlob(digest: string, call: StoreCall): Promise<Descriptor> {
    const size = await this.#backend.sizeOf(digest, call)
    if (size === undefined) throw notFound(`${this.name} has no ${digest}`)
    const bytes = await collectVerified({ digest, size }, this.#backend.read(digest, call), {
      from: this.name,
      maxBytes: MAX_MANIFEST_BYTES,
    })
    return { mediaType: parseManifest(bytes).mediaType, digest, size }
  }
}

function notFound(message: string): SealwrightError {
  return new SealwrightError('NOT_FOUND', message)
}
