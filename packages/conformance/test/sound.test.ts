import { describe, expect, it } from 'vitest'
import { providerCases } from '../src/index.ts'
import { memoryHarness, TYPES } from './memory-harness.ts'
import { memoryStore } from './memory-store.ts'

const store = memoryStore()
for (const type of TYPES) store.add(type, type)

describe('the sound adapter', () => {
  for (const { title, skip, run } of providerCases(memoryHarness(store))) {
    it(title, async ctx => {
      // A machine without ML-DSA is the only reason there is, where every hook is.
      if (skip?.startsWith('this Node.js')) ctx.skip(skip)
      expect(skip).toBeUndefined()
      await run()
    })
  }
})
