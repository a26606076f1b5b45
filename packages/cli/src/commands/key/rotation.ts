import { fingerprint, isSealwrightError, manageKeys, SealwrightError, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { type LockedKey, prepareKey } from '@sealwright/keyring'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import { callOptions, type Keys } from '../../keys/keys.ts'
import { updateKeyLock } from '../../keys/lock-file.ts'
import { canonicalReference } from '../../keys/reference.ts'
import { ownFixOf } from '../../runtime/fixes.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'

/** The key that a name is about to mean, opened. */
export interface Successor {
  /** What the name's reference will be: an alias where it leads to the key, else the key's version. */
  readonly reference: string
  readonly signer: Signer
}

export interface RotationRequest {
  readonly name: string
  readonly locked: LockedKey
  /** `--to` */
  readonly to?: string | undefined
}

/**
 * Finds the key that a name is to mean, and records it in the lock before anything can be lost: the one of `--to`, the
 * prepared one, or a version that the store makes now. A run that was killed goes on where it stopped: no second version is
 * made.
 */
export async function findSuccessor(
  session: Session,
  keys: Keys,
  request: RotationRequest,
): Promise<Successor> {
  const { name, locked, to } = request
  const successor =
    to === undefined
      ? await (locked.next?.pin === undefined
          ? makeVersion(session, keys, request)
          : openPrepared(keys, name, locked.next.pin))
      : await openAs(keys, name, await canonicalReference(session, keys, to))
  try {
    if (!isSame(successor.signer, locked)) await record(session, name, successor)
    return successor
  } catch (error) {
    await successor.signer[Symbol.asyncDispose]()
    throw error
  }
}

/** Whether the signer's key is the one that a name means. */
export function isSame({ key }: Signer, locked: Pick<LockedKey, 'resolved' | 'fingerprint'>): boolean {
  return key.reference === locked.resolved && fingerprint(key.publicKey) === locked.fingerprint
}

async function makeVersion(session: Session, keys: Keys, { name, locked }: RotationRequest) {
  const reference = locked.next?.reference ?? locked.reference
  const provider = await keys.provider(reference)
  const { rotate } = manageKeys(provider)
  if (rotate === undefined) {
    throw new SealwrightError('UNSUPPORTED', `the store of key "${name}" cannot rotate it`, {
      why: `${provider.name} keys have no versions`,
      fix: `make another key with \`sealwright key create REF\`, then move the name: sealwright key rotate ${shellQuote(name)} --to REF`,
    })
  }
  if (locked.next !== undefined) {
    // Announced by a run that was killed: the store may have made the version already.
    const made = await openAs(keys, name, reference)
    if (!isSame(made.signer, locked)) return made
    await made.signer[Symbol.asyncDispose]()
  }
  await record(session, name, { reference })
  session.step(`rotate ${reference}`)
  const options = await callOptions(session, reference)
  const version = await session.dialogue
    .waiting(provider.name, () => rotate(reference, options))
    .catch(error => Promise.reject(withOtherKey(error, name)))
  return follow(keys, name, reference, version)
}

/** A store that cannot make this version may hold another key, which the name can move to. */
function withOtherKey(error: unknown, name: string): unknown {
  if (!isSealwrightError(error) || error.code !== 'UNSUPPORTED') return error
  const { code, message, why, requestId } = error
  const fix = ownFixOf(error)
  const move = `sealwright key rotate ${shellQuote(name)} --to REF`
  return new SealwrightError(code, message, {
    why,
    fix: fix === undefined ? move : `${fix}; then: ${move}`,
    requestId,
    cause: error,
  })
}

async function openPrepared(
  keys: Keys,
  name: string,
  pin: NonNullable<NonNullable<LockedKey['next']>['pin']>,
): Promise<Successor> {
  const { next } = keys.lock.keys[name] as LockedKey
  const successor = await follow(keys, name, next?.reference ?? pin.resolved, pin.resolved)
  const actual = fingerprint(successor.signer.key.publicKey)
  if (actual === pin.fingerprint) return successor
  await successor.signer[Symbol.asyncDispose]()
  throw new SealwrightError('KEY_MISMATCH', `the key that was prepared for "${name}" was replaced`, {
    why: `${pin.resolved} now has the public key ${actual}; prepared was ${pin.fingerprint}`,
    fix: `prepare the key that is meant: sealwright key rotate ${shellQuote(name)} --prepare --to ${shellQuote(pin.resolved)}`,
  })
}

/** Opens the new version, and finds whether the reference leads to it. */
async function follow(keys: Keys, name: string, reference: string, version: string): Promise<Successor> {
  const { signer } = await openAs(keys, name, version)
  try {
    await using same = await keys.openUnnamed(reference, name, defaultAlgorithm)
    return { reference: same.key.reference === signer.key.reference ? reference : version, signer }
  } catch (error) {
    await signer[Symbol.asyncDispose]()
    throw error
  }
}

async function openAs(keys: Keys, name: string, reference: string): Promise<Successor> {
  return { reference, signer: await keys.openUnnamed(reference, name, defaultAlgorithm) }
}

async function record(
  session: Session,
  name: string,
  { reference, signer }: { readonly reference: string; readonly signer?: Signer | undefined },
): Promise<void> {
  const { paths } = await session.settings()
  await updateKeyLock(session.io, paths.keyLock, lock =>
    prepareKey(lock, name, {
      reference,
      at: session.io.now(),
      key: signer?.key,
    }),
  )
}

/** Refuses flags that exclude one another, and a chain for a key that nothing has prepared. */
export function assertRotation(
  name: string,
  { next }: LockedKey,
  flags: {
    readonly to?: string | undefined
    readonly prepare?: true | undefined
    readonly certChain?: string | undefined
  },
): void {
  if (flags.certChain === undefined) return
  if (flags.prepare) {
    throw usageError('--prepare and --cert-chain cannot be used together', {
      why: '--prepare makes the request, and the certificate that answers it finishes the rotation',
      fix: 'leave --prepare out to finish the rotation',
    })
  }
  if (next !== undefined || flags.to !== undefined) return
  throw usageError(`no rotation of key "${name}" is prepared`, {
    why: 'a certificate for the new key cannot exist before the key does',
    fix: `sealwright key rotate ${shellQuote(name)} --prepare`,
  })
}
