import { type Call, isSealwrightError, SealwrightError } from '@sealwright/core'
import { decodeUtf8 } from '@sealwright/core/encoding'
import { CKF } from './constants.ts'
import { nameOf, type Token } from './tokens.ts'

export interface PinRequest {
  /** `login`: once for a token; `sign`: for each signature of a key that asks for it (CKA_ALWAYS_AUTHENTICATE). */
  readonly purpose: 'login' | 'sign'
  readonly token: {
    readonly label: string
    readonly serial: string
    readonly manufacturer: string
    readonly model: string
  }
  /** As the token says, before it locks; absent while no wrong PIN was given. */
  readonly triesLeft?: 'few' | 'last' | undefined
  /** The key to sign with. */
  readonly reference?: string | undefined
}

/** Asks whoever knows the PIN; `undefined` is "there is none". */
export type AskPin = (request: PinRequest, call: Call) => Secret | Promise<Secret>

type Secret = string | Uint8Array | undefined

export interface PinQuestion {
  readonly token: Token
  /** The token's flags as they are now. */
  readonly flags: number
  /** Asks for the PIN of one key, for one signature. */
  readonly reference?: string | undefined
}

/**
 * Asks for a user PIN, unless it is locked.
 *
 * @returns The PIN, or an empty one for a token that asks for it at its own reader.
 * @throws {@link SealwrightError} `VALIDATION` when nobody answers, `PIN_LOCKED`, `UNAUTHENTICATED` for a token without PIN.
 */
export async function askPin(ask: AskPin | undefined, question: PinQuestion, call: Call): Promise<string> {
  const { token, flags, reference } = question
  assertPinUsable(token, flags)
  if (flags & CKF.protectedAuthenticationPath) return ''
  const { label, serial, manufacturer, model } = token
  const request: PinRequest = {
    purpose: reference === undefined ? 'login' : 'sign',
    token: { label, serial, manufacturer, model },
    ...(flags & CKF.userPinFinalTry ? { triesLeft: 'last' } : {}),
    ...((flags & (CKF.userPinFinalTry | CKF.userPinCountLow)) === CKF.userPinCountLow
      ? { triesLeft: 'few' }
      : {}),
    reference,
  }
  const answer = ask === undefined ? undefined : await answered(ask, request, token, call)
  call.signal.throwIfAborted()
  if (answer === undefined) {
    throw new SealwrightError('VALIDATION', `the PIN of token ${nameOf(token)} is needed`, {
      why: ask === undefined ? 'no callback can ask for it' : 'none was given',
      fix: 'give it by a prompt, a file or the environment',
    })
  }
  if (typeof answer !== 'string' && !(answer instanceof Uint8Array)) {
    throw new SealwrightError('VALIDATION', `the PIN of token ${nameOf(token)} is neither text nor bytes`)
  }
  if (answer.length === 0) {
    throw new SealwrightError('VALIDATION', `the PIN of token ${nameOf(token)} is empty`, {
      fix: 'give the PIN',
    })
  }
  return typeof answer === 'string' ? answer : decodeUtf8(answer, 'PIN')
}

/** What a refused PIN means for the next one. */
export function refusedPin(token: Token, flags: number, cause: unknown): SealwrightError {
  if (flags & CKF.userPinLocked) return lockedPin(token, cause)
  const few = flags & CKF.userPinFinalTry ? 'one try is left' : 'few tries are left'
  return new SealwrightError('PIN_INCORRECT', `the PIN of token ${nameOf(token)} is wrong`, {
    why: flags & (CKF.userPinFinalTry | CKF.userPinCountLow) ? `tried once; ${few}` : 'tried once',
    fix: 'give the right one; the token locks after a few wrong ones',
    cause,
  })
}

export function lockedPin(token: Token, cause?: unknown): SealwrightError {
  return new SealwrightError('PIN_LOCKED', `the PIN of token ${nameOf(token)} is locked`, {
    why: 'a wrong one was given too often',
    fix: 'unlock it with the PUK or the security officer PIN, by the software of the token',
    cause,
  })
}

function assertPinUsable(token: Token, flags: number): void {
  if (flags & CKF.userPinLocked) throw lockedPin(token)
  if (flags & CKF.userPinToBeChanged) {
    throw new SealwrightError('UNAUTHENTICATED', `the PIN of token ${nameOf(token)} must be changed first`, {
      fix: 'change it by the software of the token',
    })
  }
  if (flags & CKF.userPinInitialized) return
  throw new SealwrightError('UNAUTHENTICATED', `token ${nameOf(token)} has no user PIN yet`, {
    fix: 'set one by the software of the token',
  })
}

async function answered(ask: AskPin, request: PinRequest, token: Token, call: Call) {
  try {
    return await ask(request, call)
  } catch (error) {
    if (isSealwrightError(error)) throw error
    throw new SealwrightError('UNAVAILABLE', `the PIN of token ${nameOf(token)} could not be asked for`, {
      cause: error,
    })
  }
}
