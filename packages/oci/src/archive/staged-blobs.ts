import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openRegular, readOpen } from '@sealwright/core/files'
import { collectVerified, type Identity, verified } from '../content.ts'
import { named } from '../layout/write-chunks.ts'

export interface StagedBlob {
  /** Bytes. */
  readonly size: number
  read(): AsyncIterable<Uint8Array>
}

const IN_MEMORY = 4 * 1024 * 1024

/**
 * Blobs that wait for the manifest that needs them, because an archive can only be written anew. Small ones wait in
 * memory, others in private folders.
 */
export class StagedBlobs {
  readonly #small = new Map<string, Uint8Array>()
  readonly #large = new Map<string, { folder: string; path: string; size: number }>()

  get(digest: string): StagedBlob | undefined {
    const bytes = this.#small.get(digest)
    if (bytes !== undefined) return { size: bytes.byteLength, read: () => once(bytes) }
    const large = this.#large.get(digest)
    return large && { size: large.size, read: () => readStaged(large.path) }
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
    const folder = await mkdtemp(join(tmpdir(), 'sealwright-'))
    const path = join(folder, 'blob')
    try {
      const file = await open(path, 'wx', 0o600)
      try {
        for await (const chunk of verified(blob, content, from))
          await named(path, () => file.writeFile(chunk))
      } finally {
        await file.close()
      }
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
    await this.remove(blob.digest)
    this.#large.set(blob.digest, { folder, path, size: blob.size })
  }

  async remove(digest: string): Promise<void> {
    this.#small.delete(digest)
    const large = this.#large.get(digest)
    this.#large.delete(digest)
    if (large) await rm(large.folder, { recursive: true, force: true })
  }
}

async function* readStaged(path: string): AsyncGenerator<Uint8Array> {
  const file = await openRegular(path)
  if (file === undefined) throw new Error('a staged blob is gone')
  yield* readOpen(file)
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield Uint8Array.from(bytes)
}
