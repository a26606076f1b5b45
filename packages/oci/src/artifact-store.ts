import type { Descriptor } from './descriptor.ts'

export interface StoreCall {
  readonly signal?: AbortSignal | undefined
}

export interface PushCall extends StoreCall {
  /** Stores a manifest of somebody else as it is, even one that cannot be read. For copies. */
  readonly anyway?: boolean | undefined
  /** Sends a blob without asking first whether it is there: one made just now, or hardly larger than the question. */
  readonly assumeAbsent?: boolean | undefined
  /** A tag for a manifest, which a store may set in the same step; {@link PushResult.tagged} says whether it did. */
  readonly tag?: string | undefined
}

export interface TagCall extends StoreCall {
  /** The manifest, if it is at hand: a registry is sent it again with the tag. */
  readonly bytes?: Uint8Array | undefined
}

export interface ReferrersQuery extends StoreCall {
  /** Only these; filtered here when the store does not filter. */
  readonly artifactType?: string | undefined
  /**
   * The store's own tags that begin with `sha256-`, all of them, as they were just listed: where clients keep the lists of
   * referrers under tags, no others are looked for. Saves whoever asks for thousands of subjects what he knows already.
   */
  readonly tags?: ReadonlySet<string> | undefined
}

/**
 * Where artifacts live: one repository of a registry, an image layout directory, a layout tar, or memory.
 *
 * All that is read is checked against its descriptor while it streams: a wrong digest or size ends the stream with
 * `INTEGRITY`, and what was not read to its end was not checked.
 */
export interface ArtifactStore {
  /** What the store is called in messages: `registry.example/app`, `oci:./layout`. */
  readonly name: string
  /**
   * It is read or written from front to back, once (a tar on stdin or stdout): a large content is best asked for or given
   * in its order, one at a time, and what was written cannot be taken back.
   */
  readonly stream?: true | undefined
  /** Of a store that reads out of others: these, in the order in which they are asked. Blobs are taken over from each. */
  readonly sources?: readonly ArtifactStore[] | undefined
  /** A tag or digest to its descriptor. Throws `NOT_FOUND`. */
  resolve(reference: string, call?: StoreCall): Promise<Descriptor>
  /** The content of a descriptor. Throws `NOT_FOUND`, `INTEGRITY`. */
  fetch(descriptor: Descriptor, call?: StoreCall): AsyncIterable<Uint8Array>
  exists(descriptor: Descriptor, call?: StoreCall): Promise<boolean>
  /**
   * Stores content under its descriptor; a manifest with a `subject` becomes a referrer of it. Content that does not
   * match is `INTEGRITY`, and nothing is stored. What is there already stays as it is.
   */
  push(
    descriptor: Descriptor,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call?: PushCall,
  ): Promise<PushResult>
  /** Names a stored manifest; moves the name if it exists. */
  tag(descriptor: Descriptor, tag: string, call?: TagCall): Promise<void>
  /** The manifests whose `subject` is this one. A listing cut off by a limit is an error, never an absence. */
  referrers(subject: Descriptor, query?: ReferrersQuery): AsyncIterable<Descriptor>
  /** Removes a manifest, its tags and its place among the referrers of its subject; or a blob. Throws `NOT_FOUND`. */
  delete(descriptor: Descriptor, call?: StoreCall): Promise<void>
  /**
   * Takes a blob over from another repository of the same registry without moving its bytes. `false` when the registry
   * does not do so, or may not: then it is pushed. Registries only.
   */
  mount?(descriptor: Descriptor, from: ArtifactStore, call?: StoreCall): Promise<boolean>
  /** Tags that begin with `prefix`, in the store's order; never a list cut short. Not every registry lists its tags. */
  tags?(query?: TagsQuery): AsyncIterable<string>
  /**
   * Runs many writes that become visible together, once `work` has ended; if it fails, none does. For stores that are
   * rewritten with every change (an archive). The store given to `work` sees what was written to it.
   */
  batch?<T>(work: (store: ArtifactStore) => Promise<T>, call?: StoreCall): Promise<T>
  /** What is listed at the top, each manifest once. Layouts and memory only: a registry cannot be listed as a whole. */
  entries?(call?: StoreCall): Promise<readonly StoredEntry[]>
}

export interface TagsQuery extends StoreCall {
  readonly prefix?: string | undefined
}

export interface StoredEntry {
  readonly descriptor: Descriptor
  readonly tags: readonly string[]
}

export interface PushResult {
  /**
   * How a pushed referrer can be found: by the store itself, or by the fallback tag that the client maintains. That tag was
   * read back: it names the referrer.
   */
  readonly referrers?: 'api' | 'tag' | 'layout' | undefined
  /** Whether {@link PushCall.tag} leads to the manifest now. */
  readonly tagged?: boolean | undefined
}
