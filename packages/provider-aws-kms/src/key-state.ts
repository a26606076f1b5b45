import type { KeyMetadata } from '@aws-sdk/client-kms'
import {
  type Call,
  isSealwrightError,
  type KeyDescriptor,
  type KeyState,
  SealwrightError,
} from '@sealwright/core'
import { ask } from './ask.ts'
import type { Kms } from './client.ts'
import { type Explained, explain } from './failure.ts'

type State = Pick<Explained, 'code' | 'why'> & { readonly fix?: string }

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
    const { KeyMetadata } = await ask({ doing: 'describe', keyId, region: kms.region }, () =>
      kms.describeKey({ KeyId: keyId }, call),
    )
    return KeyMetadata
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'ACCESS_DENIED') return undefined
    throw error
  }
}

/** @throws {@link SealwrightError} `KEY_STATE`, or `UNAVAILABLE` for a state that passes. */
export function assertCanSign(keyId: string, metadata: KeyMetadata | undefined): void {
  const state = stateOf(metadata)
  if (state === undefined) return
  const { code, ...rest } = state
  throw new SealwrightError(code, `AWS KMS does not sign with ${keyId} now`, rest)
}

/** KMS gives one error for several states: what it says of the key tells them apart. */
export function amendState(
  kms: Kms,
  keyId: string,
  call: Call,
): (explained: Explained) => Promise<Explained> {
  return async explained => {
    if (explained.code !== 'KEY_STATE') return explained
    try {
      const { KeyMetadata } = await kms.describeKey({ KeyId: keyId }, call)
      return { ...explained, ...stateOf(KeyMetadata) }
    } catch (error) {
      // Only a better explanation is lost, unless nobody waits for it any more.
      if (explain(error)?.code === 'ABORTED') throw error
      return explained
    }
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
