import { type Call, type Failure, SealwrightError } from '@sealwright/core'
import { describeAlgorithm, rowOf } from './algorithms.ts'
import type { CryptoKeyVersion, Kms } from './client.ts'
import { classify } from './failure.ts'

type State = Failure & { readonly why: string }

const OTHER = 'use another version, or leave the version out'

/** States of versions that do not sign; the first two pass by themselves. */
const STATES: Readonly<Record<string, State>> = {
  PENDING_GENERATION: { code: 'UNAVAILABLE', why: 'the version is still being generated' },
  PENDING_IMPORT: { code: 'UNAVAILABLE', why: 'the version is still being imported' },
  DISABLED: { code: 'KEY_STATE', why: 'the version is disabled', fix: 'enable it, or use another' },
  DESTROY_SCHEDULED: {
    code: 'KEY_STATE',
    why: 'the version is to be destroyed',
    fix: 'restore and enable it, or use another',
  },
  DESTROYED: { code: 'KEY_STATE', why: 'the version was destroyed', fix: OTHER },
  PENDING_EXTERNAL_DESTRUCTION: { code: 'KEY_STATE', why: 'the version was destroyed', fix: OTHER },
  EXTERNAL_DESTRUCTION_FAILED: { code: 'KEY_STATE', why: 'the version was destroyed', fix: OTHER },
  GENERATION_FAILED: { code: 'KEY_STATE', why: 'the version could not be generated', fix: OTHER },
  IMPORT_FAILED: { code: 'KEY_STATE', why: 'the version could not be imported', fix: OTHER },
}

export function stateOf({ state }: CryptoKeyVersion): State | undefined {
  return typeof state === 'string' && Object.hasOwn(STATES, state) ? STATES[state] : undefined
}

/**
 * Cloud KMS says "failed precondition" of a version that is not enabled and of one that is not for signing: what it says
 * of the version tells them apart. Where that may not be asked, its own failure stands.
 */
export async function withState<T>(kms: Kms, name: string, call: Call, task: () => Promise<T>): Promise<T> {
  try {
    return await task()
  } catch (error) {
    const failure = classify(error)
    if (failure?.code !== 'KEY_STATE' && failure?.code !== 'UNSUPPORTED') throw error
    const state = await stateOrUnfit(kms, name, call)
    if (state === undefined) throw error
    const { code, why, fix } = state
    throw new SealwrightError(code, `Cloud KMS could not use ${name}`, {
      why,
      fix,
      requestId: failure.requestId,
      cause: error,
    })
  }
}

async function stateOrUnfit(kms: Kms, name: string, call: Call): Promise<State | undefined> {
  try {
    const version = await kms.getCryptoKeyVersion({ name }, call)
    return stateOf(version) ?? unfit(version)
  } catch (error) {
    // Only a better explanation is lost, unless nobody waits for it any more.
    if (call.signal.aborted || classify(error) === undefined) throw error
    return undefined
  }
}

function unfit({ algorithm }: CryptoKeyVersion): State | undefined {
  if (rowOf(algorithm) !== undefined) return undefined
  return { code: 'UNSUPPORTED', why: `its algorithm is ${describeAlgorithm(algorithm)}` }
}
