import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { StoreCall } from '../artifact-store.ts'
import { type Identity, verified } from '../content.ts'
import type { RegistryClient } from './client.ts'
import { deleteAt } from './manifests.ts'
import { mayFollow } from './origin.ts'
import type { Answer } from './transport.ts'

/** What a registry answers that does not mount, or does not let us. */
const REFUSALS: readonly string[] = [
  'ACCESS_DENIED',
  'NOT_FOUND',
  'UNAUTHENTICATED',
  'UNSUPPORTED',
  'VALIDATION',
]

/** The blobs of a repository (distribution-spec, "Pulling blobs", "Pushing blobs": POST then PUT). */
export class RegistryBlobs {
  readonly #client: RegistryClient
  readonly #repository: string
  readonly #name: string

  constructor(client: RegistryClient, repository: string, name: string) {
    this.#client = client
    this.#repository = repository
    this.#name = name
  }

  async exists({ digest, size }: Identity, call: StoreCall): Promise<boolean> {
    const answer = await this.#client.retrying(call, () =>
      this.#client.request(
        {
          method: 'HEAD',
          url: this.#client.url(`blobs/${digest}`),
          action: 'pull',
          what: `to look for ${digest} in ${this.#repository}`,
          expected: [200, 404],
        },
        call,
      ),
    )
    await answer.cancel()
    if (answer.status === 404) return false
    this.#assertLength(answer, { digest, size })
    return true
  }

  async *read(blob: Identity, call: StoreCall): AsyncGenerator<Uint8Array> {
    const { digest } = blob
    const answer = await this.#client.retrying(call, () =>
      this.#client.request(
        {
          method: 'GET',
          url: this.#client.url(`blobs/${digest}`),
          action: 'pull',
          what: `the pull of ${digest} from ${this.#repository}`,
          expected: [200, 404],
        },
        call,
      ),
    )
    try {
      if (answer.status === 404) throw new SealwrightError('NOT_FOUND', `${this.#name} has no blob ${digest}`)
      this.#assertLength(answer, blob)
      yield* verified(blob, answer.chunks(), this.#name)
    } finally {
      await answer.cancel()
    }
  }

  /** Bytes are sent again after a passing failure, a stream is not: what it gave is gone. */
  async push(
    blob: Identity,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call: StoreCall,
  ): Promise<void> {
    if (content instanceof Uint8Array) {
      await this.#client.retrying(call, () => this.#upload(blob, content, call))
    } else {
      await this.#upload(blob, content, call)
    }
  }

  /**
   * Takes a blob over from another repository (distribution-spec, "Mounting a blob from another repository").
   *
   * @returns Whether the registry did so. What it refuses is not an error: the blob can be pushed.
   */
  async mount({ digest }: Identity, from: RegistryBlobs, call: StoreCall): Promise<boolean> {
    if (!this.#client.sharesRegistry(from.#client)) return false
    const url = this.#client.url('blobs/uploads/')
    url.searchParams.set('mount', digest)
    url.searchParams.set('from', from.#repository)
    const what = `the mount of ${digest} into ${this.#repository}`
    try {
      const answer = await this.#client.retrying(call, () =>
        this.#client.request(
          { method: 'POST', url, action: 'push', from: from.#repository, what, expected: [201, 202] },
          call,
        ),
      )
      await answer.cancel()
      if (answer.status === 201) return true
      // It began an upload instead, which nobody will use.
      await this.#abandon(this.#location(answer), call)
      return false
    } catch (error) {
      if (isSealwrightError(error) && REFUSALS.includes(error.code)) return false
      throw error
    }
  }

  delete(digest: string, call: StoreCall): Promise<boolean> {
    return deleteAt(this.#client, `blobs/${digest}`, `to delete ${digest} from ${this.#repository}`, call)
  }

  async #upload(
    blob: Identity,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    call: StoreCall,
  ): Promise<void> {
    const what = `the push to ${this.#repository}`
    const started = await this.#client.retrying(call, () =>
      this.#client.request(
        { method: 'POST', url: this.#client.url('blobs/uploads/'), action: 'push', what, expected: [202] },
        call,
      ),
    )
    await started.cancel()
    const url = this.#location(started)
    url.searchParams.append('digest', blob.digest)
    const chunks = verified(blob, content, 'the caller')
    const body = content instanceof Uint8Array ? await whole(chunks) : { size: blob.size, chunks }
    const stored = await this.#client.request(
      {
        method: 'PUT',
        url,
        headers: { 'content-type': 'application/octet-stream' },
        body,
        action: 'push',
        what,
        expected: [201, 204],
      },
      call,
    )
    await stored.cancel()
  }

  /** Ends an upload that will not be completed; a registry that cannot do that forgets it by itself. */
  async #abandon(url: URL, call: StoreCall): Promise<void> {
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
  #location(started: Answer): URL {
    const location = started.headers.get('location')
    if (location === null || !URL.canParse(location, started.url.href)) {
      throw new SealwrightError('UNSUPPORTED', `${this.#name} does not say where to upload to`)
    }
    const url = new URL(location, started.url)
    if (!mayFollow(started.url, url)) {
      throw new SealwrightError('UNSUPPORTED', `${this.#name} wants uploads to go elsewhere`, {
        why: `to ${url.protocol}//${url.host}, which is not followed; a proxy in front of it may be set up wrongly`,
      })
    }
    return url
  }

  #assertLength({ headers }: Answer, { digest, size }: Identity): void {
    const length = headers.get('content-length')
    if (length === null || headers.has('content-encoding') || Number(length) === size) return
    throw new SealwrightError('INTEGRITY', `${this.#name} gave other content than ${digest}`, {
      why: `it has ${length} bytes and not ${size}`,
    })
  }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}
