import { type Definition, type FaultedOperation, OPERATIONS } from '../definition.ts'
import type { Damage } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { failsWith } from '../outcome.ts'
import { assertSigns, withSigner } from '../signing.ts'
import { anyKey, during, withProvider } from '../subject.ts'

const DAMAGES: Readonly<Record<Damage, string>> = {
  signature: 'with flipped bits',
  truncated: 'cut short',
  foreign: 'of another key',
  empty: 'with nothing in it',
}

/** Damaged replies: no signature is released, and the error says why. */
export const replyCases: readonly Definition[] = OPERATIONS.flatMap(operation =>
  (Object.keys(DAMAGES) as Damage[]).map(damage => corrupted(operation, damage)),
)

function corrupted(operation: FaultedOperation, damage: Damage): Definition {
  return {
    id: `corrupt/${operation}/${damage}`,
    does: `says INTEGRITY of a reply to ${operation} ${DAMAGES[damage]}, and releases no signature`,
    needs: [`faults.${operation}.corrupt`],
    run: async harness => {
      const reference = await anyKey(harness).reference()
      const corrupt = () => harness.faults![operation]!.corrupt!(damage)
      await withProvider(harness, async provider => {
        if (operation === 'sign') {
          await withSigner(provider, reference, async signer => {
            await during(corrupt(), () =>
              failsWith(provider, 'INTEGRITY', 'signing', () => signer.sign(newMessage())),
            )
            await assertSigns(signer)
          })
        } else {
          await during(corrupt(), () =>
            failsWith(provider, 'INTEGRITY', 'opening and signing', () =>
              withSigner(provider, reference, async signer => {
                // The description is wrong and the signature is right: that they disagree shows now at the latest.
                await signer.sign(newMessage())
              }),
            ),
          )
        }
      })
    },
  }
}
