import { collectVerified, type Identity, verified } from '../content.ts'
import { TemporaryFile } from './temporary-file.ts'

export interface StagedBlob {
  /** Bytes. */
  readonly size: number
  read(): AsyncIterable<Uint8Array>
}

const IN_MEMORY = 4 * 1024 * 1024

/**
 * Blobs that wait for the manifest that needs them, because an archive can only be rewritten as a whole. Small ones wait in
 * memory, others in temporary files.
 */
export class StagedBlobs {
  readonly #small = new Map<string, Uint8Array>()
  readonly #large = new Map<string, { file: TemporaryFile; size: number }>()

  get(digest: string): StagedBlob | undefined {
    const bytes = this.#small.get(digest)
    if (bytes !== undefined) return { size: bytes.byteLength, read: () => once(bytes) }
    const large = this.#large.get(digest)
    return large && { size: large.size, read: () => large.file.read() }
  }

  digests(): readonly string[] {
    return [...this.#small.keys(), ...this.#large.keys()]
  }

  async put(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
    const from = 'the caller'
    if (blob.size <= IN_MEMORY) {
      const bytes = await collectVerified(blob, content, { from, maxBytes: IN_MEMORY })
      this.#small.set(blob.digest, Uint8Array.from(bytes))
      return
    }
    const file = await TemporaryFile.of(verified(blob, content, from))
    await this.remove(blob.digest)
    this.#large.set(blob.digest, { file, size: blob.size })
  }

  async remove(digest: string): Promise<void> {
    this.#small.delete(digest)
    const large = this.#large.get(digest)
    this.#large.delete(digest)
    await large?.file[Symbol.asyncDispose]()
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Uint8Array.from(bytes)
}
