import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { StoreCall } from '../artifact-store.ts'
import { type Identity, verified } from '../content.ts'
import type { RegistryClient, RegistryRequest } from './client.ts'
import { ContentWindow } from './content-window.ts'
import { mayFollow } from './origin.ts'
import type { Answer, HttpBody } from './transport.ts'

/** A registry that wants longer chunks gets no chunks. */
const MAX_CHUNK_BYTES = 64 * 1024 * 1024

/** What a registry answers that takes no chunks. */
const REFUSALS: readonly string[] = ['NOT_FOUND', 'UNSUPPORTED', 'VALIDATION']

export interface UploadOptions {
  readonly client: RegistryClient
  readonly repository: string
  readonly name: string
  /** How much is sent at a time, and held so that it can be sent again. */
  readonly chunkBytes: number
}

/** An upload that was begun, and what the registry wants of it. */
interface Session {
  readonly url: URL
  readonly minChunk: number
}

/**
 * Uploads of blobs (distribution-spec, "Pushing blobs"). What is small goes at once (POST, PUT) and is sent again after a
 * passing failure. What is larger goes in chunks (PATCH), each of which is sent again from where the registry says that
 * it stopped; where a registry takes no chunks, at once and only once, since what a stream gave is gone.
 */
export class RegistryUploads {
  readonly #client: RegistryClient
  readonly #repository: string
  readonly #name: string
  readonly #chunkBytes: number
  #chunks = true

  constructor({ client, repository, name, chunkBytes }: UploadOptions) {
    this.#chunkBytes = chunkBytes
    this.#client = client
    this.#repository = repository
    this.#name = name
  }

  /** @param exists - Whether the blob is there after all: the answer to the last request may have been lost. */
  async push(
    blob: Identity,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    exists: () => Promise<boolean>,
    call: StoreCall,
  ): Promise<void> {
    if (content instanceof Uint8Array) {
      const body = await whole(verified(blob, content, 'the caller'))
      await this.#client.retrying(call, async () => this.#put(await this.#begin(call), blob, body, call))
      return
    }
    const chunks = verified(blob, content, 'the caller')
    const session = blob.size > this.#chunkBytes && this.#chunks ? await this.#begin(call) : undefined
    const length = Math.max(this.#chunkBytes, session?.minChunk ?? 0)
    const held = length > MAX_CHUNK_BYTES ? 0 : Math.min(length, blob.size)
    const window = new ContentWindow(chunks, held)
    try {
      if (blob.size <= this.#chunkBytes) await this.#small(blob, window, call)
      else if (session === undefined || length > MAX_CHUNK_BYTES)
        await this.#stream(blob, window, session, call)
      else await this.#chunked(blob, window, session, length, exists, call)
    } finally {
      await window.close()
    }
  }

  /** Begins an upload, and ends it. */
  async tryOut(call: StoreCall): Promise<void> {
    await this.#end((await this.#begin(call)).url, call)
  }

  /** Ends an upload that will not be completed; a registry that cannot do that forgets it by itself. */
  async abandon(answer: Answer, call: StoreCall): Promise<void> {
    await this.#end(this.#location(answer), call)
  }

  async #small(blob: Identity, window: ContentWindow, call: StoreCall): Promise<void> {
    window.next(blob.size)
    const body = { size: blob.size, chunks: () => window.read() }
    await this.#client.retrying(
      call,
      async () => this.#put(await this.#begin(call), blob, body, call),
      () => window.failure !== undefined,
    )
  }

  /** At once, and only once. */
  async #stream(
    blob: Identity,
    window: ContentWindow,
    begun: Session | undefined,
    call: StoreCall,
  ): Promise<void> {
    const body = { size: blob.size, chunks: () => window.readOn(), once: true as const }
    await this.#put(begun ?? (await this.#begin(call)), blob, body, call)
  }

  async #chunked(
    blob: Identity,
    window: ContentWindow,
    begun: Session,
    length: number,
    exists: () => Promise<boolean>,
    call: StoreCall,
  ): Promise<void> {
    let session = begun
    try {
      for (let offset = 0; offset < blob.size; offset += length) {
        const size = Math.min(length, blob.size - offset)
        window.next(size)
        session = await this.#chunk(session, window, { offset, size }, call)
      }
    } catch (error) {
      await this.#end(session.url, call)
      if (window.failure !== undefined) throw window.failure
      if (!(error instanceof ChunksRefused)) throw error
      this.#chunks = false
      return this.#stream(blob, window, undefined, call)
    }
    let again = false
    await this.#client.retrying(call, async () => {
      try {
        await this.#put(session, blob, new Uint8Array(), call)
      } catch (error) {
        // It was completed, and the answer was lost: registries do not agree on how they say that it is over.
        const over = again && isSealwrightError(error) && REFUSALS.includes(error.code)
        again = true
        if (over && (await exists())) return
        throw error
      }
    })
  }

  /** One chunk, as often as the policy allows. */
  async #chunk(
    begun: Session,
    window: ContentWindow,
    { offset, size }: { readonly offset: number; readonly size: number },
    call: StoreCall,
  ): Promise<Session> {
    let session = begun
    let at = 0
    let failed = false
    const send = async (): Promise<void> => {
      const start = offset + at
      const answer = await this.#request(
        {
          method: 'PATCH',
          url: session.url,
          headers: {
            'content-type': 'application/octet-stream',
            'content-range': `${start}-${offset + size - 1}`,
          },
          body: { size: size - at, chunks: () => window.read(at) },
          expected: [201, 202, 204],
        },
        { first: start === 0, again: failed },
        call,
      )
      await answer.cancel()
      session = { ...session, url: this.#location(answer, session.url) }
      const end = received(answer)
      // A registry may take less than it was sent.
      at = end !== undefined && end > start && end < offset + size ? end - offset : size
    }
    await this.#client.retrying(
      call,
      async () => {
        if (failed) ({ session, at } = await this.#resume(session, { offset, size }, call))
        failed = true
        while (at < size) await send()
      },
      () => window.failure !== undefined,
    )
    return session
  }

  /**
   * @param place.first - Whether nothing of the content was taken yet.
   * @param place.again - Whether it may have been taken before, and is out of place now.
   */
  async #request(
    request: Omit<RegistryRequest, 'action' | 'what'>,
    { first, again }: { readonly first: boolean; readonly again: boolean },
    call: StoreCall,
  ): Promise<Answer> {
    try {
      const what = `the push to ${this.#repository}`
      return await this.#client.request({ ...request, action: 'push', what }, call)
    } catch (error) {
      if (!isSealwrightError(error) || !REFUSALS.includes(error.code)) throw error
      if (first) throw new ChunksRefused(error)
      if (again) throw this.#misplaced(error.message)
      throw error
    }
  }

  /** Where the registry wants the upload to go on; from the beginning, if it has lost what was the beginning. */
  async #resume(
    session: Session,
    { offset, size }: { readonly offset: number; readonly size: number },
    call: StoreCall,
  ): Promise<{ session: Session; at: number }> {
    const asked = await this.#status(session, call)
    if (asked === undefined) {
      // Perhaps it has none of this chunk, and cannot say so (go-containerregistry).
      return { session: offset > 0 ? session : await this.#begin(call), at: 0 }
    }
    const { url, end } = asked
    const at = end === undefined || end <= 1 ? -offset : end - offset
    if (at < 0 || at > size) throw this.#misplaced(`it has ${end ?? 'an unknown number of'} bytes of it`)
    return { session: { ...session, url }, at }
  }

  /** How far an upload came (distribution-spec, "Pushing a blob in chunks"); nothing if it has ended. */
  async #status(
    { url }: Session,
    call: StoreCall,
  ): Promise<{ readonly url: URL; readonly end: number | undefined } | undefined> {
    const what = `to resume the push to ${this.#repository}`
    try {
      const answer = await this.#client.request(
        { method: 'GET', url, action: 'push', what, expected: [200, 202, 204] },
        call,
      )
      await answer.cancel()
      return { url: this.#location(answer, url), end: received(answer) }
    } catch (error) {
      // distribution ends an upload whose state is not what its URL says: one that was cut in the middle.
      if (isSealwrightError(error) && REFUSALS.includes(error.code)) return undefined
      throw error
    }
  }

  #misplaced(why: string): SealwrightError {
    return new SealwrightError('UNAVAILABLE', `${this.#name} does not go on with an upload`, { why })
  }

  async #begin(call: StoreCall): Promise<Session> {
    const what = `the push to ${this.#repository}`
    const url = this.#client.url('blobs/uploads/')
    const started = await this.#client.retrying(call, () =>
      this.#client.request({ method: 'POST', url, action: 'push', what, expected: [202] }, call),
    )
    await started.cancel()
    const minChunk = Number(started.headers.get('oci-chunk-min-length') ?? 0)
    return { url: this.#location(started), minChunk: Number.isSafeInteger(minChunk) ? minChunk : 0 }
  }

  async #put(session: Session, { digest }: Identity, body: HttpBody, call: StoreCall): Promise<void> {
    const url = new URL(session.url)
    url.searchParams.append('digest', digest)
    const stored = await this.#client.request(
      {
        method: 'PUT',
        url,
        headers: { 'content-type': 'application/octet-stream' },
        body,
        action: 'push',
        what: `the push to ${this.#repository}`,
        expected: [201, 204],
      },
      call,
    )
    await stored.cancel()
  }

  async #end(url: URL, call: StoreCall): Promise<void> {
    const what = `to end an upload to ${this.#repository}`
    try {
      const answer = await this.#client.request(
        { method: 'DELETE', url, action: 'push', what, expected: [204] },
        call,
      )
      await answer.cancel()
    } catch {
      throwIfAborted(call.signal)
    }
  }

  /** Where the content is to go: relative or absolute, its query kept. */
  #location(answer: Answer, before?: URL): URL {
    const location = answer.headers.get('location')
    if (location === null && before !== undefined) return before
    if (location === null || !URL.canParse(location, answer.url.href)) {
      throw new SealwrightError('UNSUPPORTED', `${this.#name} does not say where to upload to`)
    }
    const url = new URL(location, answer.url)
    if (!mayFollow(answer.url, url)) {
      throw new SealwrightError('UNSUPPORTED', `${this.#name} wants uploads to go elsewhere`, {
        why: `to ${url.protocol}//${url.host}, which is not followed; a proxy in front of it may be set up wrongly`,
      })
    }
    return url
  }
}

/** A registry would not take the first chunk: nothing of the content is lost yet. */
class ChunksRefused extends Error {
  constructor(cause: unknown) {
    super('no chunks', { cause })
  }
}

/** How many bytes it has, by `Range: 0-<last>`. Nothing and one byte are both said as `0-0` by distribution. */
function received({ headers }: Answer): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get('range') ?? '')?.[1]
  return last === undefined ? undefined : Number(last) + 1
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}
