import { providerCases } from '@sealwright/conformance'
import { describe, expect, it } from 'vitest'
import { FakeModule } from './fake-module.ts'
import { FakeToken } from './fake-token.ts'
import { fakeHarness } from './harness.ts'

const token = new FakeToken({ tries: 10 })
const harness = fakeHarness(new FakeModule(token), token)
for (const key of harness.keys) await key.reference()

/** What does not exist for a token, and why its cases are skipped. */
const NEVER = [
  /^this Node\.js/,
  /versioned|rotate/, // a token has no versions: another key is another key
  /redirect|htmlError|saysRetryAfter/, // no network of ours, and no word of when to come again
  /faults\.sign\.throttle/, // a session that is open is not refused
]

describe('the cases of every key store', () => {
  for (const { title, skip, run } of providerCases(harness)) {
    it(title, async ctx => {
      if (skip !== undefined && NEVER.some(reason => reason.test(skip))) ctx.skip(skip)
      expect(skip).toBeUndefined()
      await run()
    })
  }
})
