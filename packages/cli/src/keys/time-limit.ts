import type { CallOptions } from '@sealwright/core'
import type { Settings } from '../config/settings.ts'
import type { Context } from '../frame/context.ts'
import { schemeOf } from './reference.ts'

/** Longest that a person may take to type a passphrase, when there is somebody to ask. */
const WITH_A_PERSON_MS = 600_000
/** `--timeout none`: as long as a timer of Node can be, some 24 days. */
const NO_LIMIT_MS = 2_147_483_647

/** Stores that may ask for a passphrase or a PIN. */
const ASKING = new Set(['file', 'pkcs11'])

/** The time in milliseconds that the store of a reference has to answer, where a person may have to answer first. */
export function timeLimit(
  { dialogue }: Context,
  { timeoutMs = NO_LIMIT_MS }: Pick<Settings, 'timeoutMs'>,
  reference: string,
): number {
  const asks = ASKING.has(schemeOf(reference)) && dialogue.silence === undefined
  return asks ? Math.max(timeoutMs, WITH_A_PERSON_MS) : timeoutMs
}

/** What a call of the store of a reference is given: the interrupt of the program, and the time it may take. */
export async function callOptions(context: Context, reference: string): Promise<CallOptions> {
  return { signal: context.io.signal, timeoutMs: timeLimit(context, await context.settings(), reference) }
}
