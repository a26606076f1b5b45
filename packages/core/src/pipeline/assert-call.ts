import type { CallOptions } from '../call.ts'
import { SealwrightError } from '../errors.ts'
import type { KeyProvider } from '../provider.ts'
import { assertTimeout } from './scope.ts'

export function assertProvider(provider: KeyProvider): void {
  if (provider?.contract === 1) return
  throw new SealwrightError('UNSUPPORTED', 'the key provider speaks another version of the contract', {
    why: 'this version of @sealwright/core knows contract 1 only',
    fix: 'use versions of @sealwright/core and of the provider that belong together',
  })
}

export function assertCall({ signal, timeoutMs }: CallOptions): void {
  if (timeoutMs !== undefined) assertTimeout(timeoutMs)
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new SealwrightError('VALIDATION', 'signal is not an AbortSignal')
  }
}
