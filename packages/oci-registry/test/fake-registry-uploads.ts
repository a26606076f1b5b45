import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface FakeUploadsOptions {
  /** Whether blobs may be sent in chunks. Default true. */
  readonly chunked?: boolean
  /** Chunks but the last must be so long; said as `OCI-Chunk-Min-Length`. */
  readonly chunkMinLength?: number
  /** A longer chunk is refused with 416. */
  readonly chunkMaxLength?: number
  /** `Range` stays at the end of the first chunk (aws/containers-roadmap#2831). */
  readonly staleRange?: boolean
  /** An upload in chunks is not completed without a last chunk. */
  readonly refusesEmptyPut?: boolean
  /** What is answered where chunks are not taken. Default 405. */
  readonly chunkRefusal?: number
  /** Whether blobs are taken over from other repositories. Default true. */
  readonly mount?: boolean
  /** Of what is sent at once, no more than so much is taken. */
  readonly takesAtMost?: number
  /** An upload that was cut in the middle is ended, as distribution does. */
  readonly forgetsCut?: boolean
}

export interface Answered {
  readonly status: number
  readonly headers?: Record<string, string>
  /** Of the error. */
  readonly code?: string
}

/** The uploads of one repository of a fake registry (distribution-spec, "Pushing blobs"). */
export class FakeUploads {
  /** Once: the connection of a PATCH ends after so many bytes of its body. */
  cutAfter: number | undefined
  readonly #options: FakeUploadsOptions
  readonly #open = new Map<string, Buffer>()
  readonly #firstEnds = new Map<string, number>()

  constructor(options: FakeUploadsOptions) {
    this.#options = options
  }

  /** How many were begun and neither completed nor ended. */
  get open(): number {
    return this.#open.size
  }

  begin(name: string): Answered {
    const id = randomUUID()
    this.#open.set(id, Buffer.alloc(0))
    return { status: 202, headers: this.#headers(name, id) }
  }

  /** @param stored - Where a completed blob goes. */
  async serve(
    request: IncomingMessage,
    { name, id, query }: { readonly name: string; readonly id: string; readonly query: URLSearchParams },
    stored: Map<string, Buffer>,
  ): Promise<Answered> {
    const known = this.#open.get(id)
    if (known === undefined || query.get('state') !== 'a/b') {
      request.resume()
      return { status: 404, code: 'BLOB_UPLOAD_UNKNOWN' }
    }
    switch (request.method) {
      case 'GET':
        return { status: 204, headers: this.#headers(name, id) }
      case 'DELETE':
        this.#open.delete(id)
        return { status: 204 }
      case 'PATCH':
        return this.#chunk(request, name, id)
      default:
        return this.#complete(request, { name, id, digest: query.get('digest') ?? '' }, stored)
    }
  }

  async #chunk(request: IncomingMessage, name: string, id: string): Promise<Answered> {
    const { chunked = true, chunkRefusal = 405 } = this.#options
    if (!chunked) {
      request.resume()
      return { status: chunkRefusal, code: 'UNSUPPORTED' }
    }
    return (await this.#take(request, name, id)) ?? { status: 202, headers: this.#headers(name, id) }
  }

  /** Adds a body to what is held; an answer if it is refused. */
  async #take(request: IncomingMessage, name: string, id: string): Promise<Answered | undefined> {
    const known = this.#open.get(id)!
    const { forgetsCut, takesAtMost = Number.POSITIVE_INFINITY, chunkMaxLength } = this.#options
    const [, start, end] = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    let held = known
    const refused = (status: number) => {
      request.resume()
      return { status, code: 'BLOB_UPLOAD_INVALID', headers: this.#headers(name, id) }
    }
    if (start !== undefined && Number(start) !== held.byteLength) return refused(416)
    if (chunkMaxLength && end !== undefined && Number(end) - Number(start) + 1 > chunkMaxLength) {
      return refused(416)
    }
    const most = request.method === 'PATCH' ? takesAtMost : Number.POSITIVE_INFINITY
    try {
      // Kept as it comes: what arrived before a connection ended was received.
      for await (const chunk of request as AsyncIterable<Buffer>) {
        const room = (this.cutAfter ?? most) - (held.byteLength - known.byteLength)
        held = Buffer.concat([held, chunk.subarray(0, Math.max(0, room))])
        this.#open.set(id, held)
        if (this.cutAfter === undefined || room > chunk.byteLength) continue
        this.cutAfter = undefined
        if (forgetsCut) this.#open.delete(id)
        request.socket.destroy()
        return { status: 400 }
      }
    } catch {
      return { status: 400 }
    }
    if (!this.#firstEnds.has(id)) this.#firstEnds.set(id, held.byteLength)
    return undefined
  }

  async #complete(
    request: IncomingMessage,
    { name, id, digest }: { readonly name: string; readonly id: string; readonly digest: string },
    stored: Map<string, Buffer>,
  ): Promise<Answered> {
    const before = this.#open.get(id)!.byteLength
    const refused = await this.#take(request, name, id)
    if (refused) return refused
    const bytes = this.#open.get(id)!
    if (this.#options.refusesEmptyPut && before > 0 && before === bytes.byteLength) return { status: 500 }
    const [algorithm = ''] = digest.split(':')
    this.#open.delete(id)
    if (`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` !== digest) {
      return { status: 400, code: 'DIGEST_INVALID' }
    }
    stored.set(digest, bytes)
    return { status: 201, headers: { 'docker-content-digest': digest } }
  }

  #headers(name: string, id: string): Record<string, string> {
    const { chunkMinLength, staleRange } = this.#options
    const held = this.#open.get(id)?.byteLength ?? 0
    const length = staleRange ? Math.min(held, this.#firstEnds.get(id) ?? held) : held
    return {
      location: `/v2/${name}/blobs/uploads/${id}?state=a%2Fb`,
      // As distribution says it, which makes nothing and one byte the same.
      range: `0-${Math.max(0, length - 1)}`,
      ...(chunkMinLength === undefined ? {} : { 'oci-chunk-min-length': String(chunkMinLength) }),
    }
  }
}
