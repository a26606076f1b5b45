import { lstat, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import {
  isAbsent,
  makeDirectory,
  openRegular,
  readOpen,
  readRegularFileIfPresent,
  readWhole,
  sweepTemporary,
  writeFileAtomic,
} from '@sealwright/core/files'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import { type Identity, verified } from '../content.ts'
import { parseDigest } from '../digest.ts'
import type { IndexChange, LayoutBackend } from './backend.ts'
import { onFiles } from './file-errors.ts'
import { withFileLock } from './file-lock.ts'
import { IndexDocument, MAX_INDEX_BYTES } from './index-document.ts'
import {
  assertLayoutVersion,
  blobPath,
  LAYOUT_BYTES,
  LAYOUT_FILE,
  MAX_LAYOUT_BYTES,
  noLayout,
} from './layout-file.ts'
import { LayoutStore } from './store.ts'

export interface LayoutDirectoryOptions {
  /** Whether the first write may make the layout, in a new or empty directory. Default false. */
  readonly create?: boolean
  /** Told of what is listed and cannot be read: it is somebody else's, and stops nothing. */
  readonly onWarning?: (text: string) => void
}

const INDEX_FILE = 'index.json'
/** So many entries of a directory are looked at for a layout. */
const MAX_LOOKED_AT = 100
/** The coarsest clocks of file systems tick every two seconds (FAT). */
const SETTLED_MS = 2500
/** Nobody writes a blob for longer. */
const LEFT_BEHIND_MS = 24 * 60 * 60 * 1000
/** Readable by whom the umask lets, as other tools write layouts; nothing is written through a link. */
const SHARED = { mode: 0o666, replaceLink: true } as const

/**
 * An OCI image layout 1.0 in a directory. Every file is written whole and then renamed, and `index.json` is changed
 * under a lock, so that neither a killed process nor two at once leave anything half-written under a name that counts.
 *
 * @throws {@link SealwrightError} from its methods: `NOT_FOUND` when the directory is not a layout, and as the interface
 *   says.
 *
 * @example
 * ```ts
 * import { layoutDirectory, readManifest } from '@sealwright/oci'
 *
 * const artifacts = layoutDirectory('image')
 * const manifest = await readManifest(artifacts, await artifacts.resolve('v1'))
 * ```
 */
export function layoutDirectory(path: string, options: LayoutDirectoryOptions = {}): ArtifactStore {
  return new LayoutStore(new DirectoryBackend(path, options.create ?? false), options)
}

class DirectoryBackend implements LayoutBackend {
  readonly name: string
  readonly #path: string
  readonly #create: boolean
  #checked = false
  #swept = false
  /** What was read last. */
  #index:
    | { readonly version: string | undefined; readonly bytes: Uint8Array; readonly document: IndexDocument }
    | undefined

  constructor(path: string, create: boolean) {
    this.name = `oci:${path}`
    this.#path = path
    this.#create = create
  }

  readIndex(): Promise<IndexDocument> {
    return onFiles(this.name, async () => {
      if (!(await this.#isLayout())) {
        if (this.#create) return IndexDocument.empty()
        throw await this.#noLayout()
      }
      return this.#parseIndex()
    })
  }

  sizeOf(digest: string): Promise<number | undefined> {
    const path = this.#blob(digest)
    return onFiles(this.name, async () => {
      const found = await stat(path).catch(absent)
      if (found === undefined) return undefined
      if (!found.isFile()) throw new SealwrightError('VALIDATION', `${path} is not a regular file`)
      return found.size
    })
  }

  async *read(digest: string): AsyncGenerator<Uint8Array> {
    const path = this.#blob(digest)
    const file = await onFiles(this.name, () => openRegular(path))
    if (file === undefined) throw new SealwrightError('NOT_FOUND', `${this.name} has no ${digest}`)
    yield* readOpen(file)
  }

  putBlob(blob: Identity, content: Uint8Array | AsyncIterable<Uint8Array>, call: StoreCall): Promise<void> {
    const path = this.#blob(blob.digest)
    return onFiles(this.name, async () => {
      await this.#prepare(call)
      const directory = dirname(path)
      await this.#assertOwn(directory)
      await makeDirectory(directory)
      if (await this.#holds(path, blob)) return drain(verified(blob, content, 'the caller'))
      if (!this.#swept) {
        this.#swept = true
        await sweepTemporary(directory, '', Date.now() - LEFT_BEHIND_MS)
      }
      await writeFileAtomic(path, verified(blob, content, 'the caller'), SHARED)
    })
  }

  removeBlob(digest: string): Promise<void> {
    const path = this.#blob(digest)
    return onFiles(this.name, async () => {
      await this.#assertOwn(dirname(path))
      await rm(path, { force: true })
    })
  }

  updateIndex(change: (index: IndexDocument) => Promise<IndexChange>, call: StoreCall): Promise<void> {
    const path = join(this.#path, INDEX_FILE)
    return onFiles(this.name, async () => {
      await this.#prepare(call)
      await withFileLock(`${path}.lock`, call, async lock => {
        await sweepTemporary(this.#path, `${INDEX_FILE}.`)
        const before = await this.#parseIndex()
        const { index, unused = [] } = await change(before)
        if (index !== before) {
          await writeFileAtomic(path, index.print(), { ...SHARED, beforeRename: () => lock.assertHeld() })
        }
        // Only now: until index.json was replaced, they were in use.
        for (const digest of unused) await this.removeBlob(digest)
      })
    })
  }

  async #parseIndex(): Promise<IndexDocument> {
    const path = join(this.#path, INDEX_FILE)
    const file = await openRegular(path)
    if (file === undefined) return IndexDocument.empty()
    const { version, changedAt } = file
    if (this.#index?.version === version) {
      file.close()
      return this.#index.document
    }
    // Two changes within one tick of a file system's clock look like one: what is younger is read again.
    const settled = Date.now() - changedAt > SETTLED_MS
    const bytes = await readWhole(file, MAX_INDEX_BYTES)
    const same = this.#index !== undefined && Buffer.from(this.#index.bytes).equals(bytes)
    const document = same ? this.#index!.document : IndexDocument.parse(bytes, path)
    this.#index = { version: settled ? version : undefined, bytes, document }
    return document
  }

  #blob(digest: string): string {
    return join(this.#path, blobPath(parseDigest(digest)))
  }

  /** Whether the blob is there and sound. One that another program left damaged is replaced, not trusted. */
  async #holds(path: string, blob: Identity): Promise<boolean> {
    const file = await openRegular(path)
    if (file === undefined) return false
    try {
      await drain(verified(blob, readOpen(file), this.name))
      return true
    } catch {
      return false
    }
  }

  async #isLayout(): Promise<boolean> {
    if (this.#checked) return true
    const path = join(this.#path, LAYOUT_FILE)
    const bytes = await readRegularFileIfPresent(path, MAX_LAYOUT_BYTES)
    if (bytes === undefined) return false
    assertLayoutVersion(bytes, path)
    this.#checked = true
    return true
  }

  /** Before a write: the layout is there, or is made where nothing else lies. */
  async #prepare(call: StoreCall): Promise<void> {
    if (await this.#isLayout()) return
    if (!this.#create) throw await this.#noLayout()
    await makeDirectory(this.#path)
    const foreign = (await readdir(this.#path)).find(
      name => !/^\.?(?:blobs|index\.json|oci-layout)(?:\.|$)/.test(name),
    )
    if (foreign !== undefined) {
      throw new SealwrightError('VALIDATION', `${this.#path} is a directory with something else in it`, {
        why: `it has no ${LAYOUT_FILE}, and it has ${JSON.stringify(foreign)}`,
        fix: 'name a new directory, or a layout',
      })
    }
    const index = join(this.#path, INDEX_FILE)
    await withFileLock(`${index}.lock`, call, async lock => {
      if ((await stat(index).catch(absent)) === undefined) {
        await writeFileAtomic(index, IndexDocument.empty().print(), {
          ...SHARED,
          beforeRename: () => lock.assertHeld(),
        })
      }
      await sweepTemporary(this.#path, `${LAYOUT_FILE}.`)
      // Last: from here on it counts as a layout.
      await writeFileAtomic(join(this.#path, LAYOUT_FILE), LAYOUT_BYTES, SHARED)
    })
  }

  /** A write never follows a link out of the layout. */
  async #assertOwn(directory: string): Promise<void> {
    for (const path of [dirname(directory), directory]) {
      const found = await lstat(path).catch(absent)
      if (found !== undefined && !found.isDirectory()) {
        throw new SealwrightError('VALIDATION', `${path} is not a directory of the layout itself`, {
          why: found.isSymbolicLink()
            ? 'it is a symbolic link, and nothing is written through one'
            : 'it is a file',
        })
      }
    }
  }

  async #noLayout(): Promise<SealwrightError> {
    const folders = await readdir(this.#path, { withFileTypes: true }).catch(absentOrNone)
    if (folders === undefined) {
      return new SealwrightError('NOT_FOUND', `there is no OCI image layout ${this.#path}`, {
        why: 'no such directory',
        fix: 'check the spelling of the path',
      })
    }
    const names = folders.slice(0, MAX_LOOKED_AT).map(async entry => {
      const inner = entry.isDirectory() ? join(this.#path, entry.name, LAYOUT_FILE) : undefined
      const found = inner && (await stat(inner).catch(() => undefined))
      return found === undefined ? entry.name : `${entry.name}/${LAYOUT_FILE}`
    })
    return noLayout(`${this.#path} is not an OCI image layout`, await Promise.all(names), {
      folder: folder => `name it: oci:${join(this.#path, folder)}`,
      docker: `make a tar of it and convert that: skopeo copy docker-archive:FILE oci:DIR`,
    })
  }
}

function absentOrNone(error: unknown): [] | undefined {
  return isAbsent(error) ? undefined : []
}

async function drain(content: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of content);
}

function absent(error: unknown): undefined {
  if (!isAbsent(error)) throw error
}
