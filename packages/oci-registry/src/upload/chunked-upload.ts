import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { StoreCall } from '@sealwright/oci'
import type { Identity } from '@sealwright/oci/store'
import type { RetryBuffer } from './retry-buffer.ts'
import { type UploadPlace, UploadSession } from './upload-session.ts'

/** What a registry answers that takes no chunks, or has no such upload any more. */
const REFUSALS: readonly string[] = ['NOT_FOUND', 'UNSUPPORTED', 'VALIDATION']

/** How long chunks may be; shared by the uploads to one registry, and made shorter when one is refused. */
export interface ChunkLimit {
  bytes: number
  /** The next one to try. */
  readonly smaller: number
}

export interface ChunkedUploadOptions {
  readonly place: UploadPlace
  readonly blob: Identity
  readonly window: RetryBuffer
  /** How much of the content is held at a time. */
  readonly partBytes: number
  readonly limit: ChunkLimit
  /** Whether the blob is there after all: the answer to the last request may have been lost. */
  readonly exists: () => Promise<boolean>
}

/** A registry would not take the first chunk: nothing of the content is lost yet. */
export class ChunksRefused extends Error {
  constructor(cause: unknown) {
    super('no chunks', { cause })
  }
}

/**
 * A blob that is sent in chunks, each of which is sent again from where the registry says that it stopped. The last one
 * completes the upload: some registries want no empty request at the end (Amazon ECR).
 */
export class ChunkedUpload {
  readonly #options: ChunkedUploadOptions
  #session: UploadSession
  #completed = false

  constructor(options: ChunkedUploadOptions, session: UploadSession) {
    this.#options = options
    this.#session = session
  }

  /** @throws {@link ChunksRefused}, before anything was taken. */
  async run(call: StoreCall): Promise<void> {
    const { blob, window, partBytes } = this.#options
    try {
      for (let offset = 0; offset < blob.size; offset += partBytes) {
        const size = Math.min(partBytes, blob.size - offset)
        window.next(size)
        await this.#part(offset, size, call)
      }
    } catch (error) {
      await this.#session.end(call)
      throw window.failure ?? error
    }
  }

  /** What the window holds, as often as the policy allows. */
  async #part(offset: number, size: number, call: StoreCall): Promise<void> {
    const { place, blob, window } = this.#options
    let at = 0
    let attempts = 0
    await place.client.retrying(
      call,
      async () => {
        const again = attempts++ > 0
        if (again) at = await this.#resume(offset, size, call)
        while (at < size) at = await this.#send(offset, at, size, again, call)
        if (offset + size === blob.size && !this.#completed) {
          await this.#session.put(blob.digest, new Uint8Array(), undefined, call)
          this.#completed = true
        }
      },
      () => window.failure !== undefined,
    )
  }

  /** One chunk. @returns Where the next one begins. */
  async #send(offset: number, at: number, size: number, again: boolean, call: StoreCall): Promise<number> {
    const { place, blob, window, limit } = this.#options
    const stop = Math.min(size, at + limit.bytes)
    const start = offset + at
    const range = `${start}-${offset + stop - 1}`
    const body = { size: stop - at, chunks: () => window.read(at, stop) }
    try {
      if (offset + stop === blob.size) {
        await this.#session.put(blob.digest, body, range, call)
        this.#completed = true
        return stop
      }
      const has = await this.#session.patch(body, range, call)
      // A registry may take less than it was sent; one that says that it took nothing may be behind (Amazon ECR).
      const next = has !== undefined && has > start && has < offset + stop ? has - offset : stop
      if (next <= window.filled) return next
      throw new SealwrightError(
        'UNAVAILABLE',
        `${place.name} answered before it was sent what it asked for`,
        {
          why: `${window.filled} of ${next} bytes had been read`,
        },
      )
    } catch (error) {
      if (!isSealwrightError(error) || !REFUSALS.includes(error.code)) throw error
      if (start === 0 && error.code === 'VALIDATION' && limit.smaller < limit.bytes) {
        // Of what is too long, the half may be right: GitHub's registry takes 4 MiB.
        limit.bytes = limit.smaller
        await this.#restart(call)
        return 0
      }
      if (start === 0) throw new ChunksRefused(error)
      // What was taken before, though its answer was lost, is out of place now.
      if (again && at === 0) throw this.#misplaced(error.message)
      throw error
    }
  }

  async #restart(call: StoreCall): Promise<void> {
    await this.#session.end(call)
    this.#session = await UploadSession.begin(this.#options.place, call)
  }

  /** Where the registry wants the upload to go on; from the beginning, if it has lost what was the beginning. */
  async #resume(offset: number, size: number, call: StoreCall): Promise<number> {
    const { blob, exists } = this.#options
    const has = await this.#status(call)
    if (has === 'gone') {
      if (offset + size === blob.size && (await exists())) {
        this.#completed = true
        return size
      }
      // Perhaps it has none of this part, and cannot say so (go-containerregistry).
      if (offset === 0) await this.#restart(call)
      return 0
    }
    const at = has === undefined || has <= 1 ? -offset : has - offset
    if (at < 0 || at > size) throw this.#misplaced(`it has ${has ?? 'an unknown number of'} bytes of it`)
    return at
  }

  async #status(call: StoreCall): Promise<number | undefined | 'gone'> {
    try {
      return await this.#session.status(call)
    } catch (error) {
      // distribution ends an upload whose state is not what its URL says: one that was cut in the middle.
      if (isSealwrightError(error) && REFUSALS.includes(error.code)) return 'gone'
      throw error
    }
  }

  #misplaced(why: string): SealwrightError {
    return new SealwrightError('UNAVAILABLE', `${this.#options.place.name} does not go on with an upload`, {
      why,
    })
  }
}
