import assert from 'node:assert/strict'
import type { ProviderHarness } from './harness.ts'
import { eventually } from './patience.ts'

/** Runs `task`, which disposes of its providers, and fails when the store still holds more for us than before. */
export async function assertReleased(harness: ProviderHarness, task: () => Promise<unknown>): Promise<void> {
  const count = async () => (await harness.resources?.()) ?? 0
  const before = await count()
  await task()
  const isReleased = await eventually(async () => (await count()) <= before)
  assert.ok(
    isReleased,
    `${(await count()) - before} connections, sessions or handles are left open (${before} before)`,
  )
}
