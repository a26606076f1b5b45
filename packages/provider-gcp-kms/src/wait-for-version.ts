import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'
import type { Kms } from './client.ts'
import { classify } from './failure.ts'
import { stateOf } from './key-state.ts'

/** Software keys are there within a second, keys in an HSM within a minute or so. */
const WAIT = { baseMs: 100, capMs: 2000, forMs: 300_000 } as const

/** Waits until a version that was just made can sign. A failure names it: it is there, and costs money. */
export async function waitForVersion(kms: Kms, name: string, call: Call): Promise<void> {
  try {
    await untilEnabled(kms, name, call)
  } catch (error) {
    const failure = isSealwrightError(error) ? error : classify(error)
    if (failure === undefined || call.signal.aborted) throw error
    const message = isSealwrightError(error) ? error.message : `Cloud KMS could not show ${name}`
    throw new SealwrightError(failure.code, message, {
      why: `${failure.why ?? 'it failed'}; ${name} was made`,
      fix: 'look at it before another one is made',
      cause: error,
    })
  }
}

async function untilEnabled(kms: Kms, name: string, call: Call): Promise<void> {
  const end = performance.now() + WAIT.forMs
  for (let delayMs: number = WAIT.baseMs; ; delayMs = Math.min(2 * delayMs, WAIT.capMs)) {
    const version = await look(kms, name, call)
    if (version?.state === 'ENABLED') return
    const state = version && stateOf(version)
    if (state?.code === 'KEY_STATE') {
      throw new SealwrightError('KEY_STATE', `Cloud KMS does not sign with ${name}`, { why: state.why })
    }
    if (performance.now() + delayMs > end) {
      throw new SealwrightError('UNAVAILABLE', `Cloud KMS has not generated ${name} yet`, {
        why: `it took longer than ${WAIT.forMs} ms`,
      })
    }
    await sleep(delayMs, undefined, { signal: call.signal })
  }
}

/** Failures that pass are waited out like the generation itself. */
async function look(kms: Kms, name: string, call: Call) {
  try {
    return await kms.getCryptoKeyVersion({ name }, call)
  } catch (error) {
    const { code = 'INTERNAL' } = (isSealwrightError(error) ? error : classify(error)) ?? {}
    if (['NOT_FOUND', 'UNAVAILABLE', 'THROTTLED'].includes(code)) return undefined
    throw error
  }
}
