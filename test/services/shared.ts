import { afterAll } from 'vitest'
import type { Skips } from './tool.ts'

/**
 * One server, peer or set of keys for all tests of a file, made when the first of them asks and disposed of at the end.
 * Hooks cannot skip; a test can, so it is the test that asks.
 */
export function shared<T extends object>(
  make: (context: Skips) => Promise<T>,
): (context: Skips) => Promise<T> {
  let made: Promise<T> | undefined
  afterAll(async () => {
    const value = await made?.catch(() => undefined)
    if (value !== undefined && Symbol.asyncDispose in value)
      await (value as unknown as AsyncDisposable)[Symbol.asyncDispose]()
  })
  return context => {
    made ??= make(context).catch(error => {
      made = undefined
      throw error
    })
    return made
  }
}
