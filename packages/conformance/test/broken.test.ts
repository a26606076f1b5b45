import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { providerCases } from '../src/index.ts'
import { brokenAdapters } from './broken-adapters.ts'
import { memoryHarness } from './memory-harness.ts'
import { memoryKeys } from './memory-keys.ts'
import { memoryStore } from './memory-store.ts'

const TYPES = ['Ed25519', 'EC-P256', 'RSA-2048'] as const

// One of them is talkative.
beforeEach(() => void vi.spyOn(process.stderr, 'write').mockReturnValue(true))
afterEach(() => vi.restoreAllMocks())

describe('an adapter that', () => {
  it.for(brokenAdapters)('$does fails in $caseId', async ({ caseId, says, open }) => {
    const store = memoryStore()
    for (const type of TYPES) store.add(type, type)
    const run = (adapter: typeof open) =>
      providerCases(memoryHarness(store, adapter))
        .find(({ id }) => id === caseId)!
        .run()
    await expect(run(open)).rejects.toThrow(says)
    // The mistake alone is to blame: without it the same case passes on the same store.
    await run(store => memoryKeys(store))
  })
})
