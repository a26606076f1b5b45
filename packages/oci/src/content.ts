import { createHash } from 'node:crypto'
import { SealwrightError } from '@sealwright/core'
import type { Descriptor } from './descriptor.ts'
import { parseDigest } from './digest.ts'

/** What a descriptor must agree with. */
export type Identity = Pick<Descriptor, 'digest' | 'size'>

/**
 * Passes content on while checking its size and digest. The last chunk is held back until both hold, so that nobody
 * downstream ever sees a complete but wrong content.
 *
 * @param from - Who gave the content, for the message.
 * @throws {@link SealwrightError} `INTEGRITY`.
 */
export function verified(
  identity: Identity,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  from: string,
): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array || !isVerified(identity, content)) {
    return asVerified(identity, check(identity, content, from))
  }
  // Generators, and what gives one each time.
  return content[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>
}

const known = new WeakMap<AsyncIterable<Uint8Array>, Identity>()

/** Marks content that passes on every byte of what {@link verified} returned, so that it is not checked again. */
export function asVerified<Content extends AsyncIterable<Uint8Array>>(
  { digest, size }: Identity,
  content: Content,
): Content {
  known.set(content, { digest, size })
  return content
}

/**
 * Content whose reader gives chunks back: the memory of a released chunk is freed at once, before garbage collection, and
 * serves the next read. Only registries return such content, and only copies pass it on; every other reader ignores the
 * method and leaves the chunks to garbage collection.
 */
export interface ReleasableContent extends AsyncIterable<Uint8Array> {
  /** Frees a chunk. The caller must be the only one that holds it. */
  release(chunk: Uint8Array): void
}

/** Makes content releasable: each of its chunks must be in memory that nothing else refers to. */
export function releasable<Content extends AsyncIterable<Uint8Array>>(
  content: Content,
): Content & ReleasableContent {
  return Object.assign(content, { release: free })
}

/** Returns how chunks of `content` are released; `undefined` where they are left to garbage collection. */
export function releaseOf(content: AsyncIterable<Uint8Array>): ReleasableContent['release'] | undefined {
  return 'release' in content && content.release === free ? free : undefined
}

/** A chunk that shares its memory with others keeps it. */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) buffer.transfer(0)
}

const replayable = new WeakSet<AsyncIterable<Uint8Array>>()

/** Returns content that is read from its source again on every iteration, so that it need not be held for a retry. */
export function asReplayable(open: () => AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  const content = { [Symbol.asyncIterator]: open }
  replayable.add(content)
  return content
}

export function isReplayable(content: AsyncIterable<Uint8Array>): boolean {
  return replayable.has(content)
}

/** Whether content was checked, and against the same. */
export function isVerified({ digest, size }: Identity, content: AsyncIterable<Uint8Array>): boolean {
  const identity = known.get(content)
  return identity?.digest === digest && identity.size === size
}

async function* check(
  { digest, size }: Identity,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  from: string,
): AsyncGenerator<Uint8Array> {
  const { algorithm } = parseDigest(digest)
  const hash = createHash(algorithm)
  let total = 0
  let held: Uint8Array | undefined
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    total += chunk.byteLength
    if (total > size) throw mismatch(digest, from, `it is longer than ${size} bytes`)
    hash.update(chunk)
    if (held !== undefined) yield held
    held = chunk
  }
  if (total !== size) throw mismatch(digest, from, `it ends after ${total} of ${size} bytes`)
  const actual = `${algorithm}:${hash.digest('hex')}`
  if (actual !== digest) throw mismatch(digest, from, `its digest is ${actual}`)
  if (held !== undefined) yield held
}

/**
 * Holds a content that is known to be small.
 *
 * @throws {@link SealwrightError} `VALIDATION` when the descriptor says more than `maxBytes`, `INTEGRITY`.
 */
export async function collectVerified(
  descriptor: Identity,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { from, maxBytes }: { readonly from: string; readonly maxBytes: number },
): Promise<Uint8Array> {
  assertSize(descriptor, maxBytes)
  const chunks: Uint8Array[] = []
  for await (const chunk of verified(descriptor, content, from)) chunks.push(chunk)
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
}

/** @throws {@link SealwrightError} `VALIDATION`. */
export function assertSize({ digest, size }: Identity, maxBytes: number): void {
  if (size > maxBytes) {
    throw new SealwrightError('VALIDATION', `${digest} is too large to be read whole`, {
      why: `its descriptor says ${size} bytes; at most ${maxBytes} are read`,
    })
  }
}

function mismatch(digest: string, from: string, why: string): SealwrightError {
  return new SealwrightError('INTEGRITY', `${from} returned other content than ${digest}`, { why })
}
