import type { ByteSource } from './byte-source.ts'
import { BLOCK, damaged, readPax, readTarHeader, readText } from './tar-header.ts'

/** A regular file in a tar. */
export interface TarEntry {
  /** Relative, without `.` and `..`. */
  readonly name: string
  readonly offset: number
  readonly size: number
  /** For a symbolic link: what it leads to, as it is written. */
  readonly link?: string
}

export interface TarOptions {
  /** Whether symbolic links are passed on instead of refused, for whoever only asks which names there are. */
  readonly links?: boolean
}

const MAX_ENTRIES = 100_000
const MAX_EXTENDED = 64 * 1024
const MAX_NAME = 4096
/** Writers pad to whole records, 10 KiB as a rule. */
const MAX_PADDING = 1024 * 1024

/**
 * Walks the regular files of a tar, passing over directories. All else is refused (links, devices, sparse files), and so
 * are names that lead out of the archive, a name that comes twice, and an archive without its end: whoever unpacks it
 * by another program sees the same files.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export async function* tarEntries(
  source: ByteSource,
  archive: string,
  { links = false }: TarOptions = {},
): AsyncGenerator<TarEntry> {
  const names = new Set<string>()
  let extended: { path?: string; size?: number } = {}
  let position = 0
  for (let count = 0; ; count++) {
    if (count > MAX_ENTRIES) throw damaged(archive, `it has more than ${MAX_ENTRIES} entries`)
    const block = await readExactly(source, position, BLOCK, archive)
    if (isZero(block)) return assertEnd(source, position + BLOCK, archive)
    const header = readTarHeader(block, archive)
    const offset = position + BLOCK
    if ('xgLK'.includes(header.type)) {
      if (header.size > MAX_EXTENDED) throw damaged(archive, 'an extended header is too large')
      const bytes = await readExactly(source, offset, header.size, archive)
      extended = { ...extended, ...readExtension(header.type, bytes, archive) }
      position = offset + padded(header.size)
      continue
    }
    const size = extended.size ?? header.size
    const stated = extended.path ?? header.name
    const name = normalName(stated, archive)
    extended = {}
    position = offset + padded(size)
    if (!Number.isSafeInteger(position)) throw damaged(archive, 'a size in a header is out of range')
    // Before there was a type for directories, a slash at the end made one.
    if (header.type === '5' || (header.type === '0' && stated.endsWith('/'))) {
      if (size !== 0) throw damaged(archive, `the directory ${shown(name)} has content`)
      continue
    }
    const isLink = links && header.type === '2' && size === 0
    if (header.type !== '0' && !isLink) {
      const kind = header.type === '1' || header.type === '2' ? 'a link' : 'no regular file'
      throw damaged(
        archive,
        `${shown(name)} is ${kind}; an archive is read only if it has files and directories`,
      )
    }
    if (names.has(name)) throw damaged(archive, `${shown(name)} comes twice`)
    names.add(name)
    yield { name, offset, size, ...(isLink ? { link: header.link } : {}) }
  }
}

function readExtension(
  type: string,
  bytes: Uint8Array,
  archive: string,
): { readonly path?: string; readonly size?: number } {
  switch (type) {
    case 'L':
      return { path: readText(bytes) }
    case 'x':
      return readPax(bytes, archive)
    case 'g': {
      const { path, size } = readPax(bytes, archive)
      if (path !== undefined || size !== undefined)
        throw damaged(archive, 'a global header names or sizes files')
      return {}
    }
    default:
      // K, the target of a link: the link itself is refused.
      return {}
  }
}

function normalName(name: string, archive: string): string {
  if (name.length > MAX_NAME) throw damaged(archive, `the name ${shown(name)} is too long`)
  const parts = name.split('/')
  while (parts.at(-1) === '') parts.pop()
  const first = parts.findIndex(part => part !== '.')
  const kept = first === -1 ? [] : parts.slice(first)
  const legal =
    !name.startsWith('/') &&
    kept.every(part => part !== '' && part !== '.' && part !== '..' && !/[\\\p{Cc}]/u.test(part))
  if (!legal) throw damaged(archive, `the name ${shown(name)} leads out of it or cannot be a name`)
  return kept.join('/')
}

async function assertEnd(source: ByteSource, start: number, archive: string): Promise<void> {
  for (let position = start; ; position += BLOCK) {
    const block = await source.read(position, BLOCK)
    if (block.byteLength === 0 && position > start) return
    if (block.byteLength < BLOCK) throw damaged(archive, 'it ends too early')
    if (!isZero(block)) throw damaged(archive, 'something follows its end')
    if (position - start > MAX_PADDING) throw damaged(archive, 'its end does not end')
  }
}

async function readExactly(
  source: ByteSource,
  position: number,
  length: number,
  archive: string,
): Promise<Uint8Array> {
  const bytes = await source.read(position, length)
  if (bytes.byteLength < length) throw damaged(archive, 'it ends too early')
  return bytes
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function isZero(block: Uint8Array): boolean {
  return block.every(byte => byte === 0)
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 160))
}
