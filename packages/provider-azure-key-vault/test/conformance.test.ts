import { providerCases } from '@sealwright/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeKeyVault } from './fake-key-vault.ts'
import { fakeHarness } from './harness.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

/** Cases that mean nothing for Key Vault, and why: it has no aliases and no PINs. */
const NEVER = [/moveAlias/, /wrongPin/]

describe('the cases of every key store', () => {
  for (const { title, skip, run } of providerCases(fakeHarness(fake))) {
    it(title, async ctx => {
      if (skip !== undefined && NEVER.some(reason => reason.test(skip))) ctx.skip(skip)
      expect(skip).toBeUndefined()
      await run()
    })
  }
})
