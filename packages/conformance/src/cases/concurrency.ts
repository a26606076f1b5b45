import assert from 'node:assert/strict'
import type { Definition } from '../definition.ts'
import { newMessage } from '../messages.ts'
import { within } from '../patience.ts'
import { assertReleased } from '../resources.ts'
import { anyInput, signRequest } from '../sign-request.ts'
import { firstAlgorithm } from '../signing.ts'
import { anyKey, disposed, idle, withHandle } from '../subject.ts'
import { assertRaw } from '../verification.ts'

const CALLS = 200

/** A real store may need a while for so many. */
const LIMIT_MS = 30_000

export const concurrencyCases: readonly Definition[] = [
  {
    id: 'concurrency/sign',
    does: `signs ${CALLS} messages at once with one handle, each its own`,
    needs: [],
    run: harness =>
      assertReleased(harness, async () => {
        await withHandle(harness, await anyKey(harness).reference(), async handle => {
          const id = firstAlgorithm(handle.key)
          const input = anyInput(handle.key.algorithms[id]!)
          const signing = Array.from({ length: CALLS }, async () => {
            const message = newMessage()
            const raw = await handle.signRaw(signRequest(handle, id, input, message), idle())
            assertRaw(id, handle.key.publicKey, message, raw)
          })
          await within(LIMIT_MS, `signing ${CALLS} messages`, settled(signing))
        })
      }),
  },
  {
    id: 'concurrency/open',
    does: 'opens one key many times at once, and each handle outlives the others',
    needs: [],
    run: harness =>
      assertReleased(harness, async () => {
        await withHandle(harness, await anyKey(harness).reference(), async (first, provider) => {
          const { reference } = first.key
          const handles = await Promise.all(Array.from({ length: 8 }, () => provider.open(reference, idle())))
          const id = firstAlgorithm(first.key)
          const input = anyInput(first.key.algorithms[id]!)
          for (const handle of handles) {
            const message = newMessage()
            const raw = await handle.signRaw(signRequest(handle, id, input, message), idle())
            assertRaw(id, first.key.publicKey, message, raw)
            await disposed(handle)
          }
          const message = newMessage()
          const raw = await first.signRaw(signRequest(first, id, input, message), idle())
          assertRaw(id, first.key.publicKey, message, raw)
        })
      }),
  },
]

/** Waits for all, so that nothing is in progress any more when the first failure is reported. */
async function settled(work: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(work)
  const failures = outcomes.filter(each => each.status === 'rejected')
  if (failures.length === 0) return
  const { reason } = failures[0]!
  assert.fail(
    `${failures.length} of ${work.length} failed: ${reason instanceof Error ? reason.message : reason}`,
  )
}
