import { SealwrightError } from '@sealwright/core'
import { crc32c } from './crc32c.ts'
import { isSameResource } from './reference.ts'

/** An `Int64Value`: the SDK gives its number as a string. */
export interface Checksum {
  readonly value?: unknown | undefined
}

/** @throws {@link SealwrightError} `INTEGRITY` unless `bytes` are those that Cloud KMS took the checksum of. */
export function assertChecksum(
  name: string,
  what: string,
  bytes: Uint8Array,
  checksum: Checksum | null | undefined,
): void {
  const value = checksum?.value
  if (value === undefined || value === null) {
    throw damaged(name, `the ${what} has no checksum`)
  }
  if (String(value) !== String(crc32c(bytes)))
    throw damaged(name, `the ${what} has another checksum than Cloud KMS took`)
}

/**
 * @param verified - Whether Cloud KMS says it compared the checksum that was sent.
 * @throws {@link SealwrightError} `INTEGRITY` unless it does.
 */
export function assertVerified(name: string, verified: unknown): void {
  if (verified === true) return
  throw damaged(name, 'Cloud KMS did not get the checksum of what it was to sign')
}

/** @throws {@link SealwrightError} `INTEGRITY` for the answer of another key than was asked. */
export function assertName(asked: string, answered: unknown): asserts answered is string {
  if (isSameResource(asked, answered)) return
  throw damaged(asked, 'the answer names another key, or none')
}

export function damaged(name: string, why: string): SealwrightError {
  return new SealwrightError('INTEGRITY', `the answer of Cloud KMS about ${name} is damaged`, {
    why,
    fix: 'try again; if the error persists, something on the network path modifies the traffic',
  })
}
