import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { decodeJson, type JsonValue } from '@sealwright/core/encoding'
import type { StoreCall } from '@sealwright/oci'
import { readList, readObject } from '@sealwright/oci/store'
import type { RegistryClient } from './http/client.ts'
import { saysCode } from './http/http-error.ts'
import { nextLink } from './http/link.ts'

const PAGE = 1000
const MAX_PAGES = 1000
/** Some registries have one page only, however many tags there are. */
const MAX_PAGE_BYTES = 4 * 1024 * 1024
const MAX_PAGE_TAGS = 250_000
/** A registry can lead on for ever: as many tags as full pages of ours have, and 64 bytes for each, are all that is read. */
const MAX_TAGS = PAGE * MAX_PAGES
const MAX_BYTES = 64 * 1024 * 1024

/** The tags of a repository (distribution-spec, "Listing Tags"). */
export class RegistryTags {
  readonly #client: RegistryClient
  readonly #repository: string
  readonly #name: string

  constructor(client: RegistryClient, repository: string, name: string) {
    this.#client = client
    this.#repository = repository
    this.#name = name
  }

  /**
   * The tags that begin with `prefix`; none for a repository that does not exist yet. Begins where the prefix does, and
   * ends where it ends if the registry keeps to the order of the specification. Some keep to none, or know `last` only
   * as a mark of their own: there everything is read.
   */
  async *list(prefix: string, call: StoreCall): AsyncGenerator<string> {
    // Shorter by one, so that it comes before all that is sought in whatever order.
    const start = prefix.slice(0, -1)
    let page = await this.#first(start, call)
    const seen = new Set<string>()
    const requested = new Set<string>()
    let ordered = start !== ''
    let before = start
    let total = 0
    let bytes = 0
    while (page !== undefined) {
      for (const tag of page.tags) {
        if (tag < before) ordered = false
        before = tag
        if (seen.has(tag)) continue
        if (tag.startsWith(prefix)) {
          seen.add(tag)
          yield tag
        }
      }
      const beyond = ordered && before > prefix && !before.startsWith(prefix)
      if (beyond || page.next === undefined) return
      requested.add(page.url.href)
      const cut = (why: string, more: { readonly fix?: string } = {}) =>
        new SealwrightError('UNAVAILABLE', `${this.#name} does not list all tags`, { why, ...more })
      const tooLong = (most: string) =>
        cut(`its list of tags has more than ${most}`, {
          fix: 'delete unused tags from the repository, or have the registry checked',
        })
      if (page.next.origin !== page.url.origin)
        throw cut(`the next page is on another host, ${this.#client.shown(page.next.host)}`)
      if (requested.has(page.next.href)) {
        // Where no link was given, the same page again says that there is no other.
        if (!page.linked) return
        throw cut('its pages lead back to each other')
      }
      total += page.tags.length
      bytes += page.bytes
      if (requested.size >= MAX_PAGES) throw tooLong(`${MAX_PAGES} pages`)
      if (total >= MAX_TAGS) throw tooLong(`${MAX_TAGS} tags`)
      if (bytes >= MAX_BYTES) throw tooLong(`${MAX_BYTES} bytes`)
      page = await this.#page(page.next, call)
      if (page === undefined) throw cut('a page is missing')
    }
  }

  async #first(start: string, call: StoreCall): Promise<Page | undefined> {
    const url = this.#client.url('tags/list')
    url.searchParams.set('n', String(PAGE))
    if (start === '') return this.#page(url, call)
    const from = new URL(url)
    from.searchParams.set('last', start)
    try {
      return await this.#page(from, call)
    } catch (error) {
      // A registry whose `last` is a mark of its own (Amazon ECR).
      const refused = isSealwrightError(error) && ['VALIDATION', 'UNSUPPORTED'].includes(error.code)
      if (refused) return this.#page(url, call)
      throw error
    }
  }

  #page(url: URL, call: StoreCall): Promise<Page | undefined> {
    return this.#client.retrying(call, async () => {
      const what = `to list the tags of ${this.#repository}`
      const answer = await this.#client.request(
        {
          method: 'GET',
          url,
          headers: { accept: 'application/json' },
          action: 'pull',
          what,
          expected: [200, 404],
        },
        call,
      )
      if (answer.status === 404) {
        const failed = await this.#client.read(answer)
        if (saysCode(failed, 'NAME_UNKNOWN') || saysCode(failed, 'NOT_FOUND')) return undefined
        throw new SealwrightError('UNSUPPORTED', `${this.#name} does not list its tags`)
      }
      const link = nextLink(answer.headers)
      const body = await answer.whole(MAX_PAGE_BYTES, 'UNSUPPORTED')
      const tags = readTags(body, this.#name)
      return { url, tags, bytes: body.byteLength, ...next(url, link, tags) }
    })
  }
}

interface Page {
  readonly url: URL
  readonly tags: readonly string[]
  /** Of its body. */
  readonly bytes: number
  readonly next?: URL
  /** Whether the registry itself said that there is a next page. */
  readonly linked?: true
}

/** By the link, else where a full page ends: a registry need not send links (distribution-spec 1.0). */
function next(url: URL, link: string | undefined, tags: readonly string[]): Pick<Page, 'next' | 'linked'> {
  if (link !== undefined && URL.canParse(link, url.href)) return { next: new URL(link, url), linked: true }
  const last = tags.at(-1)
  if (tags.length !== PAGE || last === undefined) return {}
  const following = new URL(url)
  following.searchParams.set('last', last)
  return { next: following }
}

function readTags(bytes: Uint8Array, name: string): readonly string[] {
  try {
    const label = 'the list of tags'
    // An empty list is printed as null by programs in Go.
    const tags: JsonValue | undefined =
      readObject(
        decodeJson(bytes, { label, maxBytes: MAX_PAGE_BYTES, maxValues: MAX_PAGE_TAGS, only: ['tags'] }),
        label,
      ).tags ?? []
    return readList(tags, 'tags').filter(tag => typeof tag === 'string')
  } catch (cause) {
    throw new SealwrightError('UNAVAILABLE', `${name} did not answer with a list of tags`, {
      why: cause instanceof Error ? cause.message : String(cause),
      cause,
    })
  }
}
