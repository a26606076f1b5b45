import type { StoreCall } from '@sealwright/oci'
import { type Identity, isReplayable, releaseOf, verified } from '@sealwright/oci/store'
import type { HttpResponse } from '../http/transport.ts'
import { ChunkedUpload, type ChunkLimit, ChunksRefused } from './chunked-upload.ts'
import { ReplayableSource } from './replayable-source.ts'
import { RetryBuffer } from './retry-buffer.ts'
import { type UploadPlace, UploadSession } from './upload-session.ts'

/** A registry that wants longer chunks gets no chunks. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024

export interface UploadOptions extends UploadPlace {
  /** How much is sent at a time, and held so that it can be sent again. */
  readonly chunkBytes: number
  /** What is not larger goes at once, and is held so that it can be sent again. */
  readonly wholeBytes: number
}

/**
 * Uploads of blobs (distribution-spec, "Pushing blobs"). What is small goes at once (POST, PUT) and is sent again after a
 * passing failure. What is larger goes in chunks (PATCH); where a registry takes none, at once and only once, since what a
 * stream gave is gone.
 */
export class RegistryUploads {
  readonly #options: UploadOptions
  readonly #limit: ChunkLimit
  #chunks = true

  constructor(options: UploadOptions) {
    const { chunkBytes } = options
    this.#options = options
    this.#limit = { bytes: MAX_CHUNK_BYTES, smaller: Math.ceil(chunkBytes / 2) }
  }

  /** @param exists - Whether the blob is there after all: the answer to the last request may have been lost. */
  async push(
    blob: Identity,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    exists: () => Promise<boolean>,
    call: StoreCall,
  ): Promise<void> {
    if (content instanceof Uint8Array) {
      return this.#bytes(blob, await whole(verified(blob, content, 'the caller')), call)
    }
    const { chunkBytes, wholeBytes } = this.#options
    if (blob.size <= wholeBytes && isReplayable(content)) return this.#again(blob, content, call)
    const chunks = verified(blob, content, 'the caller')
    if (blob.size <= wholeBytes) return this.#small(blob, new RetryBuffer(chunks, releaseOf(content)), call)
    const session = await this.#begin(call)
    const partBytes = Math.max(chunkBytes, session.minChunk)
    if (!this.#chunks || partBytes > MAX_CHUNK_BYTES) return this.#stream(blob, session, chunks, call)
    const window = new RetryBuffer(chunks, releaseOf(content))
    try {
      const limit = this.#limit
      const options = { place: this.#options, blob, window, partBytes, limit, exists }
      await new ChunkedUpload(options, session).run(call)
    } catch (error) {
      if (!(error instanceof ChunksRefused)) throw error
      this.#chunks = false
      await this.#stream(blob, await this.#begin(call), window.readOn(), call)
    } finally {
      await window.close()
    }
  }

  /** Begins an upload, and ends it. */
  async tryOut(call: StoreCall): Promise<void> {
    await (await this.#begin(call)).end(call)
  }

  /** Ends an upload that an answer tells of, and that nobody wanted. */
  async abandon(answer: HttpResponse, call: StoreCall): Promise<void> {
    await UploadSession.of(this.#options, answer).end(call)
  }

  async #bytes(blob: Identity, bytes: Uint8Array, call: StoreCall): Promise<void> {
    await this.#options.client.retrying(call, async () =>
      (await this.#begin(call)).put(blob.digest, bytes, undefined, call),
    )
  }

  /** At once, and asked for once more when it has to be sent again. It begins to come while the upload begins. */
  async #again(blob: Identity, content: AsyncIterable<Uint8Array>, call: StoreCall): Promise<void> {
    let source: ReplayableSource | undefined
    await this.#options.client.retrying(
      call,
      async () => {
        source = new ReplayableSource(() => verified(blob, content, 'the caller'))
        const chunks = () => source!.chunks()
        try {
          const session = await this.#begin(call)
          await session.put(
            blob.digest,
            { size: blob.size, chunks, release: releaseOf(content) },
            undefined,
            call,
          )
        } finally {
          source.close()
        }
      },
      // Whoever gives the content has its own way to try again.
      () => source?.failure !== undefined,
    )
  }

  async #small(blob: Identity, window: RetryBuffer, call: StoreCall): Promise<void> {
    window.next(blob.size)
    window.ahead()
    const body = { size: blob.size, chunks: () => window.read() }
    try {
      await this.#options.client.retrying(
        call,
        async () => (await this.#begin(call)).put(blob.digest, body, undefined, call),
        () => window.failure !== undefined,
      )
    } finally {
      await window.close()
    }
  }

  /** At once, and only once. */
  async #stream(
    blob: Identity,
    session: UploadSession,
    chunks: AsyncGenerator<Uint8Array>,
    call: StoreCall,
  ): Promise<void> {
    const body = { size: blob.size, chunks: () => chunks, once: true as const }
    try {
      await session.put(blob.digest, body, undefined, call)
    } finally {
      await chunks.return(undefined)
    }
  }

  #begin(call: StoreCall): Promise<UploadSession> {
    return UploadSession.begin(this.#options, call)
  }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}
