import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long what should happen at once may take, in milliseconds, on a busy machine. */
export const PATIENCE_MS = 3000

/** Waits for `work`, and fails when it takes longer than `limitMs`. */
export async function within<T>(limitMs: number, doing: string, work: PromiseLike<T>): Promise<T> {
  const timer = new AbortController()
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(
    () => assert.fail(`${doing} took longer than ${limitMs} ms`),
    () => undefined as never,
  )
  try {
    return await Promise.race([work, late])
  } finally {
    timer.abort()
  }
}

/** Asks again and again until `isTrue` says so; after {@link PATIENCE_MS} the last answer stands. */
export async function eventually(isTrue: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    if (await isTrue()) return true
    if (performance.now() > end) return false
    await sleep(10)
  }
}

/** Runs `task` and fails when it, or what it left behind, rejects a promise that nobody handles. */
export async function withoutUnhandled<T>(task: () => Promise<T>): Promise<T> {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', note)
  try {
    const result = await task()
    // Rejections are reported after the microtasks of the turn they happen in.
    await sleep(20)
    const names = unhandled.map(reason => (reason instanceof Error ? reason.name : typeof reason))
    assert.deepEqual(names, [], 'promises were rejected that nobody handles')
    return result
  } finally {
    process.off('unhandledRejection', note)
  }
}
