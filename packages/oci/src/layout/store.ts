import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type {
  ArtifactStore,
  PushCall,
  PushResult,
  ReferrersQuery,
  StoreCall,
  StoredEntry,
  TagsQuery,
} from '../artifact-store.ts'
import { asVerified, collectVerified, verified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isDigest, parseDigest } from '../digest.ts'
import { MAX_MANIFEST_BYTES } from '../manifest.ts'
import { isManifestMediaType } from '../media-types.ts'
import { parseNamed, readBlob } from '../read.ts'
import { isReferrersTag } from '../referrers-tag.ts'
import { referrerParts } from '../salvage.ts'
import type { LayoutBackend, LayoutFiles } from './backend.ts'
import type { IndexDocument } from './index-document.ts'
import { type EditedIndex, editEntries, editIndex, type IndexEdit } from './index-edits.ts'
import { readList } from './read-list.ts'
import { ReferrersScan } from './referrers-scan.ts'

/** image-spec `annotations.md`, the grammar of `org.opencontainers.image.ref.name`. */
const REF_NAME =
  /^[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*(?:\/[A-Za-z0-9]+(?:(?:[-._:@+]|--)[A-Za-z0-9]+)*)*$/

/** So many tags are named where another was asked for. */
const MAX_SHOWN = 20

export interface LayoutStoreOptions {
  /** Told of what the layout lists and cannot be read: it is somebody else's, and stops nothing. */
  readonly onWarning?: ((text: string) => void) | undefined
}

/** Tells of each unreadable manifest once. */
class Unreadable {
  readonly #told = new Set<string>()
  readonly #onWarning: ((text: string) => void) | undefined

  constructor(onWarning: ((text: string) => void) | undefined) {
    this.#onWarning = onWarning
  }

  tell(what: string, { message, why }: SealwrightError): void {
    if (this.#told.has(what)) return
    this.#told.add(what)
    this.#onWarning?.(`skipped: ${message}${why === undefined ? '' : `: ${why}`}`)
  }
}

/**
 * What all image layouts do alike. A referrer is written in both forms that others look for: as an entry of
 * `index.json` without a name (oras, notation), and in the index under the fallback tag of its subject (regclient).
 */
export class LayoutStore implements ArtifactStore {
  readonly stream?: true
  readonly #files: LayoutFiles
  readonly #access: IndexAccess
  readonly #scan: ReferrersScan
  readonly #unreadable: Unreadable

  constructor(backend: LayoutBackend, options?: LayoutStoreOptions)
  constructor(
    files: LayoutFiles,
    options: { readonly unreadable: Unreadable },
    index: IndexAccess,
    stream: boolean,
  )
  constructor(
    files: LayoutBackend | LayoutFiles,
    options: LayoutStoreOptions | { readonly unreadable: Unreadable } = {},
    index?: IndexAccess,
    stream = 'stream' in files,
  ) {
    this.#files = files
    const unreadable = 'unreadable' in options ? options.unreadable : new Unreadable(options.onWarning)
    this.#unreadable = unreadable
    const inBatch = (own: LayoutFiles, access: IndexAccess, whole: boolean) =>
      new LayoutStore(own, { unreadable }, access, whole)
    this.#access = index ?? directly(files as LayoutBackend, inBatch)
    this.#scan = new ReferrersScan(files, (digest, fault) => unreadable.tell(digest, fault))
    if (stream) this.stream = true
  }

  async #readIndex(call: StoreCall): Promise<IndexDocument> {
    const index = await this.#access.read(call)
    for (const { fault } of index.faults()) this.#unreadable.tell(fault.message, fault)
    return index
  }

  get name(): string {
    return this.#files.name
  }

  async resolve(reference: string, call: StoreCall = {}): Promise<Descriptor> {
    throwIfAborted(call.signal)
    const index = await this.#readIndex(call)
    if (isDigest(reference)) return index.find(reference) ?? this.#resolveBlob(reference, call)
    const [found, ...others] = index.tagged(reference)
    if (found === undefined) throw this.#noTag(index, reference)
    if (others.length > 0) {
      throw new SealwrightError('VALIDATION', `${this.name} has the tag ${reference} more than once`, {
        why: [found, ...others].map(({ digest }) => digest).join(', '),
        fix: `name the digest instead of the tag: ${this.name}@${found.digest}`,
      })
    }
    return found
  }

  fetch(descriptor: Descriptor, call: StoreCall = {}): AsyncGenerator<Uint8Array> {
    return asVerified(descriptor, this.#read(descriptor, call))
  }

  async *#read(descriptor: Descriptor, call: StoreCall): AsyncGenerator<Uint8Array> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    const stored = this.#files.read(descriptor.digest, call)
    for await (const chunk of verified(descriptor, stored, this.name)) {
      throwIfAborted(call.signal)
      yield chunk
    }
  }

  async exists(descriptor: Descriptor, call: StoreCall = {}): Promise<boolean> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    return (await this.#files.sizeOf(descriptor.digest, call)) === descriptor.size
  }

  async push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call: PushCall = {},
  ): Promise<PushResult> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    if (!isManifestMediaType(descriptor.mediaType)) {
      await this.#files.putBlob(descriptor, content, call)
      return {}
    }
    const bytes = await collectVerified(descriptor, content, {
      from: 'the caller',
      maxBytes: MAX_MANIFEST_BYTES,
    })
    const { subject, entry } = referrerParts(descriptor, bytes, call.anyway)
    await this.#files.putBlob(descriptor, bytes, call)
    const { mediaType, digest, size } = descriptor
    await this.#access.edit(
      {
        type: 'list',
        descriptor: { mediaType, digest, size },
        entry,
        ...(subject === undefined ? {} : { subject }),
      },
      call,
    )
    return subject === undefined ? {} : { referrers: 'layout' }
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
    await this.#access.edit({ type: 'tag', descriptor, tag }, call)
  }

  async *referrers(subject: Descriptor, query: ReferrersQuery = {}): AsyncGenerator<Descriptor> {
    throwIfAborted(query.signal)
    parseDigest(subject.digest)
    yield* this.#scan.referrers(await this.#readIndex(query), subject, query)
  }

  async delete(descriptor: Descriptor, call: StoreCall = {}): Promise<void> {
    throwIfAborted(call.signal)
    parseDigest(descriptor.digest)
    const { digest, mediaType } = descriptor
    if ((await this.#files.sizeOf(digest, call)) === undefined)
      throw notFound(`${this.name} has no ${digest}`)
    if (!isManifestMediaType(mediaType)) return this.#files.removeBlob(digest, call)
    const subject = await this.#subjectOf(descriptor, call)
    await this.#access.edit({ type: 'remove', digest, ...(subject === undefined ? {} : { subject }) }, call)
  }

  async entries(call: StoreCall = {}): Promise<readonly StoredEntry[]> {
    throwIfAborted(call.signal)
    const index = await this.#readIndex(call)
    return index.entries().filter(({ descriptor }) => isManifestMediaType(descriptor.mediaType))
  }

  async *tags({ prefix = '', ...call }: TagsQuery = {}): AsyncGenerator<string> {
    throwIfAborted(call.signal)
    for (const { tags } of (await this.#readIndex(call)).entries()) {
      for (const tag of tags) if (tag.startsWith(prefix)) yield tag
    }
  }

  /** Blobs are written at once, and count for nothing before the index names them: once, at the end. */
  async batch<T>(work: (store: ArtifactStore) => Promise<T>, call: StoreCall = {}): Promise<T> {
    throwIfAborted(call.signal)
    return this.#access.batch(work, call)
  }

  /** What cannot be read can be deleted all the same; the list of a subject that it does not tell names it still. */
  async #subjectOf(descriptor: Descriptor, call: StoreCall): Promise<Descriptor | undefined> {
    try {
      const bytes = await readBlob(this, descriptor, MAX_MANIFEST_BYTES, call)
      return referrerParts(descriptor, bytes, true).subject
    } catch (error) {
      if (isSealwrightError(error) && ['INTEGRITY', 'VALIDATION'].includes(error.code)) return undefined
      throw error
    }
  }

  #noTag(index: IndexDocument, tag: string): SealwrightError {
    const unreadable = index.faults().find(each => each.tag === tag)
    if (unreadable !== undefined) return unreadable.fault
    const tags = index.entries().flatMap(entry => entry.tags.filter(each => !isReferrersTag(each)))
    const shown = tags.slice(0, MAX_SHOWN).join(', ')
    return new SealwrightError('NOT_FOUND', `${this.name} has no tag ${JSON.stringify(tag)}`, {
      why: tags.length === 0 ? 'it has no tags' : `it has ${shown}${tags.length > MAX_SHOWN ? ', …' : ''}`,
      fix:
        tags.length === 0
          ? `leave the tag out, or name a digest: ${this.name}`
          : `name one of them: ${this.name}:${tags[0]}`,
    })
  }

  /** A manifest that no entry lists, such as one platform of an image: it says itself what it is. */
  async #resolveBlob(digest: string, call: StoreCall): Promise<Descriptor> {
    const size = await this.#files.sizeOf(digest, call)
    if (size === undefined) throw notFound(`${this.name} has no ${digest}`)
    const bytes = await collectVerified({ digest, size }, this.#files.read(digest, call), {
      from: this.name,
      maxBytes: MAX_MANIFEST_BYTES,
    })
    return { mediaType: parseNamed(bytes, { digest }, this.name).mediaType, digest, size }
  }
}

function notFound(message: string): SealwrightError {
  return new SealwrightError('NOT_FOUND', message)
}

/** How a store comes to its index: at once, or at the end of a batch. */
export interface IndexAccess {
  read(call: StoreCall): Promise<IndexDocument>
  edit(edit: IndexEdit, call: StoreCall): Promise<void>
  batch<T>(work: (store: ArtifactStore) => Promise<T>, call: StoreCall): Promise<T>
}

/** Makes the store that a batch works with. */
type OpenBatch = (files: LayoutFiles, access: IndexAccess, stream: boolean) => ArtifactStore

/** Every edit changes the index of the layout. */
function directly(backend: LayoutBackend, open: OpenBatch): IndexAccess {
  const change = (edits: readonly IndexEdit[], call: StoreCall) =>
    backend.updateIndex(async before => {
      const edited = await editedBy(edits, before, backend, call)
      for (const { descriptor, bytes } of edited.lists) await backend.putBlob(descriptor, bytes, call)
      return edited
    }, call)
  return {
    read: call => backend.readIndex(call),
    edit: (one, call) => change([one], call),
    async batch(work, call) {
      const edits: IndexEdit[] = []
      const whole = backend.batch !== undefined
      const run = (files: LayoutFiles) => work(open(files, collecting(files, edits, open, whole), whole))
      if (backend.batch !== undefined) {
        const edited = (before: IndexDocument, files: LayoutFiles) => editedBy(edits, before, files, call)
        return backend.batch({ run, edited }, call)
      }
      const result = await run(backend)
      if (edits.length > 0) await change(edits, call)
      return result
    },
  }
}

/** The edits wait for the end of the batch; what is read has them already. */
function collecting(files: LayoutFiles, edits: IndexEdit[], open: OpenBatch, whole: boolean): IndexAccess {
  let seen: { base: IndexDocument; count: number; index: IndexDocument } | undefined
  const access: IndexAccess = {
    async read(call) {
      const base = await files.readIndex(call)
      const known = seen?.base === base ? seen : { base, count: 0, index: base }
      const count = edits.length
      seen = { base, count, index: editEntries(known.index, edits.slice(known.count, count)) }
      return seen.index
    },
    async edit(one) {
      edits.push(one)
    },
    // One in another ends with the outer one.
    batch: work => work(open(files, access, whole)),
  }
  return access
}

function editedBy(
  edits: readonly IndexEdit[],
  before: IndexDocument,
  files: LayoutFiles,
  call: StoreCall,
): Promise<EditedIndex> {
  return editIndex(before, edits, descriptor => readList(files, descriptor, call))
}
