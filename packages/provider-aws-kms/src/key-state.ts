import type { KeyMetadata } from '@aws-sdk/client-kms'
import { type Call, type Failure, type KeyDescriptor, type KeyState, SealwrightError } from '@sealwright/core'
import type { Kms } from './client.ts'
import { classify } from './failure.ts'

type State = Failure & { readonly why: string }

/** States of asymmetric keys that do not sign; several pass by themselves. */
const STATES: Readonly<Record<string, State>> = {
  Disabled: { code: 'KEY_STATE', why: 'the key is disabled', fix: 'enable it, or sign with another' },
  PendingDeletion: { code: 'KEY_STATE', why: 'the key is to be deleted', fix: 'sign with another key' },
  PendingReplicaDeletion: {
    code: 'KEY_STATE',
    why: 'the key is to be deleted',
    fix: 'sign with another key',
  },
  PendingImport: { code: 'KEY_STATE', why: 'the key waits for its material to be imported' },
  Unavailable: { code: 'UNAVAILABLE', why: 'the custom key store of the key is not connected' },
  Creating: { code: 'UNAVAILABLE', why: 'the key is still being made' },
  Updating: { code: 'UNAVAILABLE', why: 'the primary Region of the key is being changed' },
}

const LISTED: Readonly<Record<string, KeyState>> = {
  Enabled: 'enabled',
  Disabled: 'disabled',
  PendingDeletion: 'deleted',
  PendingReplicaDeletion: 'deleted',
  PendingImport: 'pending',
  Creating: 'pending',
  Updating: 'pending',
  Unavailable: 'unavailable',
}

/** The state of a key for lists; `undefined` for one that KMS did not tell, or that is not known here. */
export function listedStateOf({ KeyState: state }: KeyMetadata): KeyState | undefined {
  return state !== undefined && Object.hasOwn(LISTED, state) ? LISTED[state] : undefined
}

/** What KMS says of a key, or `undefined` where that may not be asked: signing does not need it. */
export async function describeKey(kms: Kms, keyId: string, call: Call): Promise<KeyMetadata | undefined> {
  try {
    return (await kms.describeKey({ KeyId: keyId }, call)).KeyMetadata
  } catch (error) {
    if (classify(error)?.code === 'ACCESS_DENIED') return undefined
    throw error
  }
}

/** @throws {@link SealwrightError} `KEY_STATE`, or `UNAVAILABLE` for a state that passes. */
export function assertCanSign(
  keyId: string,
  metadata: KeyMetadata | undefined,
  refusal?: { readonly requestId?: string | undefined; readonly cause: unknown },
): void {
  const state = stateOf(metadata)
  if (state === undefined) return
  const { code, why, fix } = state
  const { requestId, cause } = refusal ?? {}
  throw new SealwrightError(code, `AWS KMS does not sign with ${keyId} now`, { why, cause, fix, requestId })
}

/** KMS gives one error for several states: what it says of the key tells them apart. */
export async function withState<T>(kms: Kms, keyId: string, call: Call, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const failure = classify(error)
    if (failure?.code !== 'KEY_STATE') throw error
    let metadata: KeyMetadata | undefined
    try {
      metadata = (await kms.describeKey({ KeyId: keyId }, call)).KeyMetadata
    } catch (second) {
      // Only a better explanation is lost, unless nobody waits for it any more.
      throw classify(second)?.code === 'ABORTED' ? second : error
    }
    assertCanSign(keyId, metadata, { requestId: failure.requestId, cause: error })
    throw error
  }
}

export function protectionOf(metadata: KeyMetadata | undefined): KeyDescriptor['protection'] {
  switch (metadata?.Origin) {
    case 'AWS_KMS':
    case 'AWS_CLOUDHSM':
      return 'hsm'
    case 'EXTERNAL_KEY_STORE':
      return 'external'
    default:
      // Imported material (EXTERNAL) is in the HSMs of AWS and wherever it came from, of which KMS knows nothing.
      return 'unknown'
  }
}

function stateOf(metadata: KeyMetadata | undefined): State | undefined {
  const state = metadata?.KeyState
  return state !== undefined && Object.hasOwn(STATES, state) ? STATES[state] : undefined
}
