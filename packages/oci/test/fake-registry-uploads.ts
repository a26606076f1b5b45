import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { buffer } from 'node:stream/consumers'

export interface FakeUploadsOptions {
  /** Whether blobs may be sent in chunks. Default true. */
  readonly chunked?: boolean
  /** Chunks but the last must be so long; said as `OCI-Chunk-Min-Length`. */
  readonly chunkMinLength?: number
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
        return this.#chunk(request, name, id, known)
      default:
        return this.#complete(request, id, query.get('digest') ?? '', stored)
    }
  }

  async #chunk(request: IncomingMessage, name: string, id: string, known: Buffer): Promise<Answered> {
    const { chunked = true, chunkRefusal = 405, forgetsCut } = this.#options
    const { takesAtMost = Number.POSITIVE_INFINITY } = this.#options
    if (!chunked) {
      request.resume()
      return { status: chunkRefusal, code: 'UNSUPPORTED' }
    }
    const [, start] = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    let held = known
    const from = start === undefined ? held.byteLength : Number(start)
    if (from !== held.byteLength) {
      request.resume()
      return { status: 416, headers: this.#headers(name, id) }
    }
    try {
      // Kept as it comes: what arrived before a connection ended was received.
      for await (const chunk of request as AsyncIterable<Buffer>) {
        const room = (this.cutAfter ?? takesAtMost) - (held.byteLength - known.byteLength)
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
    return { status: 202, headers: this.#headers(name, id) }
  }

  async #complete(
    request: IncomingMessage,
    id: string,
    digest: string,
    stored: Map<string, Buffer>,
  ): Promise<Answered> {
    const bytes = Buffer.concat([this.#open.get(id)!, await buffer(request)])
    const [algorithm = ''] = digest.split(':')
    this.#open.delete(id)
    if (`${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}` !== digest) {
      return { status: 400, code: 'DIGEST_INVALID' }
    }
    stored.set(digest, bytes)
    return { status: 201, headers: { 'docker-content-digest': digest } }
  }

  #headers(name: string, id: string): Record<string, string> {
    const length = this.#open.get(id)?.byteLength ?? 0
    const { chunkMinLength } = this.#options
    return {
      location: `/v2/${name}/blobs/uploads/${id}?state=a%2Fb`,
      // As distribution says it, which makes nothing and one byte the same.
      range: `0-${Math.max(0, length - 1)}`,
      ...(chunkMinLength === undefined ? {} : { 'oci-chunk-min-length': String(chunkMinLength) }),
    }
  }
}
