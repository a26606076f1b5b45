import type { StoreCall } from '../artifact-store.ts'
import type { Identity } from '../content.ts'
import type { IndexDocument } from './index-document.ts'

/** Where the files of a layout are: a directory, an archive, memory. */
export interface LayoutBackend {
  readonly name: string
  readIndex(call: StoreCall): Promise<IndexDocument>
  /** The stored bytes, unchecked; nothing if there are none. */
  openBlob(digest: string, call: StoreCall): Promise<StoredBlob | undefined>
  /** Stores a blob whole or not at all, checked against its digest and size. What is there already may stay. */
  putBlob(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, call: StoreCall): Promise<void>
  removeBlob(digest: string, call: StoreCall): Promise<void>
  /** Replaces `index.json`, alone among all who write it. `change` may read and put blobs. */
  updateIndex(change: (index: IndexDocument) => Promise<IndexChange>, call: StoreCall): Promise<void>
}

export interface IndexChange {
  readonly index: IndexDocument
  /** Digests of blobs that nothing needs once `index.json` is replaced. */
  readonly unused?: readonly string[]
}

export interface StoredBlob {
  /** Bytes. */
  readonly size: number
  read(): AsyncIterable<Uint8Array>
}
