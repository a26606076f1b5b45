import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { pause, throwIfAborted } from '../abort.ts'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import type { Descriptor } from '../descriptor.ts'
import { isManifestMediaType } from '../media-types.ts'
import type { CopyEvent } from './copy-options.ts'

const ATTEMPTS = 4
const DELAY_MS = 200

/** The two sides of a copy, and who wants to know how it goes. */
export interface Sides {
  readonly from: ArtifactStore
  readonly to: ArtifactStore
  readonly call: StoreCall
  readonly tell: (event: CopyEvent) => void
}

/**
 * Moves one content, unless it is there or the registry takes it over. What fails in passing is done again from the
 * beginning: neither side keeps what did not arrive whole.
 */
export async function copyContent(
  descriptor: Descriptor,
  bytes: Uint8Array | undefined,
  { from, to, call, tell }: Sides,
): Promise<'done' | 'mounted'> {
  tell({ type: 'started', descriptor })
  const mountable = from.mount !== undefined && !isManifestMediaType(descriptor.mediaType)
  if (mountable && (await to.mount?.(descriptor, from, call))) return 'mounted'
  for (let attempt = 1; ; attempt++) {
    try {
      const content = bytes ?? counted(descriptor, contentOf(descriptor, from, call), tell)
      await to.push(descriptor, content, call)
      return 'done'
    } catch (error) {
      throwIfAborted(call.signal)
      const passing = isSealwrightError(error) && (error.code === 'UNAVAILABLE' || error.code === 'THROTTLED')
      // Bytes in hand were tried again already by whoever takes them.
      if (!passing || bytes !== undefined || attempt === ATTEMPTS) throw error
      await pause(error.retryAfterMs ?? DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random()), call.signal)
    }
  }
}

/** A small content may stand in its descriptor (image-spec `descriptor.md`, "Embedded Content"); it was checked there. */
function contentOf(
  descriptor: Descriptor,
  from: ArtifactStore,
  call: StoreCall,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const { data } = descriptor
  return data === undefined ? from.fetch(descriptor, call) : [Buffer.from(data, 'base64')]
}

async function* counted(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  tell: (event: CopyEvent) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  tell({ type: 'bytes', descriptor, bytes })
  for await (const chunk of content) {
    yield chunk
    bytes += chunk.byteLength
    tell({ type: 'bytes', descriptor, bytes })
  }
}

/** As an error of this library: what a foreign store throws is a fault of the store. */
export function asError(error: unknown): SealwrightError {
  if (isSealwrightError(error)) return error
  return new SealwrightError('UNAVAILABLE', 'the store failed', {
    why: error instanceof Error ? error.message : String(error),
    cause: error,
  })
}
