import { isSealwrightError, SealwrightError } from '@sealwright/core'
import type { ArtifactStore, StoreCall } from '../artifact-store.ts'
import { asVerified, isVerified } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isManifestMediaType } from '../media-types.ts'
import { type RetryPolicy, retrying } from '../registry/retry.ts'
import type { CopyEvent } from './copy-options.ts'

/** The two sides of a copy, and who wants to know how it goes. */
export interface Sides {
  readonly from: ArtifactStore
  readonly to: ArtifactStore
  readonly call: StoreCall
  readonly retry: RetryPolicy
  readonly tell: (event: CopyEvent) => void
}

/**
 * Moves one content, unless it is there or the registry takes it over. What fails in passing is done again from the
 * beginning: neither side keeps what did not arrive whole.
 */
export async function copyContent(
  descriptor: Descriptor,
  bytes: Uint8Array | undefined,
  { from, to, call, retry, tell }: Sides,
): Promise<'done' | 'mounted'> {
  tell({ type: 'started', descriptor })
  const mountable = from.mount !== undefined && !isManifestMediaType(descriptor.mediaType)
  if (mountable && (await to.mount?.(descriptor, from, call))) return 'mounted'
  // Bytes in hand are tried again by whoever takes them.
  const policy = bytes === undefined ? retry : { attempts: 1 }
  const push = () => to.push(descriptor, bytes ?? contentOf(descriptor, from, call, tell), call)
  // A stream does not begin again.
  await retrying(policy, call, push, () => from.stream === true)
  return 'done'
}

/** What one of our stores has checked needs no second check on its way. */
function contentOf(
  descriptor: Descriptor,
  from: ArtifactStore,
  call: StoreCall,
  tell: (event: CopyEvent) => void,
): AsyncIterable<Uint8Array> {
  const { data } = descriptor
  // A small content may stand in its descriptor (image-spec `descriptor.md`, "Embedded Content").
  const content = data === undefined ? from.fetch(descriptor, call) : [Buffer.from(data, 'base64')]
  const passed = counted(descriptor, content, tell)
  return Array.isArray(content) || !isVerified(descriptor, content) ? passed : asVerified(descriptor, passed)
}

async function* counted(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  tell: (event: CopyEvent) => void,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  tell({ type: 'bytes', descriptor, bytes })
  for await (const chunk of content) {
    // Before it is given away: its memory may be gone when it has been written.
    const { byteLength } = chunk
    yield chunk
    bytes += byteLength
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
