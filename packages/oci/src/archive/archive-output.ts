import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '../artifact-store.ts'
import type { BatchSteps, LayoutBackend } from '../layout/backend.ts'
import { IndexDocument } from '../layout/index-document.ts'
import { LayoutStore } from '../layout/store.ts'
import { ArchiveBatch } from './archive-batch.ts'
import { TarStreamOutput } from './tar-output.ts'

/**
 * An OCI image layout 1.0 in a tar that is written to a stream (standard output), in one {@link ArtifactStore.batch}:
 * the index first, then the manifests, then the blobs as they come. No blob is held or stored on the way; so what was
 * announced in the index and fails later ends the stream without the end of a tar, and nobody takes it for whole.
 *
 * @param write - Resolved when more may come.
 * @throws {@link SealwrightError} from its methods: `UNSUPPORTED` for writes outside of a batch, and where the index would
 *   have to be another than it was.
 */
export function archiveOutput(
  write: (chunk: Uint8Array) => Promise<void>,
  { name = 'oci-archive:-' }: { readonly name?: string } = {},
): ArtifactStore {
  return new LayoutStore(new OutputBackend(write, name))
}

class OutputBackend implements LayoutBackend {
  readonly name: string
  readonly stream = true
  readonly #write: (chunk: Uint8Array) => Promise<void>

  constructor(write: (chunk: Uint8Array) => Promise<void>, name: string) {
    this.#write = write
    this.name = name
  }

  async readIndex(): Promise<IndexDocument> {
    return IndexDocument.empty()
  }

  async sizeOf(): Promise<undefined> {}

  // biome-ignore lint/correctness/useYield: there is nothing to give.
  async *read(digest: string): AsyncGenerator<Uint8Array> {
    throw new SealwrightError('NOT_FOUND', `${this.name} has no ${digest}`)
  }

  putBlob(): Promise<void> {
    throw this.#inOneGo()
  }

  removeBlob(): Promise<void> {
    throw this.#inOneGo()
  }

  updateIndex(): Promise<void> {
    throw this.#inOneGo()
  }

  async batch<T>(steps: BatchSteps<T>): Promise<T> {
    const output = new TarStreamOutput(this.#write)
    await using batch = new ArchiveBatch({
      name: this.name,
      tar: undefined,
      index: IndexDocument.empty(),
      edited: steps.edited,
      output: async () => output,
    })
    const result = await steps.run(batch)
    await batch.finish(async contents => {
      for (const content of contents) await output.add(content)
      await output.end()
    })
    return result
  }

  #inOneGo(): SealwrightError {
    return new SealwrightError('UNSUPPORTED', `${this.name} is written in one go`, {
      fix: 'copy an artifact to it',
    })
  }
}
