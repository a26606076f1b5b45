import { createHash, hash, type KeyObject } from 'node:crypto'
import type { Algorithm } from '../algorithm.ts'
import { isSealwrightError, SealwrightError } from '../errors.ts'
import type { Accepts } from '../key.ts'
import type { StreamedSignature } from '../provider.ts'
import { messageRepresentative } from '../raw-public-key.ts'
import type { Message } from '../signer.ts'
import { messageVerifier, verifyWith } from '../verify-signature.ts'
import type { Scope } from './scope.ts'

/** A message after its one reading. */
export type ReadMessage = Verifiable & (ForStore | Streamed)

interface ForStore {
  readonly input: keyof Accepts
  /** What the store is given. */
  readonly bytes: Uint8Array
}

interface Streamed {
  /** The store has hashed the message already. */
  readonly streamed: StreamedSignature
}

interface Verifiable {
  /** Whether `signature` is one of the message. Must be called once at most. */
  verify(signature: Uint8Array): boolean
}

export interface Reading {
  readonly algorithm: Algorithm
  readonly accepts: Accepts
  /** DER SubjectPublicKeyInfo, and the same parsed. */
  readonly spki: Uint8Array
  readonly publicKey: KeyObject
  /** Where the store hashes the message itself: `beginSign` of the key. */
  readonly beginSign?: (() => StreamedSignature) | undefined
}

/** Up to here a copy and two one-shot calls are cheaper than two streaming objects. */
const COPIED_MAX = 64 * 2 ** 10

type Hashed = Algorithm & { readonly hash: NonNullable<Algorithm['hash']> }

/**
 * Reads the message once, so that what is verified is what was signed: it is hashed and fed to the verifier in one pass,
 * or copied where the store needs it whole.
 */
export async function readMessage(reading: Reading, message: Message, scope: Scope): Promise<ReadMessage> {
  const { accepts, beginSign } = reading
  if (message instanceof Uint8Array) {
    const isWhole = accepts.digest || beginSign === undefined || message.length <= (accepts.message ?? -1)
    return isWhole ? readBytes(reading, message) : readStreamed(reading, [message], beginSign(), scope)
  }
  if (!accepts.digest && beginSign !== undefined) return readStreamed(reading, message, beginSign(), scope)
  return accepts.digest ? readDigested(reading, message, scope) : readHeld(reading, message, scope)
}

function readBytes(reading: Reading, message: Uint8Array): ReadMessage {
  if (!reading.accepts.digest) return held(reading, new Uint8Array(message))
  const algorithm = reading.algorithm as Hashed
  if (message.length <= COPIED_MAX) {
    const copy = new Uint8Array(message)
    return {
      input: 'digest',
      bytes: hash(algorithm.hash, copy, 'buffer'),
      verify: signature => verifyWith(algorithm, reading.publicKey, copy, signature),
    }
  }
  const verifier = messageVerifier(algorithm, reading.publicKey)
  verifier.update(message)
  return { input: 'digest', bytes: hash(algorithm.hash, message, 'buffer'), verify: verifier.verify }
}

async function readDigested(
  reading: Reading,
  message: AsyncIterable<Uint8Array>,
  scope: Scope,
): Promise<ReadMessage> {
  const algorithm = reading.algorithm as Hashed
  const verifier = messageVerifier(algorithm, reading.publicKey)
  const hasher = createHash(algorithm.hash)
  await readChunks(message, scope, chunk => {
    hasher.update(chunk)
    verifier.update(chunk)
  })
  return { input: 'digest', bytes: hasher.digest(), verify: verifier.verify }
}

async function readStreamed(
  reading: Reading,
  message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  streamed: StreamedSignature,
  scope: Scope,
): Promise<ReadMessage> {
  const verifier = messageVerifier(reading.algorithm as Hashed, reading.publicKey)
  await readChunks(message, scope, chunk => {
    streamed.update(chunk)
    verifier.update(chunk)
  })
  return { streamed, verify: verifier.verify }
}

async function readHeld(
  reading: Reading,
  message: AsyncIterable<Uint8Array>,
  scope: Scope,
): Promise<ReadMessage> {
  const { algorithm, accepts } = reading
  const most = accepts.mu ? HELD_MAX : Math.min(accepts.message ?? 0, HELD_MAX)
  const chunks: Uint8Array[] = []
  let size = 0
  await readChunks(message, scope, chunk => {
    size += chunk.length
    // Refused as soon as it is known to be too much, not when memory is full.
    if (size > most) chooseInput(algorithm, accepts, size)
    // A source may fill the same buffer again.
    chunks.push(new Uint8Array(chunk))
  })
  return held(reading, Buffer.concat(chunks, size))
}

function held({ algorithm, accepts, spki, publicKey }: Reading, message: Uint8Array): ReadMessage {
  const input = chooseInput(algorithm, accepts, message.length)
  return {
    input,
    bytes: input === 'mu' ? messageRepresentative(spki, message) : message,
    verify: signature => verifyWith(algorithm, publicKey, message, signature),
  }
}

async function readChunks(
  message: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  scope: Scope,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  let source: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | undefined
  let finished = false
  try {
    source = Symbol.asyncIterator in message ? message[Symbol.asyncIterator]() : message[Symbol.iterator]()
    for (;;) {
      const next = await scope.wait(Promise.resolve(source.next()))
      if (next.done) break
      if (!(next.value instanceof Uint8Array)) {
        throw new SealwrightError('VALIDATION', 'the message yielded something else than a Uint8Array')
      }
      take(next.value)
    }
    finished = true
  } catch (error) {
    if (isSealwrightError(error)) throw error
    finished = true
    throw new SealwrightError('UNAVAILABLE', 'the message could not be read to its end', { cause: error })
  } finally {
    if (!finished) release(source)
  }
}

/** Not awaited: a source that hangs would hold the call, and its farewell is of no interest. */
function release(source: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | undefined): void {
  Promise.resolve()
    .then(() => source?.return?.())
    .catch(() => {})
}

/** The most that is held in memory of a message that must be held whole, in bytes. */
const HELD_MAX: number = 64 * 2 ** 20

/**
 * Which input the store is given for a message of `size` bytes: the digest where it takes one, else the message if it
 * fits, else μ.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED`, naming the limit, when none will do; `VALIDATION` when the message would
 * have to be held and is larger than {@link HELD_MAX}.
 */
function chooseInput(algorithm: Algorithm, accepts: Accepts, size: number): keyof Accepts {
  if (accepts.digest) return 'digest'
  const { message: most = -1 } = accepts
  if (size > most && !accepts.mu) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `the message is larger than the key store accepts for ${algorithm.id}`,
      {
        why: `at most ${most} bytes, and it does not accept digests`,
        fix: adviceFor(algorithm),
      },
    )
  }
  if (size > HELD_MAX) {
    throw new SealwrightError(
      'VALIDATION',
      `a message of more than ${HELD_MAX} bytes cannot be held in memory`,
      {
        why: `${algorithm.id} signs the message itself with this key, not its digest`,
        fix: adviceFor(algorithm),
      },
    )
  }
  return size <= most ? 'message' : 'mu'
}

/** Ed25519 and ML-DSA sign the message itself, in every store; the others sign a digest where the store takes one. */
function adviceFor({ hash }: Algorithm): string {
  const other = hash === undefined ? 'an RSA or ECDSA key' : 'a key whose store takes digests'
  return `sign a smaller message, such as a digest inside an envelope, or use ${other}`
}

/**
 * The check before anything is read or contacted: what can be said of a message by its kind and size.
 *
 * @param streams - Whether the store hashes a message of any size as it arrives.
 */
export function checkMessage(
  algorithm: Algorithm,
  accepts: Accepts,
  message: Message,
  streams: boolean,
): void {
  if (message instanceof Uint8Array) {
    if (!streams) chooseInput(algorithm, accepts, message.length)
  } else if (typeof message !== 'object' || message === null || !(Symbol.asyncIterator in message)) {
    throw new SealwrightError(
      'VALIDATION',
      'the message is neither a Uint8Array nor an async iterable of them',
    )
  }
}
