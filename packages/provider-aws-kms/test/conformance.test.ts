import { providerCases } from '@sealwright/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeAwsKms } from './fake-aws-kms.ts'
import { fakeHarness } from './harness.ts'

const fake = await fakeAwsKms()
afterAll(() => fake[Symbol.asyncDispose]())

/** Cases that mean nothing for KMS, and why. */
const NEVER = [/^this Node\.js/, /wrongPin/, /versioned/]

describe('the cases of every key store', () => {
  for (const { title, skip, run } of providerCases(fakeHarness(fake))) {
    it(title, async ctx => {
      if (skip !== undefined && NEVER.some(reason => reason.test(skip))) ctx.skip(skip)
      expect(skip).toBeUndefined()
      await run()
    })
  }
})
