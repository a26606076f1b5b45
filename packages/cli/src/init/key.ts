import { fingerprint, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import type { Context } from '../frame/context.ts'
import { usageError } from '../frame/usage.ts'
import { canonicalReference } from '../keys/canonical.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import type { Keys } from '../keys/keys.ts'
import type { InitState } from './state.ts'
import type { InitFlags } from './wish.ts'

/** The key of `init`, as far as it is known before anything is made. */
export interface InitKey {
  /** Canonical. */
  readonly reference: string
  readonly algorithm: string
  /** Absent for a key that is to be made. */
  readonly publicKey?: Uint8Array
  readonly signer?: Signer
}

/** Finds the key: the locked one, the one of `-k`, a file left by a run that was interrupted, or none yet. */
export async function findKey(
  context: Context,
  keys: Keys,
  name: string,
  state: InitState,
  flags: InitFlags,
): Promise<InitKey> {
  const locked = state.lock.keys[name]
  const reference = await referenceOf(context, keys, name, state, flags)
  if (locked !== undefined && locked.reference !== reference) {
    throw usageError(`the name "${name}" stands for another key`, {
      why: `it is locked to ${locked.reference}`,
      fix: `choose another name, or move this one: sealwright key rotate ${shellQuote(name)} --to ${shellQuote(reference)}`,
    })
  }
  if (locked?.publicKey !== undefined && state.chain !== undefined) {
    return {
      reference,
      algorithm: locked.algorithm ?? '-',
      publicKey: Buffer.from(locked.publicKey, 'base64'),
    }
  }
  const toBeMade = flags.key === undefined && locked === undefined && !state.keyFileExists
  if (toBeMade) return { reference, algorithm: 'ES256' }
  const signer = await (locked
    ? keys.open(await keys.select(name), defaultAlgorithm)
    : keys.openUnnamed(reference, name, defaultAlgorithm))
  return { reference, algorithm: signer.algorithm.id, publicKey: signer.key.publicKey, signer }
}

async function referenceOf(
  context: Context,
  keys: Keys,
  name: string,
  state: InitState,
  flags: InitFlags,
): Promise<string> {
  if (flags.key === undefined) return state.lock.keys[name]?.reference ?? `file:${state.keyFile}`
  const named = state.lock.keys[flags.key]
  return named === undefined ? canonicalReference(context, keys, flags.key) : named.reference
}

/** Throws unless a kept chain is over the key. */
export function assertChainFits(name: string, state: InitState, publicKey: Uint8Array): void {
  const leaf = state.chain?.[0]
  if (leaf === undefined || Buffer.compare(leaf.publicKey, publicKey) === 0) return
  throw usageError(`${state.chainFile} is not over key ${name}`, {
    why: `the key is ${fingerprint(publicKey)}, the certificate is over ${fingerprint(leaf.publicKey)}`,
    fix: 'move the file away, or choose another name',
  })
}
