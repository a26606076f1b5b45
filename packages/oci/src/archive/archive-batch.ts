import { SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { type Identity, verified } from '../content.ts'
import { isDigest, parseDigest } from '../digest.ts'
import type { BatchSteps, LayoutFiles } from '../layout/backend.ts'
import type { IndexDocument } from '../layout/index-document.ts'
import type { EditedIndex } from '../layout/index-edits.ts'
import { blobPath, LAYOUT_BYTES, LAYOUT_FILE } from '../layout/layout-file.ts'
import { type StagedBlob, StagedBlobs } from './staged-blobs.ts'
import type { TarFile } from './tar-file.ts'
import type { TarOutput } from './tar-output.ts'
import type { TarContent } from './tar-write.ts'

export const INDEX_FILE = 'index.json'

export interface ArchiveBatchOptions {
  readonly name: string
  /** What is there already; nothing for a new archive. */
  readonly tar: TarFile | undefined
  readonly index: IndexDocument
  readonly edited: BatchSteps<unknown>['edited']
  /** What waits already, and is others' to remove. */
  readonly staged?: StagedBlobs
  /** Opens what is written to; nothing where streams cannot go straight into it. */
  readonly output: (() => Promise<TarOutput>) | undefined
}

/**
 * Many writes into an archive that is written once. Manifests are in hand and wait; the first content that comes as a
 * stream has the marker, the index and the manifests so far written before it, so that a reader of a stream knows what
 * comes, and goes straight into the archive. If the index is another in the end, all is written again.
 */
export class ArchiveBatch implements LayoutFiles {
  readonly name: string
  readonly #options: ArchiveBatchOptions
  readonly #staged: StagedBlobs
  readonly #removed = new Set<string>()
  readonly #writers = new KeyedMutex()
  readonly #written = new Map<string, number>()
  #output: TarOutput | undefined
  #head: EditedIndex | undefined

  constructor(options: ArchiveBatchOptions) {
    this.#options = options
    this.#staged = options.staged ?? new StagedBlobs()
    this.name = options.name
  }

  async readIndex(): Promise<IndexDocument> {
    return this.#options.index
  }

  async sizeOf(digest: string): Promise<number | undefined> {
    return this.#written.get(digest) ?? (await this.#find(digest))?.size
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    const blob = await this.#find(digest)
    if (blob !== undefined) return yield* blob.read()
    if (this.#written.has(digest)) {
      throw new SealwrightError('UNSUPPORTED', `${this.name} cannot be read while it is written`, {
        why: `${digest} went into a stream`,
      })
    }
    throw new SealwrightError('NOT_FOUND', `${this.name} has no ${digest}`)
  }

  async #find(digest: string): Promise<StagedBlob | undefined> {
    const staged = this.#staged.get(digest)
    if (staged !== undefined) return staged
    const name = blobPath(parseDigest(digest))
    const size = this.#written.get(digest)
    const written = this.#output?.read(name)
    if (size !== undefined && written !== undefined) return { size, read: () => written }
    if (this.#removed.has(digest)) return undefined
    const { tar } = this.#options
    const entry = tar?.entries.get(name)
    return tar && entry && { size: entry.size, read: () => tar.read(entry) }
  }

  async putBlob(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    this.#removed.delete(blob.digest)
    if (content instanceof Uint8Array || !(await this.#begun())) return this.#staged.put(blob, content)
    await this.#writers.run('output', async () => {
      if (this.#written.has(blob.digest)) return drain(verified(blob, content, 'the caller'))
      await this.#add(blob, () => verified(blob, content, 'the caller'))
    })
  }

  async removeBlob(digest: string): Promise<void> {
    await this.#staged.remove(digest)
    this.#removed.add(digest)
  }

  /**
   * All that the archive holds in the end.
   *
   * @param rewrite - Writes it from the beginning, whatever was written so far; not called if nothing has changed.
   * @returns Whether what was written so far is whole now.
   */
  async finish(rewrite: (contents: Iterable<TarContent>) => Promise<void>): Promise<boolean> {
    const { index: before, edited } = this.#options
    const last = await edited(before, this)
    for (const { descriptor, bytes } of last.lists) {
      if (!this.#written.has(descriptor.digest)) await this.#staged.put(descriptor, bytes)
    }
    const gone = new Set([...last.unused, ...this.#removed])
    // Not those that are staged from now on: they wait for a manifest of their own.
    const staged = new Set(this.#staged.digests())
    const output = this.#output
    const whole = output !== undefined && this.#isLast(last, gone)
    if (whole) {
      for (const content of this.#rest(staged, gone)) await output.add(content)
      await output.end()
    } else {
      if (output !== undefined && !output.rereadable) throw this.#tooLate()
      if (this.#changes(last.index, staged, gone)) await rewrite(this.#all(last.index, staged, gone))
    }
    for (const digest of staged) await this.#staged.remove(digest)
    return whole
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#options.staged !== undefined) return
    for (const digest of this.#staged.digests()) await this.#staged.remove(digest)
  }

  /** Whether the index that was written first is that of the end, and nothing was written that is not in it. */
  #isLast(last: EditedIndex, gone: ReadonlySet<string>): boolean {
    const head = this.#head
    return (
      head !== undefined &&
      Buffer.from(head.index.print()).equals(last.index.print()) &&
      ![...gone].some(digest => this.#written.has(digest))
    )
  }

  #changes(index: IndexDocument, staged: ReadonlySet<string>, gone: ReadonlySet<string>): boolean {
    const { tar, index: before } = this.#options
    const has = (digest: string) => tar?.entries.has(blobPath(parseDigest(digest))) ?? false
    return (
      index !== before || [...gone].some(has) || [...staged, ...this.#written.keys()].some(each => !has(each))
    )
  }

  #tooLate(): SealwrightError {
    return new SealwrightError('UNSUPPORTED', `${this.name} is a stream, and its index is written already`, {
      why: 'something that stands in it could not be brought, or something came later',
      fix: 'write to a file instead: oci-archive:FILE',
    })
  }

  /** Whether streams go straight into the archive: once it is known what they belong to. */
  #begun(): Promise<boolean> {
    return this.#writers.run('output', async () => {
      if (this.#output !== undefined) return true
      const { output, index: before, edited } = this.#options
      if (output === undefined) return false
      const head = await edited(before, this)
      if (head.index === before) return false
      this.#head = head
      this.#output = await output()
      for (const content of headOf(head.index)) await this.#output.add(content)
      for (const { descriptor, bytes } of head.lists) await this.#add(descriptor, () => [bytes])
      for (const digest of this.#staged.digests()) {
        const blob = this.#staged.get(digest)
        if (blob !== undefined) await this.#add({ digest, size: blob.size }, () => blob.read())
      }
      return true
    })
  }

  async #add({ digest, size }: Identity, read: TarContent['read']): Promise<void> {
    await this.#output?.add({ name: blobPath(parseDigest(digest)), size, read })
    this.#written.set(digest, size)
  }

  /** What was not written yet, and stays. */
  *#rest(staged: ReadonlySet<string>, gone: ReadonlySet<string>): Generator<TarContent> {
    for (const digest of staged) {
      const blob = this.#staged.get(digest)
      if (gone.has(digest) || this.#written.has(digest) || blob === undefined) continue
      yield { name: blobPath(parseDigest(digest)), size: blob.size, read: () => blob.read() }
    }
    const { tar } = this.#options
    for (const entry of tar?.entries.values() ?? []) {
      const { name, size } = entry
      if (name === LAYOUT_FILE || name === INDEX_FILE) continue
      const digest = digestOfName(name)
      if (digest === undefined) yield { name, size, read: () => tar!.read(entry) }
      else if (!gone.has(digest) && !this.#written.has(digest) && !staged.has(digest)) {
        yield { name, size, read: () => verified({ digest, size }, tar!.read(entry), this.name) }
      }
    }
  }

  *#all(index: IndexDocument, staged: ReadonlySet<string>, gone: ReadonlySet<string>): Generator<TarContent> {
    yield* headOf(index)
    for (const [digest, size] of this.#written) {
      const name = blobPath(parseDigest(digest))
      if (!gone.has(digest)) yield { name, size, read: () => this.#output?.read(name) ?? [] }
    }
    yield* this.#rest(staged, gone)
  }
}

/** Marker and index first, so that a reader of a stream knows what comes. */
function headOf(index: IndexDocument): readonly TarContent[] {
  const printed = index.print()
  return [
    { name: LAYOUT_FILE, size: LAYOUT_BYTES.byteLength, read: () => [LAYOUT_BYTES] },
    { name: INDEX_FILE, size: printed.byteLength, read: () => [printed] },
  ]
}

function digestOfName(name: string): string | undefined {
  const match = /^blobs\/([^/]+)\/([^/]+)$/.exec(name)
  const digest = match ? `${match[1]}:${match[2]}` : ''
  return isDigest(digest) ? digest : undefined
}

async function drain(content: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of content);
}
