import { providerCases } from '@sealwright/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeGcpKms } from './fake-gcp-kms/fake.ts'
import { fakeHarness } from './harness.ts'

const fake = await fakeGcpKms()
afterAll(() => fake[Symbol.asyncDispose]())

/** Cases that mean nothing for Cloud KMS, which has neither PINs nor aliases, and why. */
const NEVER = [/^this Node\.js/, /wrongPin/, /moveAlias/]

describe.each(['grpc', 'rest'] as const)('the cases of every key store, over %s', transport => {
  for (const { title, skip, run } of providerCases(fakeHarness(fake, transport))) {
    it(title, async ctx => {
      if (skip !== undefined && NEVER.some(reason => reason.test(skip))) ctx.skip(skip)
      expect(skip).toBeUndefined()
      await run()
    })
  }
})
