import { providerCases } from '@sealwright/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeVault } from './fake-vault.ts'
import { fakeHarness } from './harness.ts'

const fake = await fakeVault()
afterAll(() => fake[Symbol.asyncDispose]())

/** Cases that mean nothing for Vault, and why. */
const NEVER = [/^this Node\.js/, /moveAlias/]

describe('the cases of every key store', () => {
  for (const { title, skip, run } of providerCases(fakeHarness(fake))) {
    it(title, async ctx => {
      if (skip !== undefined && NEVER.some(reason => reason.test(skip))) ctx.skip(skip)
      expect(skip).toBeUndefined()
      await run()
    })
  }
})
