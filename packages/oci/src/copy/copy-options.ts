import type { SealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import type { RetryPolicy } from '../retry.ts'
import type { WalkOptions } from './walk-graph.ts'

export interface CopyOptions extends Omit<WalkOptions, 'children' | 'depth'> {
  /** How many contents of more than 1 MiB are moved at the same time, and twice as many smaller ones. Default 8. */
  readonly concurrency?: number | undefined
  /** How often a content is moved again, from its beginning, that was cut off. */
  readonly retry?: RetryPolicy | undefined
  /** Its tags at the destination. Default: the one it was named by, if it was named by a tag. */
  readonly tags?: readonly string[] | undefined
  /**
   * Where all goes that refers to the artifact or its children, and the tags that are made of their digests; `to` gets the
   * artifact with its children alone. Default: `to` gets all.
   */
  readonly referrersTo?: ArtifactStore | undefined
  /** Looks at both sides, and writes nothing. */
  readonly dryRun?: boolean | undefined
  readonly onProgress?: ((event: CopyEvent) => void) | undefined
}

/** What happens during a copy. */
export type CopyEvent =
  /** All that belongs to it is known. */
  | { readonly type: 'planned'; readonly manifests: number; readonly blobs: number; readonly bytes: number }
  | { readonly type: 'started'; readonly descriptor: Descriptor }
  /** So many bytes of it were moved, in all. Fewer than before: it is moved again from the beginning. */
  | { readonly type: 'bytes'; readonly descriptor: Descriptor; readonly bytes: number }
  /** Moved; there already; taken over within the registry. */
  | { readonly type: 'done' | 'skipped' | 'mounted'; readonly descriptor: Descriptor }
  | { readonly type: 'failed'; readonly descriptor: Descriptor; readonly error: SealwrightError }

export interface CopyReport extends Moved {
  /** What was copied: the artifact, or the image of the platform that was asked for. */
  readonly root: Descriptor
  /** Its tags at the destination. */
  readonly tags: readonly string[]
  /** With `referrersTo`: what was copied there. The other lists are then about the artifact and its children. */
  readonly referrers?: Moved | undefined
}

/** What was copied to one place. */
export interface Moved {
  /** Manifests and blobs that were moved; of a dry run, that would be. */
  readonly copied: readonly Descriptor[]
  /** What was there already. */
  readonly skipped: readonly Descriptor[]
  /** What the registry took over from the other repository. */
  readonly mounted: readonly Descriptor[]
  /** What belongs to it and could not be brought. */
  readonly left: readonly LeftBehind[]
}

export interface LeftBehind {
  readonly descriptor: Descriptor
  readonly why: SealwrightError
}
