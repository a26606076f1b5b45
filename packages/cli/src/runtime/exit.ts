import type { ErrorCode } from '@sealwright/core'

/** The exit codes of every command. */
export const EXIT = {
  done: 0,
  notVerified: 1,
  usage: 2,
  unavailable: 3,
  denied: 4,
  access: 5,
  bug: 70,
  interrupted: 130,
  terminated: 143,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const OF_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  VALIDATION: EXIT.usage,
  NOT_FOUND: EXIT.usage,
  UNSUPPORTED: EXIT.usage,
  KEY_MISMATCH: EXIT.usage,
  THROTTLED: EXIT.unavailable,
  TIMEOUT: EXIT.unavailable,
  UNAVAILABLE: EXIT.unavailable,
  INTEGRITY: EXIT.unavailable,
  USER_PRESENCE: EXIT.unavailable,
  ACCESS_DENIED: EXIT.access,
  UNAUTHENTICATED: EXIT.access,
  KEY_STATE: EXIT.access,
  PIN_INCORRECT: EXIT.access,
  PIN_LOCKED: EXIT.access,
  ABORTED: EXIT.interrupted,
  INTERNAL: EXIT.bug,
}

/** The order in which the code of a run with several targets is chosen: the first that is present. */
const PRECEDENCE: readonly ExitCode[] = [
  EXIT.terminated,
  EXIT.interrupted,
  EXIT.bug,
  EXIT.notVerified,
  EXIT.denied,
  EXIT.access,
  EXIT.usage,
  EXIT.unavailable,
]

/** The exit code of a failure. */
export function exitCodeOf(code: ErrorCode): ExitCode {
  return OF_CODE[code]
}

/** The exit code of a run whose targets ended with `codes`. */
export function exitCodeOfAll(codes: readonly ExitCode[]): ExitCode {
  return PRECEDENCE.find(code => codes.includes(code)) ?? EXIT.done
}
