import assert from 'node:assert/strict'
import { openSigner } from '@sealwright/core'
import { assertHidden } from '../canaries.ts'
import type { Definition } from '../definition.ts'
import { failsWith } from '../outcome.ts'
import { PATIENCE_MS, within } from '../patience.ts'
import { firstAlgorithm } from '../signing.ts'
import { disposed } from '../subject.ts'

/** A token locks for good after a few wrong PINs: each attempt that can be saved must be. */
export const pinCases: readonly Definition[] = [
  {
    id: 'pin/once',
    does: 'offers a refused PIN once, however often and at once a key is opened',
    needs: ['wrongPin'],
    run: async harness => {
      const { provider, reference, attempts, code = 'PIN_INCORRECT', secret } = await harness.wrongPin!()
      try {
        const open = () =>
          failsWith(provider, code, 'opening with a wrong PIN', () =>
            within(PATIENCE_MS, 'a refusal', openSigner(provider, reference, { algorithm: firstAlgorithm })),
          )
        const failures = [...(await Promise.all([open(), open()])), await open()]
        assert.equal(await attempts(), 1, 'the PIN was offered more than once')
        for (const { error } of failures) assertHidden(harness, error, secret === undefined ? [] : [secret])
      } finally {
        await disposed(provider)
      }
    },
  },
]
