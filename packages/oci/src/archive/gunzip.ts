import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { isSealwrightError } from '@sealwright/core'
import { damaged } from './tar-header.ts'

/** What may come out however little went in. */
const FREE_BYTES = 64 * 1024 * 1024
/** Images are compressed already; even text hardly shrinks to a fiftieth. */
const MAX_RATIO = 200

/**
 * Expands gzip as it is consumed. An archive that expands out of proportion is refused where that shows.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export async function* gunzip(
  compressed: AsyncIterable<Uint8Array>,
  archive: string,
): AsyncGenerator<Uint8Array> {
  let taken = 0
  let given = 0
  const count = async function* () {
    for await (const chunk of compressed) {
      taken += chunk.byteLength
      yield chunk
    }
  }
  const source = Readable.from(count(), { objectMode: false })
  const expanded = createGunzip()
  source.on('error', error => expanded.destroy(error))
  try {
    for await (const chunk of source.pipe(expanded) as AsyncIterable<Uint8Array>) {
      given += chunk.byteLength
      if (given > FREE_BYTES && given > taken * MAX_RATIO) {
        throw damaged(archive, `it expands more than ${MAX_RATIO} times; that is an attack, not an archive`)
      }
      yield chunk
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (isSealwrightError(error) || !code?.startsWith('Z_')) throw error
    throw damaged(
      archive,
      code === 'Z_BUF_ERROR' ? 'it ends too early' : `its compression is damaged (${code})`,
    )
  } finally {
    source.destroy()
    expanded.destroy()
  }
}
