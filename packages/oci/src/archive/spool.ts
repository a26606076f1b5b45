import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { StoreCall } from '../artifact-store.ts'

export interface Spooled extends AsyncDisposable {
  /** A private file with the content; gone once this is disposed of. */
  readonly path: string
}

export interface SpoolOptions extends StoreCall {
  /** Default 64 GiB. */
  readonly maxBytes?: number
}

/**
 * Puts a stream that cannot be read twice (standard input) into a private temporary file, for {@link layoutArchive}.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it is longer than `maxBytes`.
 */
export async function spool(
  stream: AsyncIterable<Uint8Array>,
  { maxBytes = 64 * 1024 ** 3, signal }: SpoolOptions = {},
): Promise<Spooled> {
  const folder = await mkdtemp(join(tmpdir(), 'sealwright-'))
  const dispose = () => rm(folder, { recursive: true, force: true })
  const path = join(folder, 'archive')
  try {
    const file = await open(path, 'wx', 0o600)
    let total = 0
    try {
      for await (const chunk of stream) {
        throwIfAborted(signal)
        total += chunk.byteLength
        if (total > maxBytes)
          throw new SealwrightError('VALIDATION', `the input is longer than ${maxBytes} bytes`)
        await file.writeFile(chunk)
      }
    } finally {
      await file.close()
    }
  } catch (error) {
    await dispose()
    throw error
  }
  return { path, [Symbol.asyncDispose]: dispose }
}
