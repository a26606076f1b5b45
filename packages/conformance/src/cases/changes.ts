import assert from 'node:assert/strict'
import { type ErrorCode, openSigner } from '@sealwright/core'
import type { Definition } from '../definition.ts'
import type { ChangingKey, ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { failsWith } from '../outcome.ts'
import { assertSigns, firstAlgorithm, withSigner } from '../signing.ts'
import { withProvider } from '../subject.ts'

/** Keys that are rotated, moved, disabled and deleted while we use them: never a signature by another key. */
export const changeCases: readonly Definition[] = [
  {
    id: 'change/rotate',
    does: 'signs on with the key version it opened when the key is rotated, and opens the new one then',
    needs: ['rotate'],
    run: harness => replaced(harness, harness.rotate!()),
  },
  {
    id: 'change/old-version',
    does: 'opens an old version of a rotated key by its own reference',
    needs: ['rotate', 'versioned'],
    run: harness =>
      withProvider(harness, async provider => {
        const changing = await harness.rotate!()
        const old = await withSigner(provider, changing.reference, async ({ key }) => key)
        await changing.change()
        await withSigner(provider, old.reference, async signer => {
          assert.equal(signer.key.reference, old.reference)
          assert.deepEqual(Buffer.from(signer.key.publicKey), Buffer.from(old.publicKey), 'another key')
          await assertSigns(signer)
        })
      }),
  },
  {
    id: 'change/alias',
    does: 'signs on with the key it opened when the alias goes to another, and opens that one then',
    needs: ['moveAlias'],
    run: harness => replaced(harness, harness.moveAlias!()),
  },
  {
    id: 'change/disable',
    does: 'refuses a disabled key with KEY_STATE',
    needs: ['disable'],
    run: harness => gone(harness, harness.disable!(), ['KEY_STATE']),
  },
  {
    id: 'change/remove',
    does: 'refuses a deleted key with NOT_FOUND or KEY_STATE',
    needs: ['remove'],
    run: harness => gone(harness, harness.remove!(), ['NOT_FOUND', 'KEY_STATE']),
  },
]

async function replaced(
  harness: ProviderHarness,
  changing: ChangingKey | PromiseLike<ChangingKey>,
): Promise<void> {
  const { reference, change } = await changing
  await withProvider(harness, provider =>
    withSigner(provider, reference, async signer => {
      await assertSigns(signer)
      await change()
      await assertSigns(signer)
      await withSigner(provider, reference, async newer => {
        const [before, after] = [signer, newer].map(({ key }) => Buffer.from(key.publicKey))
        assert.notDeepEqual(after, before, 'the reference still opens the old public key')
        if (harness.versioned) assert.notEqual(newer.key.reference, signer.key.reference)
        await assertSigns(newer)
      })
      await assertSigns(signer)
    }),
  )
}

async function gone(
  harness: ProviderHarness,
  changing: ChangingKey | PromiseLike<ChangingKey>,
  codes: readonly ErrorCode[],
): Promise<void> {
  const { reference, change } = await changing
  await withProvider(harness, provider =>
    withSigner(provider, reference, async signer => {
      await assertSigns(signer)
      await change()
      if (harness.keyInMemory) await assertSigns(signer)
      else await failsWith(provider, codes, 'signing with the open key', () => signer.sign(newMessage()))
      await failsWith(provider, codes, 'opening it', () =>
        openSigner(provider, reference, { algorithm: firstAlgorithm }),
      )
    }),
  )
}
