import type { Failure, FailureCode } from '@sealwright/core'
import { CKR } from './constants.ts'

/** CK_RV: its name, our code, and what it means where the name does not say it. */
const FAILURES: Readonly<Record<number, readonly [name: string, code: FailureCode, meaning?: string]>> = {
  1: ['CKR_CANCEL', 'USER_PRESENCE', 'cancelled at the token'],
  2: ['CKR_HOST_MEMORY', 'UNAVAILABLE'],
  3: ['CKR_SLOT_ID_INVALID', 'UNAVAILABLE', 'the slot is gone'],
  5: ['CKR_GENERAL_ERROR', 'UNAVAILABLE'],
  6: ['CKR_FUNCTION_FAILED', 'UNAVAILABLE'],
  7: ['CKR_ARGUMENTS_BAD', 'VALIDATION', 'the module does not take these arguments'],
  10: ['CKR_CANT_LOCK', 'UNSUPPORTED', 'the module cannot be used from several threads'],
  16: ['CKR_ATTRIBUTE_READ_ONLY', 'ACCESS_DENIED'],
  18: ['CKR_ATTRIBUTE_TYPE_INVALID', 'UNSUPPORTED'],
  19: ['CKR_ATTRIBUTE_VALUE_INVALID', 'UNSUPPORTED'],
  27: ['CKR_ACTION_PROHIBITED', 'ACCESS_DENIED'],
  32: ['CKR_DATA_INVALID', 'VALIDATION'],
  33: ['CKR_DATA_LEN_RANGE', 'UNSUPPORTED', 'the token does not accept input of this length'],
  48: ['CKR_DEVICE_ERROR', 'UNAVAILABLE'],
  49: ['CKR_DEVICE_MEMORY', 'UNAVAILABLE', 'the memory of the token is full'],
  50: ['CKR_DEVICE_REMOVED', 'UNAVAILABLE', 'the token was removed'],
  80: ['CKR_FUNCTION_CANCELED', 'USER_PRESENCE', 'cancelled at the token'],
  84: ['CKR_FUNCTION_NOT_SUPPORTED', 'UNSUPPORTED'],
  96: ['CKR_KEY_HANDLE_INVALID', 'NOT_FOUND', 'the key is gone'],
  98: ['CKR_KEY_SIZE_RANGE', 'UNSUPPORTED'],
  99: ['CKR_KEY_TYPE_INCONSISTENT', 'UNSUPPORTED'],
  104: ['CKR_KEY_FUNCTION_NOT_PERMITTED', 'KEY_STATE', 'the key may not sign'],
  112: ['CKR_MECHANISM_INVALID', 'UNSUPPORTED'],
  113: ['CKR_MECHANISM_PARAM_INVALID', 'UNSUPPORTED'],
  130: ['CKR_OBJECT_HANDLE_INVALID', 'NOT_FOUND', 'the object is gone'],
  144: ['CKR_OPERATION_ACTIVE', 'UNAVAILABLE'],
  145: ['CKR_OPERATION_NOT_INITIALIZED', 'UNAVAILABLE'],
  160: ['CKR_PIN_INCORRECT', 'PIN_INCORRECT', 'the PIN is wrong'],
  161: ['CKR_PIN_INVALID', 'PIN_INCORRECT', 'the PIN holds characters that the token does not take'],
  162: ['CKR_PIN_LEN_RANGE', 'PIN_INCORRECT', 'the PIN is too short or too long'],
  163: ['CKR_PIN_EXPIRED', 'UNAUTHENTICATED', 'the PIN has expired and must be changed'],
  164: ['CKR_PIN_LOCKED', 'PIN_LOCKED', 'the PIN is locked'],
  176: ['CKR_SESSION_CLOSED', 'UNAVAILABLE', 'the session with the token was closed'],
  177: ['CKR_SESSION_COUNT', 'THROTTLED', 'the token has no session left'],
  179: ['CKR_SESSION_HANDLE_INVALID', 'UNAVAILABLE', 'the session with the token is gone'],
  181: ['CKR_SESSION_READ_ONLY', 'ACCESS_DENIED'],
  208: ['CKR_TEMPLATE_INCOMPLETE', 'UNSUPPORTED'],
  209: ['CKR_TEMPLATE_INCONSISTENT', 'UNSUPPORTED'],
  224: ['CKR_TOKEN_NOT_PRESENT', 'UNAVAILABLE', 'the token is not there'],
  225: ['CKR_TOKEN_NOT_RECOGNIZED', 'UNAVAILABLE', 'the token is not recognised'],
  226: ['CKR_TOKEN_WRITE_PROTECTED', 'ACCESS_DENIED', 'the token is write-protected'],
  257: ['CKR_USER_NOT_LOGGED_IN', 'UNAUTHENTICATED'],
  258: ['CKR_USER_PIN_NOT_INITIALIZED', 'UNAUTHENTICATED', 'the token has no user PIN yet'],
  260: ['CKR_USER_ANOTHER_ALREADY_LOGGED_IN', 'UNAUTHENTICATED', 'somebody else is logged in'],
  304: ['CKR_DOMAIN_PARAMS_INVALID', 'UNSUPPORTED', 'the token does not know the curve'],
  320: ['CKR_CURVE_NOT_SUPPORTED', 'UNSUPPORTED', 'the token does not know the curve'],
  336: ['CKR_BUFFER_TOO_SMALL', 'INTEGRITY', 'the signature is longer than the algorithm allows'],
  400: ['CKR_CRYPTOKI_NOT_INITIALIZED', 'UNAVAILABLE', 'the module was finalized'],
  512: ['CKR_FUNCTION_REJECTED', 'USER_PRESENCE', 'refused at the token'],
  513: ['CKR_TOKEN_RESOURCE_EXCEEDED', 'UNSUPPORTED', 'the token does not accept input of this length'],
}

/** After these the connection with the token is worth nothing; it may come back. */
const LOST: ReadonlySet<number> = new Set([
  CKR.slotIdInvalid,
  CKR.deviceRemoved,
  CKR.sessionClosed,
  CKR.sessionHandleInvalid,
  CKR.tokenNotPresent,
  CKR.tokenNotRecognized,
  CKR.userNotLoggedIn,
  CKR.cryptokiNotInitialized,
])

/** The CK_RV of what a module threw; `undefined` for what comes from elsewhere. */
export function rvOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !/^CKR_[A-Z_]+$/.test(error.message)) return undefined
  const { code } = error as { code?: unknown }
  return typeof code === 'number' ? code : undefined
}

/** Whether the connection, and with it every session and handle, is gone. */
export function isLost(error: unknown): boolean {
  return LOST.has(rvOf(error) ?? -1)
}

/** Whether the session of a failed call exists no more. */
export function isDeadSession(error: unknown): boolean {
  return isLost(error) && rvOf(error) !== CKR.userNotLoggedIn
}

/** Whether an operation that ended badly keeps a session from being used. */
export function isStuck(error: unknown): boolean {
  return rvOf(error) === CKR.operationActive
}

/** Whether only the handle of an object has become invalid. */
export function isStaleHandle(error: unknown): boolean {
  const rv = rvOf(error)
  return rv === CKR.keyHandleInvalid || rv === CKR.objectHandleInvalid
}

/** Names a failure of a module by its CK_RV; `undefined` for any other. */
export function classify(error: unknown): Failure | undefined {
  const rv = rvOf(error)
  if (rv === undefined) return undefined
  const [name, code, meaning] = FAILURES[rv] ?? [`error 0x${rv.toString(16)}`, 'INTERNAL' as const]
  return { code, why: meaning === undefined ? `the token answered ${name}` : `${meaning} (${name})` }
}
