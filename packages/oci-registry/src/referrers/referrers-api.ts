import { SealwrightError } from '@sealwright/core'
import { type Descriptor, MAX_MANIFEST_BYTES, MediaTypes, type ReferrersQuery } from '@sealwright/oci'
import { mayBeOfType, readReferrersIndex } from '@sealwright/oci/store'
import type { RegistryClient } from '../http/client.ts'
import { nextLink } from '../http/link.ts'
import type { HttpResponse } from '../http/transport.ts'
import { contentType } from '../manifests.ts'
import type { Subject } from './referrers-list.ts'

const MAX_PAGES = 1000
/** Of all pages together: some 150,000 referrers. A registry can lead on for ever. */
const MAX_BYTES = 64 * 1024 * 1024
/** What registries answer that have no such API; Artifactory says 406 or 400. */
const LACKING: readonly number[] = [400, 404, 405, 406, 410, 501]

/** What was answered to the question for referrers. */
export interface ApiResponse {
  /** Nothing if there is no such API. */
  readonly listed?: AsyncGenerator<Descriptor>
  /**
   * That there is none was said by the registry, which signs its answers, and not by something in between. Distribution, of
   * any version, does so also on paths that it does not know.
   */
  readonly definite?: boolean
}

/** The referrers API (distribution-spec, "Listing Referrers"). */
export class ReferrersApi {
  readonly #client: RegistryClient
  readonly #repository: string
  readonly #name: string
  /** Told of an entry that cannot be read. */
  readonly #onSkipped: (entry: string) => void

  constructor(client: RegistryClient, repository: string, name: string, onSkipped: (entry: string) => void) {
    this.#client = client
    this.#onSkipped = onSkipped
    this.#repository = repository
    this.#name = name
  }

  /**
   * The first page shows whether there is this API at all; an answer that is not an index comes from a program that does not
   * know the path.
   */
  async list(subject: Subject, query: ReferrersQuery): Promise<ApiResponse> {
    const url = this.#client.url(`referrers/${subject.digest}`)
    if (query.artifactType !== undefined) url.searchParams.set('artifactType', query.artifactType)
    const first = await this.#page(url, query, [200, ...LACKING])
    return typeof first === 'object'
      ? { listed: this.#pages(first, query) }
      : { definite: first === 'lacking' }
  }

  async *#pages(first: Page, query: ReferrersQuery): AsyncGenerator<Descriptor> {
    const seen = new Set([first.url.href])
    let page = first
    let bytes = 0
    for (;;) {
      for (const descriptor of page.manifests) {
        if (page.filtered || mayBeOfType(descriptor, query.artifactType)) yield descriptor
      }
      if (page.next === undefined) return
      const cut = (why: string, more: { readonly fix?: string } = {}) =>
        new SealwrightError('UNAVAILABLE', `${this.#name} does not list all referrers`, { why, ...more })
      const tooLong = (most: string) =>
        cut(`its list of referrers has more than ${most}`, {
          fix: 'delete unused referrers, or have the registry checked',
        })
      if (page.next.origin !== page.url.origin)
        throw cut(`the next page is on another host, ${this.#client.shown(page.next.host)}`)
      if (seen.has(page.next.href)) throw cut('its pages lead back to each other')
      bytes += page.bytes
      if (seen.size >= MAX_PAGES) throw tooLong(`${MAX_PAGES} pages`)
      if (bytes >= MAX_BYTES) throw tooLong(`${MAX_BYTES} bytes`)
      seen.add(page.next.href)
      const next = await this.#page(page.next, query, [200])
      if (typeof next !== 'object') throw cut('a page is not an image index')
      page = next
    }
  }

  /** A page; or that the registry itself says that there is none; or another answer. */
  #page(url: URL, query: ReferrersQuery, expected: readonly number[]): Promise<Page | 'lacking' | 'other'> {
    return this.#client.retrying(query, async () => {
      const answer = await this.#client.request(
        {
          method: 'GET',
          url,
          headers: { accept: MediaTypes.index },
          action: 'pull',
          what: `to list referrers in ${this.#repository}`,
          expected,
        },
        query,
      )
      if (answer.status !== 200 || contentType(answer.headers) !== MediaTypes.index) {
        await answer.cancel()
        return answer.status !== 200 && answer.headers.has('docker-distribution-api-version')
          ? 'lacking'
          : 'other'
      }
      return this.#read(answer, url)
    })
  }

  #readIndex(bytes: Uint8Array): readonly Descriptor[] {
    try {
      const { manifests, unreadable } = readReferrersIndex(bytes)
      for (const { fault } of unreadable) this.#onSkipped(fault)
      return manifests
    } catch (cause) {
      throw new SealwrightError(
        'UNAVAILABLE',
        `${this.#name} does not answer for referrers with an image index`,
        {
          why: cause instanceof Error ? cause.message : String(cause),
          fix: 'look for a proxy in front of the registry, or use the fallback index',
          remedy: { step: 'useFallbackIndex' },
          cause,
        },
      )
    }
  }

  async #read(answer: HttpResponse, url: URL): Promise<Page> {
    const { headers } = answer
    const body = await answer.whole(MAX_MANIFEST_BYTES)
    const manifests = this.#readIndex(body)
    const applied = headers.get('oci-filters-applied') ?? ''
    const link = nextLink(headers)
    if (link !== undefined && !URL.canParse(link, url.href)) {
      throw new SealwrightError('UNAVAILABLE', `${this.#name} does not list all referrers`, {
        why: 'the link to its next page is not a URL',
      })
    }
    return {
      url,
      manifests,
      bytes: body.byteLength,
      filtered: applied.split(',').some(name => name.trim() === 'artifactType'),
      ...(link === undefined ? {} : { next: new URL(link, url) }),
    }
  }
}

interface Page {
  readonly url: URL
  readonly manifests: readonly Descriptor[]
  /** Of its body. */
  readonly bytes: number
  /** Whether the registry left out what was not asked for. */
  readonly filtered: boolean
  readonly next?: URL
}
