import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { openRegular, readOpen } from '@sealwright/core/files'
import { writeAt } from '../layout/write-chunks.ts'

const MAX_BYTES = 64 * 1024 ** 3

/** A private file for what cannot be read twice and is not wanted yet. Made when the first thing goes in. */
export class SpoolFile {
  #open: Promise<{ readonly folder: string; readonly path: string }> | undefined
  #position = 0

  /** @returns Where it lies, for {@link SpoolFile.read}. */
  async add(content: AsyncIterable<Uint8Array>): Promise<number> {
    this.#open ??= create()
    const { path } = await this.#open
    const start = this.#position
    const file = await open(path, 'r+')
    try {
      this.#position = await writeAt(file, path, start, limited(content, MAX_BYTES - start))
    } finally {
      await file.close()
    }
    return start
  }

  async *read(start: number, length: number): AsyncGenerator<Uint8Array> {
    const place = await this.#open
    const file = place && (await openRegular(place.path))
    if (file === undefined) throw new SealwrightError('UNAVAILABLE', 'a temporary file is gone')
    yield* readOpen(file, start, length)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const place = await this.#open?.catch(() => undefined)
    if (place !== undefined) await rm(place.folder, { recursive: true, force: true })
  }
}

async function create(): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sealwright-'))
  const path = join(folder, 'spool')
  await (await open(path, 'wx', 0o600)).close()
  return { folder, path }
}

async function* limited(content: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let left = maxBytes
  for await (const chunk of content) {
    left -= chunk.byteLength
    if (left < 0) throw new SealwrightError('VALIDATION', `the input is longer than ${MAX_BYTES} bytes`)
    yield chunk
  }
}
