import type { Descriptor, Moved } from '@sealwright/oci'
import type { ContentDocument, CopyDocument } from '../documents/copying.ts'
import { failureOf } from '../frame/failure.ts'

type MovedDocument = Pick<CopyDocument, 'copied' | 'skipped' | 'mounted' | 'left'>

/** What came to a copy at one place, which is named if it is not the destination. */
export function movedTo(
  place: string | undefined,
  { copied, skipped, mounted, left }: Moved = { copied: [], skipped: [], mounted: [], left: [] },
): MovedDocument {
  const contentOf = ({ mediaType, digest, size }: Descriptor): ContentDocument => ({
    mediaType,
    digest,
    size,
    ...(place === undefined ? {} : { place }),
  })
  return {
    copied: copied.map(contentOf),
    skipped: skipped.map(contentOf),
    mounted: mounted.map(contentOf),
    left: left.map(({ descriptor, why }) => ({
      ...contentOf(descriptor),
      error: failureOf(why),
    })),
  }
}

export function joined(one: MovedDocument, other: MovedDocument): MovedDocument {
  return {
    copied: [...one.copied, ...other.copied],
    skipped: [...one.skipped, ...other.skipped],
    mounted: [...one.mounted, ...other.mounted],
    left: [...one.left, ...other.left],
  }
}
