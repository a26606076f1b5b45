import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { StoreCall } from '@sealwright/oci'
import { type Identity, verified } from '@sealwright/oci/store'
import type { RegistryClient, RegistryPlace } from './http/client.ts'
import type { HttpResponse } from './http/transport.ts'
import { deleteAt } from './manifests.ts'
import { RegistryUploads, type UploadOptions } from './upload/upload.ts'

/** What a registry answers that does not mount, or does not let us. */
const REFUSALS: readonly string[] = [
  'ACCESS_DENIED',
  'NOT_FOUND',
  'UNAUTHENTICATED',
  'UNSUPPORTED',
  'VALIDATION',
]

/** The blobs of a repository (distribution-spec, "Pulling blobs"). */
export class RegistryBlobs {
  readonly #client: RegistryClient
  readonly #repository: string
  readonly #name: string
  readonly #uploads: RegistryUploads

  constructor(options: UploadOptions) {
    this.#client = options.client
    this.#repository = options.repository
    this.#name = options.name
    this.#uploads = new RegistryUploads(options)
  }

  async exists({ digest, size }: Identity, call: StoreCall): Promise<boolean> {
    const answer = await this.#client.retrying(call, () =>
      this.#client.request(
        {
          method: 'HEAD',
          url: this.#client.url(`blobs/${digest}`),
          action: 'pull',
          what: `to look for ${digest} in ${this.#repository}`,
          expected: [200, 404, 405, 501],
        },
        call,
      ),
    )
    await answer.cancel()
    if (answer.status === 404) return false
    if (answer.status !== 200) return this.#existsByGet({ digest, size }, call)
    this.#assertLength(answer, { digest, size })
    return true
  }

  /** Where there is no HEAD: the content is not read. */
  async #existsByGet(blob: Identity, call: StoreCall): Promise<boolean> {
    const answer = await this.#get(blob, call)
    await answer.cancel()
    if (answer.status === 404) return false
    this.#assertLength(answer, blob)
    return true
  }

  async *read(blob: Identity, call: StoreCall): AsyncGenerator<Uint8Array> {
    const { digest } = blob
    const answer = await this.#get(blob, call)
    try {
      if (answer.status === 404) throw new SealwrightError('NOT_FOUND', `${this.#name} has no blob ${digest}`)
      this.#assertLength(answer, blob)
      yield* verified(blob, answer.chunks(), this.#name)
    } finally {
      await answer.cancel()
    }
  }

  #get({ digest }: Identity, call: StoreCall): Promise<HttpResponse> {
    return this.#client.retrying(call, () =>
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
  }

  push(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, call: StoreCall): Promise<void> {
    return this.#uploads.push(blob, content, () => this.exists(blob, call), call)
  }

  /** Begins an upload and gives it up: whether we may push, without a trace. */
  tryPush(call: StoreCall): Promise<void> {
    return this.#uploads.tryOut(call)
  }

  /**
   * Takes a blob over from another repository (distribution-spec, "Mounting a blob from another repository").
   *
   * @returns Whether the registry did so. What it refuses is not an error: the blob can be pushed.
   */
  async mount({ digest }: Identity, from: RegistryPlace, call: StoreCall): Promise<boolean> {
    if (this.#client.place.origin !== from.origin) return false
    const url = this.#client.url('blobs/uploads/')
    url.searchParams.set('mount', digest)
    url.searchParams.set('from', from.repository)
    const what = `the mount of ${digest} into ${this.#repository}`
    try {
      const answer = await this.#client.retrying(call, () =>
        this.#client.request(
          { method: 'POST', url, action: 'push', from: from.repository, what, expected: [201, 202] },
          call,
        ),
      )
      await answer.cancel()
      if (answer.status === 201) return true
      // It began an upload instead, which nobody will use.
      await this.#uploads.abandon(answer, call)
      return false
    } catch (error) {
      if (isSealwrightError(error) && REFUSALS.includes(error.code)) return false
      throw error
    }
  }

  async delete(digest: string, call: StoreCall): Promise<boolean> {
    const what = `to delete ${digest} from ${this.#repository}`
    const { deleted, inUse } = await deleteAt(this.#client, `blobs/${digest}`, what, call)
    if (inUse !== undefined) throw inUse
    return deleted
  }

  #assertLength({ headers }: HttpResponse, { digest, size }: Identity): void {
    const length = headers.get('content-length')
    if (length === null || headers.has('content-encoding') || Number(length) === size) return
    throw new SealwrightError('INTEGRITY', `${this.#name} returned other content than ${digest}`, {
      why: `it has ${length} bytes and not ${size}`,
    })
  }
}
