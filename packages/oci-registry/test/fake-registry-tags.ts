export interface FakeTagsOptions {
  /** Tags to a page. Default: as many as are asked for. */
  readonly tagPageSize?: number
  /**
   * In which order, and what `last` means: as specified; the newest first and `last` unknown (everything on one page, as
   * distribution 2 does); `last` a mark that the registry made itself (Amazon ECR), anything else refused.
   */
  readonly tagOrder?: 'specified' | 'newest' | 'marks'
}

export interface TagsPage {
  readonly tags: readonly string[]
  readonly link?: string
}

/** One page of tags; nothing for a `last` that is refused. */
export function tagsPage(
  all: readonly string[],
  query: URLSearchParams,
  path: string,
  { tagPageSize, tagOrder = 'specified' }: FakeTagsOptions,
): TagsPage | undefined {
  if (tagOrder === 'newest') return { tags: all.toReversed() }
  const ordered = tagOrder === 'marks' ? all.toReversed() : all.toSorted()
  const last = query.get('last')
  if (tagOrder === 'marks' && last !== null && !/^mark\d+$/.test(last)) return undefined
  const found =
    tagOrder === 'marks' ? Number(last?.slice(4) ?? 0) : ordered.findIndex(tag => tag > (last ?? ''))
  const start = found < 0 ? ordered.length : found
  const size = Math.min(Number(query.get('n') ?? ordered.length), tagPageSize ?? Number.POSITIVE_INFINITY)
  const tags = ordered.slice(start, start + size)
  const end = start + tags.length
  if (end >= ordered.length) return { tags }
  const mark = tagOrder === 'marks' ? `mark${end}` : tags.at(-1)!
  return { tags, link: `<${path}?n=${size}&last=${mark}>; rel="next"` }
}
