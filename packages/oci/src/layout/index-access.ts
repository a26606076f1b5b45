import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { LayoutBackend, LayoutFiles } from './backend.ts'
import type { IndexDocument } from './index-document.ts'
import { type EditedIndex, editEntries, editIndex, type IndexEdit } from './index-edits.ts'
import { readList } from './read-list.ts'

/** How a store comes to its index: at once, or at the end of a batch. */
export interface IndexAccess {
  read(call: StoreCall): Promise<IndexDocument>
  edit(edit: IndexEdit, call: StoreCall): Promise<void>
  batch<T>(work: (store: ArtifactStore) => Promise<T>, call: StoreCall): Promise<T>
}

/** Makes the store that a batch works with. */
type OpenBatch = (files: LayoutFiles, access: IndexAccess, stream: boolean) => ArtifactStore

/** Every edit changes the index of the layout. */
export function directly(backend: LayoutBackend, open: OpenBatch): IndexAccess {
  const change = (edits: readonly IndexEdit[], call: StoreCall) =>
    backend.updateIndex(async before => {
      const edited = await editedBy(edits, before, backend, call)
      for (const { descriptor, bytes } of edited.lists) await backend.putBlob(descriptor, bytes, call)
      return edited
    }, call)
  return {
    read: call => backend.readIndex(call),
    edit: (one, call) => change([one], call),
    async batch(work, call) {
      const edits: IndexEdit[] = []
      const whole = backend.batch !== undefined
      const run = (files: LayoutFiles) => work(open(files, collecting(files, edits, open, whole), whole))
      if (backend.batch !== undefined) {
        const edited = (before: IndexDocument, files: LayoutFiles) => editedBy(edits, before, files, call)
        return backend.batch({ run, edited }, call)
      }
      const result = await run(backend)
      if (edits.length > 0) await change(edits, call)
      return result
    },
  }
}

/** The edits wait for the end of the batch; what is read has them already. */
function collecting(files: LayoutFiles, edits: IndexEdit[], open: OpenBatch, whole: boolean): IndexAccess {
  let seen: { base: IndexDocument; count: number; index: IndexDocument } | undefined
  const access: IndexAccess = {
    async read(call) {
      const base = await files.readIndex(call)
      const known = seen?.base === base ? seen : { base, count: 0, index: base }
      const count = edits.length
      seen = { base, count, index: editEntries(known.index, edits.slice(known.count, count)) }
      return seen.index
    },
    async edit(one) {
      edits.push(one)
    },
    // One in another ends with the outer one.
    batch: work => work(open(files, access, whole)),
  }
  return access
}

function editedBy(
  edits: readonly IndexEdit[],
  before: IndexDocument,
  files: LayoutFiles,
  call: StoreCall,
): Promise<EditedIndex> {
  return editIndex(before, edits, descriptor => readList(files, descriptor, call))
}
