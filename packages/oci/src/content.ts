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
    return asVerified(identity, check(identity, content, from), false)
  }
  // Generators, and what gives one each time.
  return content[Symbol.asyncIterator]() as AsyncGenerator<Uint8Array>
}

const known = new WeakMap<AsyncIterable<Uint8Array>, Identity & { readonly own: boolean }>()

/**
 * Says of content that it passes on what {@link verified} gave, every byte of it: it is not checked once more.
 *
 * @param own - Whether each chunk is in memory that was made for it and that nobody else has.
 */
export function asVerified<Content extends AsyncIterable<Uint8Array>>(
  { digest, size }: Identity,
  content: Content,
  own: boolean,
): Content {
  known.set(content, { digest, size, own })
  return content
}

const repeatable = new WeakSet<AsyncIterable<Uint8Array>>()

/** Content that is given anew each time it is asked for its chunks, and so need not be held to be sent again. */
export function asRepeatable(open: () => AsyncIterator<Uint8Array>): AsyncIterable<Uint8Array> {
  const content = { [Symbol.asyncIterator]: open }
  repeatable.add(content)
  return content
}

export function isRepeatable(content: AsyncIterable<Uint8Array>): boolean {
  return repeatable.has(content)
}

/** Whether content was checked, and against the same. */
export function isVerified({ digest, size }: Identity, content: AsyncIterable<Uint8Array>): boolean {
  const identity = known.get(content)
  return identity?.digest === digest && identity.size === size
}

/** Whether content comes straight from one of our stores, in memory that nobody else has. */
export function isOwn(identity: Identity, content: Uint8Array | AsyncIterable<Uint8Array>): boolean {
  return !(content instanceof Uint8Array) && isVerified(identity, content) && known.get(content)?.own === true
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
  return new SealwrightError('INTEGRITY', `${from} gave other content than ${digest}`, { why })
}
