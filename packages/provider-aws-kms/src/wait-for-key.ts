import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'
import type { Kms } from './client.ts'
import { classify } from './failure.ts'
import { assertCanSign, describeKey } from './key-state.ts'
import { keyArn } from './reference.ts'

/** A new key or alias may be unknown for seconds: KMS is eventually consistent. */
const WAIT = { baseMs: 50, capMs: 2000, forMs: 60_000 } as const

/**
 * Waits until KMS knows the key by `keyId` (its ARN, or an alias that shall lead to it), and it can sign. Who may make
 * keys but not look at them does not wait.
 */
export async function waitForKey(kms: Kms, keyId: string, arn: string, call: Call): Promise<void> {
  const end = performance.now() + WAIT.forMs
  for (let delayMs: number = WAIT.baseMs; ; delayMs = Math.min(2 * delayMs, WAIT.capMs)) {
    if (await isThere(kms, keyId, arn, call)) return
    if (performance.now() + delayMs > end) {
      throw new SealwrightError('UNAVAILABLE', `AWS KMS does not show ${keyId} yet`, {
        why: `the key ${arn} was made and ${keyId} did not lead to it within ${WAIT.forMs} ms`,
        fix: `look at ${arn} before you create another key`,
      })
    }
    await sleep(delayMs, undefined, { signal: call.signal })
  }
}

async function isThere(kms: Kms, keyId: string, arn: string, call: Call): Promise<boolean> {
  try {
    const reply = await kms.getPublicKey({ KeyId: keyId }, call)
    if (reply.KeyId !== arn) return false
    assertCanSign(arn, await describeKey(kms, arn, call))
    return true
  } catch (error) {
    const { code = 'INTERNAL' } = (isSealwrightError(error) ? error : classify(error)) ?? {}
    if (code === 'ACCESS_DENIED') return true
    if (code === 'NOT_FOUND' || code === 'UNAVAILABLE' || code === 'THROTTLED') return false
    throw error
  }
}

/** The ARN in the answer to `CreateKey`. */
export function madeKey(arn: string | undefined): string {
  if (arn !== undefined && keyArn(arn) !== undefined) return arn
  throw new SealwrightError('INTEGRITY', 'AWS KMS created a key without returning its id')
}
