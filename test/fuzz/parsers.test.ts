import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isSealwrightError } from '@sealwright/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mutantsOf } from '../../packages/core/test/mutations.ts'
import { type Target, targets } from './targets.ts'

/** Five seconds for all parsers in `npm test`, as many hours as they get in `npm run test:nightly`. */
const MILLISECONDS = Number(process.env.SEALWRIGHT_FUZZ_SECONDS ?? 5) * 1000
/** What one signature may cost before its signer is trusted, on a machine that does nothing else. */
const MAX_CPU_MS = 100
const MAX_MIB = 64
/** How much slower a machine may be, or busier. */
const SLACK = 4
/** What is large by nature takes time by its bytes: as much for each 4 MiB. */
const LARGE = 8

async function readOrRefuse({ read }: Target, bytes: Uint8Array): Promise<void> {
  try {
    await read(bytes)
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    expect(error.code).toMatch(/^(?:VALIDATION|UNSUPPORTED)$/)
  }
}

describe.each(targets)('$name', target => {
  it('is read', async () => {
    await target.read(target.good)
  })

  it('is refused by name, or read, whatever is changed in it', {
    timeout: MILLISECONDS + 60_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(mutantsOf(target.good), mutant => readOrRefuse(target, mutant)),
      { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: MILLISECONDS / targets.length },
    )
  })

  it.each((target.worst ?? []).map((make, index) => [index + 1, make] as const))(
    'costs little at its worst (%i)',
    async (_, make) => {
      const bytes = make()
      const factor = target.isLarge ? LARGE : 1
      await readOrRefuse(target, bytes)
      collectGarbage()
      const memory = process.memoryUsage()
      const before = process.threadCpuUsage()
      await readOrRefuse(target, bytes)
      const { user, system } = process.threadCpuUsage(before)
      const after = process.memoryUsage()
      expect((user + system) / 1000).toBeLessThan(MAX_CPU_MS * factor * SLACK)
      const grown = after.heapUsed + after.external - memory.heapUsed - memory.external
      expect(grown / 2 ** 20).toBeLessThan(MAX_MIB * factor)
    },
  )
})

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
}
