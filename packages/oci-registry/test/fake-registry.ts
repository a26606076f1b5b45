import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { type FakeAuth, FakeAuthority } from './fake-registry-auth.ts'
import { type FakeTagsOptions, tagsPage } from './fake-registry-tags.ts'
import { type Answered, FakeUploads, type FakeUploadsOptions } from './fake-registry-uploads.ts'

export type { FakeAuth } from './fake-registry-auth.ts'

export interface FakeRegistryOptions extends FakeTagsOptions, FakeUploadsOptions {
  /** The referrers API. Default true. */
  readonly referrersApi?: boolean
  /** Whether a push with a subject is answered with `OCI-Subject`. Default: as `referrersApi`. */
  readonly ociSubject?: boolean
  /** Referrers to a page. Default: all on one. */
  readonly pageSize?: number
  /** Whether the filter by artifactType is applied, and said to be. Default true. */
  readonly filters?: boolean
  /** What is listed as artifactType: as specified, or the config's media type whatever the manifest says. */
  readonly listedType?: 'specified' | 'config'
  /** An empty list printed as Go prints one. */
  readonly nullManifests?: boolean
  /** What the path of the referrers API answers when there is none. Default 404; a status with the words of a proxy. */
  readonly withoutApi?: 'not-found' | 'web-page' | number
  /** How a tag that exists is refused. */
  readonly immutableTags?: { readonly status: number; readonly code: string; readonly message: string }
  /** What is not there is denied (Artifactory). */
  readonly deniesAbsent?: boolean
  /** What manifests are served as, and how. */
  readonly servedType?: string | null
  readonly compresses?: 'gzip' | 'br' | 'zstd'
  /** There is no HEAD of blobs. */
  readonly withoutHead?: boolean
  /** What a push is answered. Default 201. */
  readonly pushStatus?: number
  /** Whether a tag is put under the digest that a push names. Default true. */
  readonly honoursDigest?: boolean
  /** A tag `sha256-<hex>` is taken for the digest, as GitLab does. */
  readonly gitlab?: boolean
  readonly auth?: FakeAuth
  /** Blobs are on another origin. */
  readonly redirectBlobs?: boolean
  /** Default true; `digests` for all but tags. */
  readonly deletes?: boolean | 'digests'
  /** A manifest that has a tag is not deleted, as with Google's registries. */
  readonly keepsTagged?: boolean
  /** A manifest that an index names is not deleted, as with zot. */
  readonly keepsListed?: boolean
  /** HEAD of a manifest without `Docker-Content-Digest`. */
  readonly bareHead?: boolean
  /** `If-Match` and `If-None-Match` count. */
  readonly conditional?: boolean
  /** Every answer warns. */
  readonly warning?: string
  /** Host name in `host`. Default `127.0.0.1`. */
  readonly hostname?: string
}

/** What goes wrong with a request. */
export interface Fault {
  /** Default: any. */
  readonly method?: string
  /** A part of the path, with its query. Default: any. */
  readonly path?: string | RegExp
  /** How often. Default: always. */
  times?: number
  readonly answer:
    | {
        readonly status: number
        readonly headers?: Readonly<Record<string, string>>
        readonly body?: string | Uint8Array
      }
    /** The connection ends before an answer, or in the middle of it. */
    | 'reset'
    | 'reset-midway'
    /** The body never ends. */
    | 'endless'
    /** One byte is another. */
    | 'wrong-bytes'
    /** One byte too few, with a length that fits. */
    | 'short'
    /** Nothing comes. */
    | 'silence'
    /** The request is done, and the connection ends before its answer. */
    | 'lost-answer'
}

export interface SeenRequest {
  readonly method: string
  /** With the query. */
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly origin: 'registry' | 'storage'
}

interface StoredManifest {
  readonly mediaType: string
  readonly bytes: Buffer
}

interface Repository {
  readonly blobs: Map<string, Buffer>
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, string>
  readonly uploads: FakeUploads
}

const COMPRESSORS = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync }
/** Of a path that distribution does not know, in versions 2 and 3. */
const DISTRIBUTION_404 = {
  'content-type': 'text/plain; charset=utf-8',
  'docker-distribution-api-version': 'registry/2.0',
}
const INDEX = 'application/vnd.oci.image.index.v1+json'
const DIGEST = /^sha(?:256|384|512):[0-9a-f]{64,128}$/

/**
 * A registry that speaks OCI distribution 1.1 on loopback, and does wrong what it is told to do wrong. It judges for
 * itself: digests are computed with `node:crypto`, and a manifest is refused when its blobs are not there.
 */
export class FakeRegistry implements AsyncDisposable {
  readonly requests: SeenRequest[] = []
  readonly faults: Fault[] = []
  readonly repositories = new Map<string, Repository>()
  readonly authority: FakeAuthority | undefined
  /** Called before a request is answered: for what another client does in between. */
  beforeRequest: ((request: SeenRequest) => void | Promise<void>) | undefined
  readonly #options: FakeRegistryOptions
  readonly #server: Server
  readonly #storage: Server
  #port = 0
  #storagePort = 0

  private constructor(options: FakeRegistryOptions) {
    this.#options = options
    this.authority = options.auth && new FakeAuthority(options.auth)
    this.#server = createServer((request, response) => this.#serve(request, response, 'registry'))
    this.#storage = createServer((request, response) => this.#serve(request, response, 'storage'))
  }

  static async start(options: FakeRegistryOptions = {}): Promise<FakeRegistry> {
    const fake = new FakeRegistry(options)
    fake.#port = await listen(fake.#server)
    fake.#storagePort = await listen(fake.#storage)
    return fake
  }

  /** As in a reference: `127.0.0.1:41234`. */
  get host(): string {
    return `${this.#options.hostname ?? '127.0.0.1'}:${this.#port}`
  }

  /** Where blobs are redirected to. */
  get storageOrigin(): string {
    return `http://127.0.0.1:${this.#storagePort}`
  }

  repository(name: string): Repository {
    const found = this.repositories.get(name)
    if (found) return found
    const uploads = new FakeUploads(this.#options)
    const made = { blobs: new Map(), manifests: new Map(), tags: new Map(), uploads }
    this.repositories.set(name, made)
    return made
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#server, this.#storage]) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }

  async #serve(
    request: IncomingMessage,
    response: ServerResponse,
    origin: SeenRequest['origin'],
  ): Promise<void> {
    const seen = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, origin }
    this.requests.push(seen)
    await this.beforeRequest?.(seen)
    if (this.#options.warning) response.setHeader('warning', `299 - "${this.#options.warning}"`)
    const fault = this.#faultFor(seen)
    if (fault === 'reset') return void request.socket.destroy()
    if (fault === 'silence') return
    if (typeof fault === 'object') {
      request.resume()
      response.writeHead(fault.status, { ...fault.headers })
      response.end(fault.body)
      return
    }
    try {
      await this.#route(request, response, seen, fault)
    } catch (error) {
      if (!request.destroyed) answerError(response, 500, 'UNKNOWN', String(error))
    }
  }

  #faultFor({ method, path }: SeenRequest): Fault['answer'] | undefined {
    const fault = this.faults.find(
      candidate =>
        (candidate.times ?? 1) > 0 &&
        (candidate.method ?? method) === method &&
        (typeof candidate.path === 'object'
          ? candidate.path.test(path)
          : path.includes(candidate.path ?? '')),
    )
    if (fault?.times !== undefined) fault.times--
    return fault?.answer
  }

  async #route(
    request: IncomingMessage,
    response: ServerResponse,
    { method, path, origin }: SeenRequest,
    fault: string | undefined,
  ): Promise<void> {
    const url = new URL(path, 'http://fake')
    if (url.pathname === '/token' && this.authority) return this.authority.token(request, response)
    if (url.pathname === '/v2/') {
      const known = !this.authority || this.authority.admits(request, response, '', 'ping')
      return known ? answerJson(response, {}) : undefined
    }
    const match = /^\/v2\/(.+)\/(manifests|blobs|referrers|tags)\/(.*)$/.exec(url.pathname)
    if (!match) return answerError(response, 404, 'NOT_FOUND', 'no such path')
    const [, name = '', kind, reference = ''] = match
    const action = method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'push'
    if (origin === 'registry' && this.authority && !this.authority.admits(request, response, name, action)) {
      request.resume()
      return
    }
    // A signed URL is one way to say who asks; storage services refuse two at once.
    if (origin === 'storage' && request.headers.authorization) {
      return answerError(response, 400, 'INVALID_REQUEST', 'only one auth mechanism allowed')
    }
    const repository = this.repository(name)
    const send = (status: number, headers: Record<string, string>, body?: Buffer) =>
      answer(request, response, { status, headers, body: body ?? Buffer.alloc(0), fault })
    if (kind === 'tags') return this.#tags(repository, url, send, response)
    if (kind === 'referrers') return this.#referrers(repository, reference, url, send)
    if (kind === 'manifests') return this.#manifests(repository, reference, request, send, response)
    return this.#blobs(repository, { name, reference, url, origin }, request, send, response)
  }

  async #manifests(
    repository: Repository,
    reference: string,
    request: IncomingMessage,
    send: Send,
    response: ServerResponse,
  ): Promise<void> {
    const alias = /^(sha256)-([0-9a-f]{64})$/.exec(reference)
    const known = alias && this.#options.gitlab ? `${alias[1]}:${alias[2]}` : undefined
    const digest = known ?? (DIGEST.test(reference) ? reference : repository.tags.get(reference))
    const stored = digest === undefined ? undefined : repository.manifests.get(digest)
    if (request.method === 'PUT') {
      const conflict =
        this.#options.conditional &&
        ((request.headers['if-none-match'] === '*' && stored) ||
          (request.headers['if-match'] !== undefined && request.headers['if-match'] !== `"${digest}"`))
      const bytes = await buffer(request)
      if (conflict) return answerError(response, 412, 'UNKNOWN', 'precondition failed')
      const { immutableTags: refusal, honoursDigest = true } = this.#options
      if (refusal && repository.tags.has(reference)) {
        return answerError(response, refusal.status, refusal.code, refusal.message)
      }
      const wanted = new URL(request.url ?? '', 'http://fake').searchParams.get('digest')
      return this.#putManifest(
        repository,
        reference,
        honoursDigest ? (wanted ?? undefined) : undefined,
        { mediaType: request.headers['content-type'] ?? '', bytes },
        send,
        response,
      )
    }
    if (request.method === 'DELETE') {
      const { deletes = true } = this.#options
      const byTag = !DIGEST.test(reference)
      if (!deletes || (byTag && deletes === 'digests')) {
        return answerError(response, byTag && deletes ? 400 : 405, 'UNSUPPORTED', 'deletes are off')
      }
      if (!stored || !digest) return answerError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown')
      if (byTag) {
        repository.tags.delete(reference)
        return send(202, {})
      }
      if (this.#options.keepsTagged && [...repository.tags.values()].includes(digest)) {
        return answerError(
          response,
          400,
          'GOOGLE_MANIFEST_DANGLING_TAG',
          'manifest is still referenced by tag',
        )
      }
      if (this.#options.keepsListed && isListed(repository, digest)) {
        return answerError(response, 405, 'DENIED', 'requested access to the resource is denied')
      }
      repository.manifests.delete(digest)
      for (const [tag, target] of repository.tags) if (target === digest) repository.tags.delete(tag)
      return send(202, {})
    }
    if (!stored && this.#options.deniesAbsent) return answerError(response, 403, 'DENIED', 'forbidden')
    // Registries that mean it answer without Accept as if the manifest were not there.
    if (!stored || !digest || !request.headers.accept?.includes(stored.mediaType)) {
      return answerError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown')
    }
    const headers: Record<string, string> = { 'content-type': stored.mediaType, etag: `"${digest}"` }
    if (!(this.#options.bareHead && request.method === 'HEAD')) headers['docker-content-digest'] = digest
    const { servedType, compresses } = this.#options
    if (servedType !== undefined) {
      if (servedType === null) delete headers['content-type']
      else headers['content-type'] = servedType
    }
    if (compresses === undefined) return send(200, headers, stored.bytes)
    headers['content-encoding'] = compresses
    send(200, headers, COMPRESSORS[compresses](stored.bytes))
  }

  async #putManifest(
    repository: Repository,
    reference: string,
    wanted: string | undefined,
    { mediaType, bytes }: StoredManifest,
    send: Send,
    response: ServerResponse,
  ): Promise<void> {
    const named = DIGEST.test(reference) ? reference : wanted
    const digest = hash(named ?? 'sha256:', bytes)
    if (named !== undefined && digest !== named) {
      return answerError(response, 400, 'DIGEST_INVALID', 'digest invalid')
    }
    const manifest = JSON.parse(bytes.toString()) as FakeManifest
    if (manifest.mediaType !== undefined && manifest.mediaType !== mediaType) {
      return answerError(response, 400, 'MANIFEST_INVALID', 'content type and mediaType differ')
    }
    const missing = [manifest.config, ...(manifest.layers ?? [])].find(
      blob => blob !== undefined && !repository.blobs.has(blob.digest),
    )
    if (missing) return answerError(response, 400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry')
    repository.manifests.set(digest, { mediaType, bytes })
    if (!DIGEST.test(reference)) repository.tags.set(reference, digest)
    const says = this.#options.ociSubject ?? this.#options.referrersApi ?? true
    send(this.#options.pushStatus ?? 201, {
      location: `/v2/x/manifests/${digest}`,
      'docker-content-digest': digest,
      ...(manifest.subject && says ? { 'oci-subject': manifest.subject.digest } : {}),
    })
  }

  async #blobs(
    repository: Repository,
    { name, reference, url, origin }: { name: string; reference: string; url: URL; origin: string },
    request: IncomingMessage,
    send: Send,
    response: ServerResponse,
  ): Promise<void> {
    if (reference.startsWith('uploads/')) {
      const id = reference.slice('uploads/'.length)
      const answered =
        request.method === 'POST'
          ? this.#begin(repository, name, url)
          : await repository.uploads.serve(request, { name, id, query: url.searchParams }, repository.blobs)
      if (answered.status >= 400 && answered.code)
        return answerError(response, answered.status, answered.code, '')
      return send(answered.status, answered.headers ?? {})
    }
    if (request.method === 'HEAD' && this.#options.withoutHead) return send(405, {})
    const bytes = repository.blobs.get(reference)
    if (!bytes) return answerError(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry')
    if (request.method === 'DELETE') {
      if (this.#options.deletes === false) return answerError(response, 405, 'UNSUPPORTED', 'deletes are off')
      repository.blobs.delete(reference)
      return send(202, {})
    }
    if (this.#options.redirectBlobs && origin === 'registry') {
      return send(307, { location: `${this.storageOrigin}${url.pathname}?signature=abc` })
    }
    send(200, { 'content-type': 'application/octet-stream', 'docker-content-digest': reference }, bytes)
  }

  #begin(repository: Repository, name: string, url: URL): Answered {
    const digest = url.searchParams.get('mount')
    const bytes = digest && this.repositories.get(url.searchParams.get('from') ?? '')?.blobs.get(digest)
    if (!digest || !bytes || this.#options.mount === false) return repository.uploads.begin(name)
    repository.blobs.set(digest, bytes)
    return { status: 201, headers: { location: `/v2/${name}/blobs/${digest}` } }
  }

  #tags(repository: Repository, url: URL, send: Send, response: ServerResponse): void {
    const page = tagsPage([...repository.tags.keys()], url.searchParams, url.pathname, this.#options)
    if (page === undefined) {
      answerError(response, 400, 'TAG_INVALID', 'unknown last')
      return
    }
    const body = JSON.stringify({ name: 'x', tags: page.tags })
    const headers = { 'content-type': 'application/json', ...(page.link ? { link: page.link } : {}) }
    send(200, headers, Buffer.from(body))
  }

  async #referrers(repository: Repository, digest: string, url: URL, send: Send): Promise<void> {
    const { referrersApi = true, filters = true, pageSize, withoutApi, nullManifests } = this.#options
    if (!referrersApi) {
      const page = { 'content-type': 'text/html' }
      if (typeof withoutApi === 'number') return send(withoutApi, page, Buffer.from('<html></html>'))
      return withoutApi === 'web-page'
        ? send(200, page, Buffer.from('<html></html>'))
        : send(404, DISTRIBUTION_404, Buffer.from('404 page not found\n'))
    }
    const wanted = url.searchParams.get('artifactType')
    const all = [...repository.manifests].flatMap(([own, { mediaType, bytes }]) => {
      const manifest = parsedOnce(bytes)
      if (manifest.subject?.digest !== digest) return []
      const artifactType =
        this.#options.listedType === 'config'
          ? manifest.config?.mediaType
          : (manifest.artifactType ?? manifest.config?.mediaType)
      if (filters && wanted && artifactType !== wanted) return []
      const { annotations } = manifest
      return [{ mediaType, digest: own, size: bytes.byteLength, artifactType, annotations }]
    })
    const start = Number(url.searchParams.get('from') ?? 0)
    const page = all.slice(start, start + (pageSize ?? all.length))
    const next = new URL(url)
    next.searchParams.set('from', String(start + page.length))
    const manifests = page.length === 0 && nullManifests ? null : page
    send(
      200,
      {
        'content-type': INDEX,
        ...(filters && wanted ? { 'oci-filters-applied': 'artifactType' } : {}),
        ...(start + page.length < all.length ? { link: `<${next.pathname}${next.search}>; rel="next"` } : {}),
      },
      Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests })),
    )
  }
}

/** Whether an index names it: one that still has a tag, as zot collects the others. */
function isListed({ manifests, tags }: Repository, digest: string): boolean {
  return [...tags.values()].some(tagged => {
    const stored = manifests.get(tagged)
    return (
      stored?.mediaType === INDEX && parsedOnce(stored.bytes).manifests?.some(each => each.digest === digest)
    )
  })
}

const parsed = new WeakMap<Buffer, FakeManifest>()

function parsedOnce(bytes: Buffer): FakeManifest {
  const known = parsed.get(bytes) ?? (JSON.parse(bytes.toString()) as FakeManifest)
  parsed.set(bytes, known)
  return known
}

interface FakeManifest {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config?: { readonly mediaType: string; readonly digest: string }
  readonly layers?: readonly { readonly digest: string }[]
  readonly manifests?: readonly { readonly digest: string }[]
  readonly subject?: { readonly digest: string }
  readonly annotations?: Readonly<Record<string, string>>
}

type Send = (status: number, headers: Record<string, string>, body?: Buffer) => void

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  {
    status,
    headers,
    body,
    fault,
  }: { status: number; headers: Record<string, string>; body: Buffer; fault: string | undefined },
): void {
  if (fault === 'lost-answer') return void request.socket.destroy()
  const sent = Buffer.from(body)
  if (fault === 'wrong-bytes' && sent.byteLength > 0) sent[0]! ^= 1
  const shown = fault === 'short' ? sent.subarray(0, -1) : sent
  if (fault === 'endless') {
    response.writeHead(status, headers)
    response.write(sent)
    const more = setInterval(() => response.write(Buffer.alloc(65_536)), 1)
    response.on('close', () => clearInterval(more))
    return
  }
  response.writeHead(status, { ...headers, 'content-length': String(shown.byteLength) })
  if (request.method === 'HEAD') return void response.end()
  if (fault === 'reset-midway') {
    response.write(shown.subarray(0, shown.byteLength / 2), () => setTimeout(() => response.destroy(), 20))
    return
  }
  response.end(shown)
}

function answerJson(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ code, message }] }))
}

function hash(digest: string, bytes: Uint8Array): string {
  const [algorithm = ''] = digest.split(':')
  return DIGEST.test(`${algorithm}:${'0'.repeat(64)}`)
    ? `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
    : 'none'
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
