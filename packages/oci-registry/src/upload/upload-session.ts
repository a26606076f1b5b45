import { SealwrightError } from '@sealwright/core'
import type { StoreCall } from '@sealwright/oci'
import { throwIfAborted } from '@sealwright/oci/store'
import type { RegistryClient } from '../http/client.ts'
import { mayFollow } from '../http/origin.ts'
import type { HttpBody, HttpResponse } from '../http/transport.ts'

export interface UploadPlace {
  readonly client: RegistryClient
  readonly repository: string
  readonly name: string
}

/** One upload of a blob that a registry was told of: it says with each answer where the next request is to go. */
export class UploadSession {
  readonly #place: UploadPlace
  /** What the registry wants of chunks; 0 for nothing. */
  readonly minChunk: number
  #url: URL

  private constructor(place: UploadPlace, url: URL, minChunk: number) {
    this.#place = place
    this.#url = url
    this.minChunk = minChunk
  }

  static async begin(place: UploadPlace, call: StoreCall): Promise<UploadSession> {
    const { client, repository } = place
    const url = client.url('blobs/uploads/')
    const what = `the push to ${repository}`
    const started = await client.retrying(call, () =>
      client.request({ method: 'POST', url, action: 'push', what, expected: [200, 201, 202] }, call),
    )
    await started.cancel()
    return UploadSession.of(place, started)
  }

  /** The upload that an answer tells of. */
  static of(place: UploadPlace, answer: HttpResponse): UploadSession {
    const wanted = Number(answer.headers.get('oci-chunk-min-length') ?? 0)
    const minChunk = Number.isSafeInteger(wanted) && wanted > 0 ? wanted : 0
    return new UploadSession(place, locationOf(place, answer), minChunk)
  }

  /** Sends a part. @returns How many bytes the registry says that it has. */
  async patch(body: HttpBody, range: string, call: StoreCall): Promise<number | undefined> {
    const headers = { ...BINARY, 'content-range': range }
    const answer = await this.#request(
      { method: 'PATCH', url: this.#url, headers, body },
      [200, 201, 202, 204],
      call,
    )
    this.#moved(answer)
    return received(answer)
  }

  /** Sends the rest, and completes the blob. */
  async put(digest: string, body: HttpBody, range: string | undefined, call: StoreCall): Promise<void> {
    const url = new URL(this.#url)
    url.searchParams.append('digest', digest)
    const headers = { ...BINARY, ...(range === undefined ? {} : { 'content-range': range }) }
    await this.#request({ method: 'PUT', url, headers, body }, [200, 201, 204], call)
  }

  /** How many bytes it has (distribution-spec, "Pushing a blob in chunks"). */
  async status(call: StoreCall): Promise<number | undefined> {
    const answer = await this.#request({ method: 'GET', url: this.#url }, [200, 202, 204], call)
    this.#moved(answer)
    return received(answer)
  }

  /** Ends an upload that will not be completed; a registry that cannot do that forgets it by itself. */
  async end(call: StoreCall): Promise<void> {
    try {
      await this.#request({ method: 'DELETE', url: this.#url }, [200, 202, 204], call)
    } catch {
      throwIfAborted(call.signal)
    }
  }

  async #request(
    request: {
      readonly method: 'GET' | 'PATCH' | 'PUT' | 'DELETE'
      readonly url: URL
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: HttpBody
    },
    expected: readonly number[],
    call: StoreCall,
  ): Promise<HttpResponse> {
    const { client, repository } = this.#place
    const answer = await client.request(
      { ...request, action: 'push', what: `the push to ${repository}`, expected },
      call,
    )
    await answer.cancel()
    return answer
  }

  #moved(answer: HttpResponse): void {
    if (answer.headers.has('location')) this.#url = locationOf(this.#place, answer)
  }
}

const BINARY = { 'content-type': 'application/octet-stream' }

/** Where the content is to go: relative or absolute, its query kept. */
function locationOf({ name, client }: UploadPlace, answer: HttpResponse): URL {
  const location = answer.headers.get('location')
  if (location === null || !URL.canParse(location, answer.url.href)) {
    throw new SealwrightError('UNSUPPORTED', `${name} does not say where to upload to`)
  }
  const url = new URL(location, answer.url)
  if (!mayFollow(answer.url, url)) {
    throw new SealwrightError('UNSUPPORTED', `${name} wants uploads to go elsewhere`, {
      why: `to ${client.shown(`${url.protocol}//${url.host}`)}, which is not followed; a proxy in front of it may be set up wrongly`,
    })
  }
  return url
}

/** By `Range: 0-<last>`. Nothing and one byte are both said as `0-0` by distribution. */
function received({ headers }: HttpResponse): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get('range') ?? '')?.[1]
  return last === undefined ? undefined : Number(last) + 1
}
