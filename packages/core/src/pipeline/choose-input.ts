import type { Algorithm } from '../algorithm.ts'
import { SealwrightError } from '../errors.ts'
import type { Accepts } from '../key.ts'
import type { Message } from '../signer.ts'

/** The most that is held in memory of a message that must be held whole, in bytes. */
export const HELD_MAX: number = 64 * 2 ** 20

/**
 * Which input the store is given for a message of `size` bytes: the digest where it takes one, else the message if it
 * fits, else μ.
 *
 * @throws {@link SealwrightError} `UNSUPPORTED`, naming the limit, when none will do; `VALIDATION` when the message would
 * have to be held and is larger than {@link HELD_MAX}.
 */
export function chooseInput(algorithm: Algorithm, accepts: Accepts, size: number): keyof Accepts {
  if (accepts.digest) return 'digest'
  const { message: most = -1 } = accepts
  if (size > most && !accepts.mu) {
    throw new SealwrightError(
      'UNSUPPORTED',
      `the message is larger than the key store takes for ${algorithm.id}`,
      {
        why: `at most ${most} bytes, and it takes no digest`,
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
