import { basename, dirname } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import { shellQuote } from '@sealwright/core/encoding'
import { isAbsent, sweepTemporary } from '@sealwright/core/files'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Identity } from '../content.ts'
import { parseDigest } from '../digest.ts'
import type { BatchSteps, IndexChange, LayoutBackend } from '../layout/backend.ts'
import { onFiles } from '../layout/file-errors.ts'
import { withFileLock } from '../layout/file-lock.ts'
import { fileVersion } from '../layout/file-version.ts'
import { IndexDocument, MAX_INDEX_BYTES } from '../layout/index-document.ts'
import {
  assertLayoutVersion,
  blobPath,
  LAYOUT_FILE,
  MAX_LAYOUT_BYTES,
  noLayout,
} from '../layout/layout-file.ts'
import { LayoutStore } from '../layout/store.ts'
import { ArchiveBatch, INDEX_FILE } from './archive-batch.ts'
import { ArchiveTarget } from './archive-target.ts'
import { type StagedBlob, StagedBlobs } from './staged-blobs.ts'
import { TarFile } from './tar-file.ts'

export interface LayoutArchiveOptions {
  /** Whether the first write may make the archive. Default false. */
  readonly create?: boolean
  /** As of {@link layoutDirectory}. */
  readonly onWarning?: (text: string) => void
}

/**
 * An OCI image layout 1.0 in a tar, plain or gzip, read where it lies: nothing is unpacked, no blob is held whole.
 * Blobs that are pushed wait for their manifest; then a new archive is written next to the old one, and renamed.
 *
 * @throws {@link SealwrightError} from its methods: `NOT_FOUND` when there is no such file or no layout in it,
 *   `VALIDATION` when the tar has links, names that lead out of it, a file twice, or no end, and as the interface says.
 *
 * @example
 * ```ts
 * import { layoutArchive } from '@sealwright/oci'
 *
 * const { digest } = await layoutArchive('app.tar').resolve('v1')
 * ```
 */
export function layoutArchive(path: string, options: LayoutArchiveOptions = {}): ArtifactStore {
  return new LayoutStore(new ArchiveBackend(path, options.create ?? false), options)
}

class ArchiveBackend implements LayoutBackend {
  readonly name: string
  readonly #path: string
  readonly #create: boolean
  readonly #staged = new StagedBlobs()
  readonly #writers = new KeyedMutex()
  #tar: TarFile | undefined
  readonly #indexes = new WeakMap<TarFile, IndexDocument>()

  constructor(path: string, create: boolean) {
    this.name = `oci-archive:${path}`
    this.#path = path
    this.#create = create
  }

  readIndex(): Promise<IndexDocument> {
    return onFiles(this.name, async () => this.#parseIndex(await this.#open()))
  }

  async sizeOf(digest: string): Promise<number | undefined> {
    return (await this.#find(digest))?.size
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    const blob = await this.#find(digest)
    if (blob === undefined) throw new SealwrightError('NOT_FOUND', `${this.name} has no ${digest}`)
    yield* blob.read()
  }

  #find(digest: string): Promise<StagedBlob | undefined> {
    const name = blobPath(parseDigest(digest))
    return onFiles(this.name, async () => {
      const staged = this.#staged.get(digest)
      if (staged !== undefined) return staged
      const tar = await this.#open()
      const entry = tar?.entries.get(name)
      return tar && entry && { size: entry.size, read: () => tar.read(entry) }
    })
  }

  putBlob(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    return onFiles(this.name, () => this.#staged.put(blob, content))
  }

  async removeBlob(digest: string, call: StoreCall): Promise<void> {
    await this.updateIndex(async index => ({ index, unused: [digest] }), call)
  }

  /** What was staged so far goes in with it; what is staged meanwhile waits for a manifest of its own. */
  updateIndex(change: (index: IndexDocument) => Promise<IndexChange>, call: StoreCall): Promise<void> {
    const edited = async (before: IndexDocument) => ({ unused: [], lists: [], ...(await change(before)) })
    return this.#rewrite({ run: async () => {}, edited }, this.#staged, call)
  }

  batch<T>(steps: BatchSteps<T>, call: StoreCall): Promise<T> {
    return this.#rewrite(steps, undefined, call)
  }

  /** @param staged - What waits already. Without it contents that are streams go straight into the new archive. */
  #rewrite<T>(steps: BatchSteps<T>, staged: StagedBlobs | undefined, call: StoreCall): Promise<T> {
    return onFiles(this.name, () =>
      this.#writers.run('write', () =>
        withFileLock(`${this.#path}.lock`, call, async lock => {
          await sweepTemporary(dirname(this.#path), `${basename(this.#path)}.`)
          const tar = await this.#open()
          const index = await this.#parseIndex(tar)
          await using target = new ArchiveTarget(this.#path, tar, lock)
          const output = staged || target.compressed ? undefined : () => target.open()
          await using batch = new ArchiveBatch({
            name: this.name,
            tar,
            index,
            edited: steps.edited,
            output,
            ...(staged === undefined ? {} : { staged }),
          })
          const result = await steps.run(batch)
          const whole = await batch.finish(contents => target.write(contents))
          if (whole) await target.commit()
          this.#tar = undefined
          return result
        }),
      ),
    )
  }

  async #open(): Promise<TarFile | undefined> {
    const version = await fileVersion(this.#path).catch(absent)
    if (this.#tar !== undefined && this.#tar.version === version) return this.#tar
    const tar = await TarFile.open(this.#path)
    if (tar === undefined && !this.#create) {
      throw new SealwrightError('NOT_FOUND', `there is no archive ${this.#path}`, {
        why: 'no such file',
        fix: 'check the spelling of the path',
      })
    }
    if (tar !== undefined) await this.#assertLayout(tar)
    this.#tar = tar
    return tar
  }

  async #assertLayout(tar: TarFile): Promise<void> {
    const bytes = await this.#readEntry(tar, LAYOUT_FILE, MAX_LAYOUT_BYTES)
    if (bytes === undefined) {
      throw noLayout(`${this.#path} holds no OCI image layout`, [...tar.entries.keys()], {
        folder: folder => `make a tar of the folder's content: tar -cf layout.tar -C ${shellQuote(folder)} .`,
        docker: `skopeo copy ${shellQuote(`docker-archive:${this.#path}`)} oci-archive:image.tar`,
      })
    }
    assertLayoutVersion(bytes, `${this.#path}: ${LAYOUT_FILE}`)
  }

  async #parseIndex(tar: TarFile | undefined): Promise<IndexDocument> {
    if (tar === undefined) return IndexDocument.empty()
    const known = this.#indexes.get(tar)
    if (known !== undefined) return known
    const bytes = await this.#readEntry(tar, INDEX_FILE, MAX_INDEX_BYTES)
    const index =
      bytes === undefined ? IndexDocument.empty() : IndexDocument.parse(bytes, `${this.#path}: ${INDEX_FILE}`)
    this.#indexes.set(tar, index)
    return index
  }

  async #readEntry(tar: TarFile, name: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const entry = tar.entries.get(name)
    if (entry === undefined) return undefined
    if (entry.size > maxBytes) {
      throw new SealwrightError('VALIDATION', `${this.#path}: ${name} is larger than ${maxBytes} bytes`)
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of tar.read(entry)) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
}

function absent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
