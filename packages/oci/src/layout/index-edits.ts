import type { Descriptor } from '../descriptor.ts'
import { digestOf } from '../digest.ts'
import { MediaTypes } from '../media-types.ts'
import { referrersIndex, referrersTag } from '../referrers-tag.ts'
import type { ListedIndex } from '../salvage.ts'
import type { IndexDocument } from './index-document.ts'

/** One change of what a layout lists. */
export type IndexEdit =
  /** A manifest is listed; with a subject also in the list of its referrers, as `entry`. */
  | {
      readonly type: 'list'
      readonly descriptor: Descriptor
      readonly subject?: Descriptor
      readonly entry: Descriptor
    }
  | { readonly type: 'tag'; readonly descriptor: Descriptor; readonly tag: string }
  | { readonly type: 'remove'; readonly digest: string; readonly subject?: Descriptor }

export interface EditedIndex {
  readonly index: IndexDocument
  /** Digests of blobs that nothing needs any more. */
  readonly unused: readonly string[]
  /** Lists of referrers that the index names now, to be stored with it. */
  readonly lists: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[]
}

/** What the entries become, without the lists of referrers. */
export function editEntries(index: IndexDocument, edits: readonly IndexEdit[]): IndexDocument {
  return edits.reduce(editEntry, index)
}

function editEntry(index: IndexDocument, edit: IndexEdit): IndexDocument {
  switch (edit.type) {
    case 'list':
      return index.with(edit.descriptor)
    case 'tag':
      return index.tag(edit.descriptor, edit.tag)
    case 'remove':
      return index.without(edit.digest)
  }
}

/**
 * What a layout lists after some edits. The list of the referrers of a subject is written once, however many of them
 * change it.
 *
 * @param readList - What an index lists; nothing if it is not there, `taken` if it is something else and stays.
 */
export async function editIndex(
  before: IndexDocument,
  edits: readonly IndexEdit[],
  readList: (descriptor: Descriptor) => Promise<ListedIndex | 'taken' | undefined>,
): Promise<EditedIndex> {
  let index = editEntries(before, edits)
  const unused = new Set<string>()
  const bySubject = new Map<string, Exclude<IndexEdit, { readonly type: 'tag' }>[]>()
  for (const edit of edits) {
    if (edit.type === 'remove') unused.add(edit.digest)
    if (edit.type === 'list') unused.delete(edit.descriptor.digest)
    if (edit.type === 'tag' || edit.subject === undefined) continue
    const { digest } = edit.subject
    bySubject.set(digest, [...(bySubject.get(digest) ?? []), edit])
  }
  const lists: { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[] = []
  for (const [subject, changes] of bySubject) {
    const tag = referrersTag(subject)
    const old = index.tagged(tag)[0]
    const listed = (old && (await readList(old))) ?? { manifests: [], unreadable: [] }
    if (listed === 'taken') continue
    const list = changedList(listed.manifests, changes)
    if (list === undefined) continue
    index = index.untag(tag)
    if (old && index.find(old.digest) === undefined) unused.add(old.digest)
    const others = listed.unreadable.map(({ entry }) => entry)
    if (list.length + others.length === 0) continue
    const bytes = referrersIndex(list, others)
    const descriptor = {
      mediaType: MediaTypes.index,
      digest: digestOf('sha256', bytes),
      size: bytes.byteLength,
    }
    index = index.tag(descriptor, tag)
    unused.delete(descriptor.digest)
    lists.push({ descriptor, bytes })
  }
  return { index, unused: [...unused], lists }
}

/** Nothing if nothing changes. */
function changedList(
  listed: readonly Descriptor[],
  changes: readonly Exclude<IndexEdit, { readonly type: 'tag' }>[],
): readonly Descriptor[] | undefined {
  const list = new Map(listed.map(entry => [entry.digest, entry]))
  let changed = false
  for (const change of changes) {
    if (change.type === 'remove') changed = list.delete(change.digest) || changed
    else if (!list.has(change.entry.digest)) {
      list.set(change.entry.digest, change.entry)
      changed = true
    }
  }
  return changed ? [...list.values()] : undefined
}
