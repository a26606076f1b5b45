import { SealwrightError } from '@sealwright/core'
import { KeyedMutex } from '@sealwright/core/adapter'
import type { ArtifactStore } from './artifact-store.ts'
import { collectVerified } from './content.ts'
import { IndexDocument } from './layout/index-document.ts'
import { LayoutStore } from './layout/store.ts'

/**
 * Returns a store in memory: for tests, and for work between two other stores.
 *
 * @example
 * ```ts
 * import { copyGraph, layoutDirectory, memory } from '@sealwright/oci'
 *
 * const artifacts = memory()
 * await copyGraph(layoutDirectory('image'), 'v1', artifacts)
 * ```
 */
export function memory(): ArtifactStore {
  const blobs = new Map<string, Uint8Array>()
  const writers = new KeyedMutex()
  let index = IndexDocument.empty()
  const from = 'the caller'
  return new LayoutStore({
    name: 'memory',
    readIndex: async () => index,
    sizeOf: async digest => blobs.get(digest)?.byteLength,
    async *read(digest) {
      const bytes = blobs.get(digest)
      if (bytes === undefined) throw new SealwrightError('NOT_FOUND', `memory has no ${digest}`)
      yield Uint8Array.from(bytes)
    },
    putBlob: async (blob, content) => {
      const bytes = await collectVerified(blob, content, { from, maxBytes: Number.MAX_SAFE_INTEGER })
      // A copy: the caller may go on using its buffer.
      blobs.set(blob.digest, Uint8Array.from(bytes))
    },
    removeBlob: async digest => {
      blobs.delete(digest)
    },
    updateIndex: change =>
      writers.run('index', async () => {
        const { index: changed, unused = [] } = await change(index)
        index = changed
        for (const digest of unused) blobs.delete(digest)
      }),
  })
}
