import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { type ErrorCode, isSealwrightError, type KeyProvider } from '@sealwright/core'

/** A failure as the pipeline would name it, after one attempt and no more. */
export interface Outcome {
  readonly code: ErrorCode
  readonly retryAfterMs?: number | undefined
  readonly error: unknown
}

/** Awaits a call of the adapter that must fail. */
async function failureOf(
  provider: KeyProvider,
  doing: string,
  work: () => Promise<unknown>,
): Promise<Outcome> {
  try {
    await work()
  } catch (error) {
    return outcome(provider, error)
  }
  assert.fail(`${doing} succeeded`)
}

/** Awaits a call of the adapter that must fail with one of `codes`. */
export async function failsWith(
  provider: KeyProvider,
  codes: ErrorCode | readonly ErrorCode[],
  doing: string,
  work: () => Promise<unknown>,
): Promise<Outcome> {
  const expected = [codes].flat()
  const failure = await failureOf(provider, doing, work)
  assert.ok(
    expected.includes(failure.code),
    `${doing} failed with ${failure.code} instead of ${expected.join(' or ')}: ${described(failure.error)}`,
  )
  return failure
}

function outcome(provider: KeyProvider, error: unknown): Outcome {
  if (isSealwrightError(error)) return { code: error.code, retryAfterMs: error.retryAfterMs, error }
  if (error instanceof assert.AssertionError) throw error
  let failure: ReturnType<KeyProvider['classify']>
  try {
    failure = provider.classify(error)
  } catch (cause) {
    assert.fail(`classify threw: ${described(cause)}`)
  }
  return { code: failure?.code ?? 'INTERNAL', retryAfterMs: failure?.retryAfterMs, error }
}

function described(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : inspect(error)
}
