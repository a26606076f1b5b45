import type { StoreCall } from '../artifact-store.ts'
import type { Identity } from '../content.ts'
import type { IndexDocument } from './index-document.ts'
import type { EditedIndex } from './index-edits.ts'

/** The files of a layout: what a store reads, and the blobs that it writes. */
export interface LayoutFiles {
  readonly name: string
  readIndex(call: StoreCall): Promise<IndexDocument>
  /** Bytes that are stored for a blob; nothing if it is not there. */
  sizeOf(digest: string, call: StoreCall): Promise<number | undefined>
  /** The stored bytes, unchecked. Throws `NOT_FOUND` if there are none. */
  read(digest: string, call: StoreCall): AsyncIterable<Uint8Array>
  /** Stores a blob whole or not at all, checked against its digest and size. What is there already may stay. */
  putBlob(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, call: StoreCall): Promise<void>
  removeBlob(digest: string, call: StoreCall): Promise<void>
}

/** Where the files of a layout are: a directory, an archive, memory. */
export interface LayoutBackend extends LayoutFiles {
  /** Its files come once, in an order of their own: as {@link ArtifactStore.stream}. */
  readonly stream?: true
  /** Replaces `index.json`, alone among all who write it. `change` may read and put blobs. */
  updateIndex(change: (index: IndexDocument) => Promise<IndexChange>, call: StoreCall): Promise<void>
  /** For layouts that are rewritten as a whole: many writes, then one change of the index. */
  batch?<T>(steps: BatchSteps<T>, call: StoreCall): Promise<T>
}

export interface IndexChange {
  readonly index: IndexDocument
  /** Digests of blobs that nothing needs once `index.json` is replaced. */
  readonly unused?: readonly string[]
}

/** What is done in one go. */
export interface BatchSteps<T> {
  /** Writes blobs, and says what shall be listed. */
  run(files: LayoutFiles): Promise<T>
  /** The index with all that was said so far. */
  edited(index: IndexDocument, files: LayoutFiles): Promise<EditedIndex>
}
