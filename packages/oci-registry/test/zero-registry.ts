import { createHash, type Hash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const INDEX = 'application/vnd.oci.image.index.v1+json'
const LARGE = 8 * 1024 * 1024
const ZEROS = Buffer.alloc(256 * 1024)

interface Upload {
  readonly hash: Hash
  readonly small: Buffer[]
  size: number
}

/** A registry that keeps of a large blob, which must be all zeros, no more than its size: for blobs that fit nowhere. */
export class ZeroRegistry implements AsyncDisposable {
  readonly manifests = new Map<string, { readonly mediaType: string; readonly bytes: Buffer }>()
  readonly blobs = new Map<string, Buffer | number>()
  readonly #uploads = new Map<string, Upload>()
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  })

  static async start(): Promise<ZeroRegistry> {
    const registry = new ZeroRegistry()
    await new Promise<void>(resolve => registry.#server.listen(0, '127.0.0.1', resolve))
    return registry
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://zero')
    const [, kind = '', reference = ''] = /\/(manifests|blobs|referrers|tags)\/(.*)$/.exec(url.pathname) ?? []
    const answer = (status: number, headers: Record<string, string> = {}, body: Buffer = Buffer.alloc(0)) => {
      response.writeHead(status, { 'content-length': String(body.byteLength), ...headers })
      response.end(request.method === 'HEAD' ? undefined : body)
    }
    if (kind === 'tags') return answer(200, {}, Buffer.from('{"name":"app","tags":[]}'))
    if (kind === 'referrers') {
      const none = Buffer.from(`{"schemaVersion":2,"mediaType":"${INDEX}","manifests":[]}`)
      return answer(200, { 'content-type': INDEX }, none)
    }
    if (kind === 'manifests') {
      if (request.method === 'PUT') {
        const bytes = Buffer.concat(await request.toArray())
        const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
        const stored = { mediaType: request.headers['content-type'] ?? '', bytes }
        this.manifests.set(digest, stored)
        this.manifests.set(reference, stored)
        return answer(201, { 'docker-content-digest': digest })
      }
      const found = this.manifests.get(reference)
      if (found === undefined) return answer(404)
      const digest = `sha256:${createHash('sha256').update(found.bytes).digest('hex')}`
      return answer(200, { 'content-type': found.mediaType, 'docker-content-digest': digest }, found.bytes)
    }
    if (reference.startsWith('uploads/')) return this.#upload(request, url, reference.slice(8), answer)
    const blob = this.blobs.get(reference)
    if (blob === undefined) return answer(404)
    if (typeof blob !== 'number') return answer(200, {}, blob)
    response.writeHead(200, { 'content-length': String(blob) })
    if (request.method === 'HEAD') return void response.end()
    const closed = once(response, 'close')
    for (let left = blob; left > 0; left -= ZEROS.byteLength) {
      if (response.destroyed) return
      if (!response.write(ZEROS.subarray(0, Math.min(left, ZEROS.byteLength)))) {
        await Promise.race([once(response, 'drain'), closed])
      }
    }
    response.end()
  }

  async #upload(
    request: IncomingMessage,
    url: URL,
    id: string,
    answer: (status: number, headers?: Record<string, string>) => void,
  ): Promise<void> {
    if (request.method === 'POST') {
      const made = randomUUID()
      this.#uploads.set(made, { hash: createHash('sha256'), small: [], size: 0 })
      return answer(202, { location: `/v2/app/blobs/uploads/${made}` })
    }
    const upload = this.#uploads.get(id)
    if (upload === undefined) return answer(404)
    for await (const chunk of request as AsyncIterable<Buffer>) {
      upload.hash.update(chunk)
      upload.size += chunk.byteLength
      if (upload.size <= LARGE) upload.small.push(chunk)
      else upload.small.length = 0
      if (upload.size > LARGE && !chunk.equals(ZEROS.subarray(0, chunk.byteLength))) return answer(400)
    }
    if (request.method === 'PATCH') {
      return answer(202, { location: url.pathname, range: `0-${upload.size - 1}` })
    }
    const digest = `sha256:${upload.hash.digest('hex')}`
    if (digest !== url.searchParams.get('digest')) return answer(400)
    this.blobs.set(digest, upload.size > LARGE ? upload.size : Buffer.concat(upload.small))
    answer(201)
  }
}
