import { createHash } from 'node:crypto'
import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { SingleFlight } from '@sealwright/core/adapter'
import {
  type Certificate,
  type Crl,
  MAX_CRL_BYTES,
  MAX_OCSP_RESPONSE_BYTES,
  ocspUrl,
  readCrl,
} from '@sealwright/x509'
import { boundedRequest, type Fetch } from '../bounded-request.ts'
import { urlFault } from './public-address.ts'
import type { CrlFiles, RevocationCache } from './revocation-cache.ts'

/** How a verifier learns whether a certificate was revoked, beyond what came with the signature. */
export interface RevocationOptions {
  /**
   * Asks OCSP responders and fetches CRLs, by the URLs that certificates name: like the global `fetch`, no redirect
   * followed. It should connect to public addresses only ({@link publicLookup}). Absent: no source is contacted.
   */
  readonly fetch?: Fetch | undefined
  /** Hosts that may be asked although they have a private address: names or IP addresses, without a port. */
  readonly privateHosts?: readonly string[] | undefined
  readonly cache?: RevocationCache | undefined
  /** Told of a cache that cannot be read or written; verification goes on without it. */
  readonly onCacheFault?: ((fault: SealwrightError) => void) | undefined
  /** For one OCSP answer. Default 2,000, as the specification has it. */
  readonly ocspTimeoutMs?: number | undefined
  /** For one CRL. Default 5,000, as the specification has it. */
  readonly crlTimeoutMs?: number | undefined
  /** For all sources of one verification, from the first one on. Each gets at most half of what is left. Default: none. */
  readonly timeoutMs?: number | undefined
}

/** What one call may do, and for how long. */
export interface RevocationCall {
  readonly signal?: AbortSignal | undefined
  /** What is left of the deadline; each request gets at most half of it, so that others have some left. */
  readonly remainingMs?: (() => number) | undefined
  /** Contacts no host. */
  readonly offline?: boolean | undefined
}

/** One CRL, or a base with its delta, read under the key of one issuer. */
export type ReadCrls = Crl | { readonly base: Crl; readonly delta: Crl }

/** What came from a source; or why nothing did, and what to do about it where that is known. */
export type Obtained<T> =
  | { readonly value: T; readonly fault?: undefined; readonly fix?: undefined }
  | { readonly value?: undefined; readonly fault: string; readonly fix?: string | undefined }

const OCSP_TIMEOUT_MS = 2_000
const CRL_TIMEOUT_MS = 5_000
/** Of one call, whatever the signatures name. */
const MAX_REQUESTS = 128
/** DER of statements that are kept in memory: a CRL of the largest size, and the usual ones beside it. */
const MAX_MEMORY_BYTES = 64 * 1024 * 1024
/** How long a source that failed is not asked again. */
const PAUSE_MS = 30_000

/** The statements of CAs that one verifier knows and can get: in memory, in the cache, on the network. */
export class RevocationSources {
  readonly #options: RevocationOptions
  readonly #memory = new Memory()
  readonly #ocspRequests = new SingleFlight<Uint8Array>()
  readonly #crlRequests = new SingleFlight<ReadCrls>()
  // A large CRL takes hundreds of MB while it is read: that is done once for all who need it at the same time.
  readonly #cacheReads = new SingleFlight<ReadCrls | undefined>()
  readonly #carriedReads = new SingleFlight<Crl>()
  readonly #failed = new Map<
    string,
    { readonly fault: string; readonly fix?: string | undefined; readonly until: number }
  >()

  constructor(options: RevocationOptions) {
    this.#options = options
  }

  /** A session of one call, with a budget of its own. */
  open(call: RevocationCall): SourceSession {
    return new SourceSession(this, call, this.#options.timeoutMs)
  }

  async cachedOcsp(url: string, request: Uint8Array): Promise<Uint8Array | undefined> {
    const key = ocspKey(url, request)
    return this.#memory.get<Uint8Array>(key) ?? (await this.#fromCache(cache => cache.ocsp(url, request)))
  }

  /** Keeps an answer that was judged to be good for something. */
  async keepOcsp(url: string, request: Uint8Array, response: Uint8Array): Promise<void> {
    this.#memory.set(ocspKey(url, request), response, response.length)
    await this.#fromCache(cache => cache.storeOcsp(url, request, response))
  }

  async cachedCrl(url: string, issuer: Certificate, signal: AbortSignal): Promise<ReadCrls | undefined> {
    const key = crlKey(url, issuer)
    const known = this.#memory.get<ReadCrls>(key)
    if (known !== undefined) return known
    return this.#fromCache(cache =>
      this.#cacheReads.run(key, { signal }, async ({ signal: flight }) => {
        const files = await cache.crl(url)
        if (files === undefined) return undefined
        const crls = await readBoth(files, issuer, flight)
        this.#memory.set(key, crls, files.base.length + (files.delta?.length ?? 0))
        return crls
      }),
    )
  }

  async keepCrl(url: string, issuer: Certificate, crls: ReadCrls): Promise<void> {
    const files = 'base' in crls ? { base: crls.base.der, delta: crls.delta.der } : { base: crls.der }
    this.#memory.set(crlKey(url, issuer), crls, files.base.length + (files.delta?.length ?? 0))
    await this.#fromCache(cache => cache.storeCrl(url, files))
  }

  /** A CRL that came with a signature, read once for all that it comes with. */
  async carriedCrl(der: Uint8Array, issuer: Certificate, signal: AbortSignal): Promise<Crl> {
    const key = `${createHash('sha256').update(der).digest('hex')} ${issuer.fingerprint}`
    const known = this.#memory.get<Crl>(key)
    if (known !== undefined) return known
    return this.#carriedReads.run(key, { signal }, async ({ signal: flight }) => {
      const crl = await readCrl(der, { issuer, signal: flight })
      this.#memory.set(key, crl, der.length)
      return crl
    })
  }

  fetchOcsp(url: string, request: Uint8Array, session: SourceSession): Promise<Obtained<Uint8Array>> {
    const { ocspTimeoutMs = OCSP_TIMEOUT_MS } = this.#options
    return this.#shared(
      this.#ocspRequests,
      ocspKey(url, request),
      { url, session },
      async (asked, signal) => {
        const ask = (target: URL, post?: Uint8Array): Promise<Uint8Array> =>
          boundedRequest(this.#options.fetch!, {
            url: target,
            post: post && { contentType: 'application/ocsp-request', body: post },
            maxBytes: MAX_OCSP_RESPONSE_BYTES,
            timeoutMs: session.timeout(ocspTimeoutMs),
            signal,
          })
        const short = ocspUrl(url, request)
        return short === undefined ? ask(asked, request) : ask(new URL(short))
      },
    )
  }

  /** Fetches a CRL, reads it, and fetches the delta CRL that it names. */
  fetchCrl(url: string, issuer: Certificate, session: SourceSession): Promise<Obtained<ReadCrls>> {
    return this.#shared(this.#crlRequests, crlKey(url, issuer), { url, session }, async (asked, signal) => {
      const base = await this.#readAt(asked, issuer, session, signal)
      if (base.freshestCrlUrls.length === 0) return base
      let failure: unknown
      for (const text of base.freshestCrlUrls.slice(0, MAX_URLS)) {
        try {
          session.spend(text)
          return { base, delta: await this.#readAt(this.#checked(text), issuer, session, signal) }
        } catch (error) {
          if (!isSealwrightError(error) || signal.aborted) throw error
          failure ??= error
        }
      }
      throw failure
    })
  }

  async #readAt(url: URL, issuer: Certificate, session: SourceSession, signal: AbortSignal): Promise<Crl> {
    const { crlTimeoutMs = CRL_TIMEOUT_MS, fetch } = this.#options
    const timeoutMs = session.timeout(crlTimeoutMs)
    const der = await boundedRequest(fetch!, { url, maxBytes: MAX_CRL_BYTES - 1, timeoutMs, signal })
    return readCrl(der, { issuer, signal })
  }

  /** One request for all who ask for the same at the same time; a source that failed is left alone for a while. */
  async #shared<T>(
    requests: SingleFlight<T>,
    key: string,
    { url, session }: { readonly url: string; readonly session: SourceSession },
    task: (url: URL, signal: AbortSignal) => Promise<T>,
  ): Promise<Obtained<T>> {
    if (this.#options.fetch === undefined || session.isOffline) return { fault: 'it is not asked offline' }
    const failed = this.#failed.get(url)
    if (failed !== undefined && performance.now() < failed.until)
      return { fault: failed.fault, fix: failed.fix }
    try {
      const asked = this.#checked(url)
      if (!requests.has(key)) session.spend(url)
      return { value: await requests.run(key, session, ({ signal }) => task(asked, signal)) }
    } catch (error) {
      if (!isSealwrightError(error) || session.signal.aborted) throw error
      const fault = { fault: error.why ?? error.message, fix: error.fix }
      // What is wrong with one answer says nothing of the next.
      if (error.retryable) this.#failed.set(url, { ...fault, until: performance.now() + PAUSE_MS })
      return fault
    }
  }

  #checked(text: string): URL {
    if (!URL.canParse(text)) throw notAsked(text, 'it is not a URL')
    const url = new URL(text)
    const fault = urlFault(url, this.#options.privateHosts ?? [])
    if (fault !== undefined) throw notAsked(text, fault.why, fault.fix)
    return url
  }

  async #fromCache<T>(use: (cache: RevocationCache) => Promise<T>): Promise<T | undefined> {
    const { cache, onCacheFault } = this.#options
    if (cache === undefined) return undefined
    try {
      return await use(cache)
    } catch (error) {
      if (!isSealwrightError(error) || error.code === 'ABORTED' || error.code === 'TIMEOUT') throw error
      onCacheFault?.(error)
      return undefined
    }
  }
}

/** URLs of one kind that are asked for one certificate. */
export const MAX_URLS = 8

/** What one call has left of requests and time. */
export class SourceSession {
  readonly sources: RevocationSources
  readonly isOffline: boolean
  readonly signal: AbortSignal
  readonly #remainingMs: (() => number) | undefined
  readonly #timeoutMs: number
  #endsAt: number | undefined
  #requests = MAX_REQUESTS

  constructor(
    sources: RevocationSources,
    { signal, remainingMs, offline = false }: RevocationCall,
    timeoutMs: number = Number.POSITIVE_INFINITY,
  ) {
    this.sources = sources
    this.#timeoutMs = timeoutMs
    this.isOffline = offline
    this.signal = signal ?? new AbortController().signal
    this.#remainingMs = remainingMs
  }

  /** @throws {@link SealwrightError} `UNSUPPORTED` beyond the requests of one call. */
  spend(url: string): void {
    if (this.#requests-- <= 0) throw notAsked(url, `one verification makes at most ${MAX_REQUESTS} requests`)
  }

  timeout(limitMs: number): number {
    const now = performance.now()
    this.#endsAt ??= now + this.#timeoutMs
    const remaining = Math.min(this.#endsAt - now, this.#remainingMs?.() ?? Number.POSITIVE_INFINITY)
    return Math.max(1, Math.min(limitMs, remaining / 2))
  }
}

async function readBoth(files: CrlFiles, issuer: Certificate, signal?: AbortSignal): Promise<ReadCrls> {
  const base = await readCrl(files.base, { issuer, signal })
  return files.delta === undefined ? base : { base, delta: await readCrl(files.delta, { issuer, signal }) }
}

function ocspKey(url: string, request: Uint8Array): string {
  return `ocsp ${url} ${createHash('sha256').update(request).digest('base64')}`
}

function crlKey(url: string, issuer: Certificate): string {
  return `crl ${url} ${issuer.fingerprint}`
}

function notAsked(url: string, why: string, fix?: string): SealwrightError {
  return new SealwrightError('UNSUPPORTED', `${url.slice(0, 200)} is not asked`, { why, fix })
}

/** The last things that were used, up to a number of bytes. */
class Memory {
  readonly #entries = new Map<string, { readonly value: unknown; readonly bytes: number }>()
  #bytes = 0

  get<T>(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    return entry.value as T
  }

  set(key: string, value: unknown, bytes: number): void {
    this.#remove(key)
    // What an entry takes beside its bytes.
    const weight = bytes + 1024
    this.#entries.set(key, { value, bytes: weight })
    this.#bytes += weight
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= MAX_MEMORY_BYTES) return
      this.#remove(oldest)
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#bytes -= entry.bytes
  }
}
