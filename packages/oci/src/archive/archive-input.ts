import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '../artifact-store.ts'
import { parseDigest } from '../digest.ts'
import type { LayoutBackend } from '../layout/backend.ts'
import { IndexDocument, MAX_INDEX_BYTES } from '../layout/index-document.ts'
import { assertLayoutVersion, blobPath, LAYOUT_FILE, MAX_LAYOUT_BYTES } from '../layout/layout-file.ts'
import { LayoutStore } from '../layout/store.ts'
import { INDEX_FILE } from './archive-batch.ts'
import { TarStream } from './tar-stream.ts'

/** An archive that comes as a stream. */
export interface ArchiveInput extends AsyncDisposable {
  /** For reading only; see {@link ArtifactStore.stream}. */
  readonly store: ArtifactStore
  /** Reads the stream to its end. Throws `VALIDATION` if it is not whole. */
  finish(): Promise<void>
}

/**
 * An OCI image layout 1.0 in a tar, plain or gzip, that comes as a stream (standard input). Read as far as it is asked
 * for: what is asked for in the order of the archive goes through without a copy, what comes before it is wanted waits in
 * memory if it is small, else in a private file. Archives that are written here have such an order.
 *
 * @throws {@link SealwrightError} from its methods: as {@link layoutArchive}; `UNAVAILABLE` for a content whose reader
 *   gave up in the middle of it.
 */
export function archiveInput(
  stream: AsyncIterable<Uint8Array>,
  { name = 'oci-archive:-' }: { readonly name?: string } = {},
): ArchiveInput {
  const tar = new TarStream(stream, name)
  return {
    store: new LayoutStore(new InputBackend(tar, name)),
    finish: () => tar.finish(),
    [Symbol.asyncDispose]: () => tar[Symbol.asyncDispose](),
  }
}

class InputBackend implements LayoutBackend {
  readonly name: string
  readonly stream = true
  readonly #tar: TarStream
  #index: Promise<IndexDocument> | undefined

  constructor(tar: TarStream, name: string) {
    this.#tar = tar
    this.name = name
  }

  readIndex(): Promise<IndexDocument> {
    this.#index ??= this.#readIndex()
    return this.#index
  }

  async sizeOf(digest: string): Promise<number | undefined> {
    return this.#tar.sizeOf(blobPath(parseDigest(digest)))
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    const content = await this.#tar.read(blobPath(parseDigest(digest)))
    if (content === undefined) throw new SealwrightError('NOT_FOUND', `${this.name} has no ${digest}`)
    yield* content
  }

  putBlob(): Promise<void> {
    throw this.#readOnly()
  }

  removeBlob(): Promise<void> {
    throw this.#readOnly()
  }

  updateIndex(): Promise<void> {
    throw this.#readOnly()
  }

  async #readIndex(): Promise<IndexDocument> {
    const marker = await this.#whole(LAYOUT_FILE, MAX_LAYOUT_BYTES)
    if (marker === undefined) {
      throw new SealwrightError('NOT_FOUND', `${this.name} holds no OCI image layout`, {
        why: `it has no file ${LAYOUT_FILE}`,
      })
    }
    assertLayoutVersion(marker, `${this.name}: ${LAYOUT_FILE}`)
    const index = await this.#whole(INDEX_FILE, MAX_INDEX_BYTES)
    return index === undefined
      ? IndexDocument.empty()
      : IndexDocument.parse(index, `${this.name}: ${INDEX_FILE}`)
  }

  async #whole(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
    const size = await this.#tar.sizeOf(file)
    if (size === undefined) return undefined
    if (size > maxBytes) {
      throw new SealwrightError('VALIDATION', `${this.name}: ${file} is larger than ${maxBytes} bytes`)
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of (await this.#tar.read(file)) ?? []) chunks.push(chunk)
    return Buffer.concat(chunks)
  }

  #readOnly(): SealwrightError {
    return new SealwrightError('UNSUPPORTED', `${this.name} can only be read`)
  }
}
