import { SealwrightError } from '@sealwright/core'
import type { Page } from './client.ts'

/** The items of all pages of a list, each page asked for when it is needed. */
export async function* pagesOf<T>(
  parent: string,
  read: (from: { readonly pageToken?: string | undefined }) => Promise<Page<T>>,
): AsyncIterable<T> {
  for (let token: string | undefined, isFirst = true; isFirst || token !== undefined; isFirst = false) {
    const page = await read({ pageToken: token })
    yield* page.items
    if (page.next !== undefined && page.next === token) {
      throw new SealwrightError('INTEGRITY', `Cloud KMS lists ${parent} in a circle`, {
        why: 'a page of the list leads to itself',
      })
    }
    token = page.next
  }
}
