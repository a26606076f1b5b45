import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { throwIfAborted } from '../abort.ts'
import type { ArtifactStore, PushResult, StoreCall } from '../artifact-store.ts'
import { asReplayable, asVerified, isVerified, releasable, releaseOf } from '../content.ts'
import type { Descriptor } from '../descriptor.ts'
import { isManifestMediaType } from '../media-types.ts'
import { type RetryPolicy, retrying } from '../retry.ts'
import type { CopyEvent } from './copy-options.ts'

/** The two sides of a copy, and who wants to know how it goes. */
export interface Sides {
  readonly from: ArtifactStore
  readonly to: ArtifactStore
  readonly call: StoreCall
  readonly retry: RetryPolicy
  readonly tell: (event: CopyEvent) => void
  /** Told what reading from the source ended with: by its error alone nobody knows whose fault it was. */
  readonly blameSource: (error: unknown) => void
}

export interface ContentToMove {
  readonly descriptor: Descriptor
  readonly bytes?: Uint8Array | undefined
  /** As of `PushCall`. */
  readonly tag?: string | undefined
}

/**
 * Moves one content, unless it is there or the registry takes it over. What fails in passing is done again from the
 * beginning: neither side keeps what did not arrive whole.
 */
export async function copyContent(
  { descriptor, bytes, tag }: ContentToMove,
  sides: Sides,
): Promise<PushResult & { readonly way: 'done' | 'mounted' }> {
  const { from, to, call, retry, tell } = sides
  throwIfAborted(call.signal)
  tell({ type: 'started', descriptor })
  if (await isTakenOver(descriptor, sides)) return { way: 'mounted' }
  // Bytes in hand are tried again by whoever takes them.
  const policy = bytes === undefined ? retry : { attempts: 1 }
  const how = { ...call, anyway: true, ...(tag === undefined ? {} : { tag }) }
  const push = () => to.push(descriptor, bytes ?? contentOf(descriptor, sides), how)
  // A stream does not begin again.
  return { way: 'done', ...(await retrying(policy, call, push, () => from.stream === true)) }
}

/** Whether the registry has it in another of its repositories, and takes it over from there. */
async function isTakenOver(descriptor: Descriptor, { from, to, call }: Sides): Promise<boolean> {
  if (isManifestMediaType(descriptor.mediaType)) return false
  for (const source of from.sources ?? [from]) {
    if (source.mount !== undefined && (await to.mount?.(descriptor, source, call))) return true
  }
  return false
}

/** What one of our stores has checked needs no second check on its way; what is read again is not held. */
function contentOf(descriptor: Descriptor, sides: Sides): AsyncIterable<Uint8Array> {
  const { from, call } = sides
  const { data } = descriptor
  // A small content may stand in its descriptor (image-spec `descriptor.md`, "Embedded Content").
  if (data !== undefined) return counted(descriptor, [Buffer.from(data, 'base64')], sides)
  const first = from.fetch(descriptor, call)
  let next: AsyncIterable<Uint8Array> | undefined = first
  const open = () => {
    const content = next ?? from.fetch(descriptor, call)
    next = undefined
    return counted(descriptor, content, sides)
  }
  const content = from.stream ? open() : asReplayable(open)
  if (releaseOf(first) !== undefined) releasable(content)
  return isVerified(descriptor, first) ? asVerified(descriptor, content) : content
}

async function* counted(
  descriptor: Descriptor,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { tell, blameSource }: Sides,
): AsyncGenerator<Uint8Array> {
  let bytes = 0
  tell({ type: 'bytes', descriptor, bytes })
  try {
    for await (const chunk of content) {
      // Read before the chunk is passed on: once it is released it has no length.
      const { byteLength } = chunk
      yield chunk
      bytes += byteLength
      tell({ type: 'bytes', descriptor, bytes })
    }
  } catch (error) {
    blameSource(error)
    throw error
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
