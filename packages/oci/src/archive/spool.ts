import { throwIfAborted } from '../abort.ts'
import type { StoreCall } from '../artifact-store.ts'
import { TemporaryFile } from './temporary-file.ts'

export interface Spooled extends AsyncDisposable {
  /** A private file with the content; gone once this is disposed of. */
  readonly path: string
}

export interface SpoolOptions extends StoreCall {
  /** Default 64 GiB. */
  readonly maxBytes?: number
}

/**
 * Writes a stream that cannot be read twice (standard input) to a private temporary file, for {@link layoutArchive}.
 *
 * @throws {@link SealwrightError} `VALIDATION` when it is longer than `maxBytes`.
 */
export function spool(
  stream: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: SpoolOptions = {},
): Promise<Spooled> {
  return TemporaryFile.of(untilAborted(stream, signal), maxBytes)
}

async function* untilAborted(
  stream: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    throwIfAborted(signal)
    yield chunk
  }
}
