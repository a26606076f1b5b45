import { openSigner } from '@sealwright/core'
import { assertHidden } from '../canaries.ts'
import { type Definition, type FaultedOperation, OPERATIONS } from '../definition.ts'
import type { FaultHooks, ProviderHarness, Restore } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { PATIENCE_MS } from '../patience.ts'
import { outputOf } from '../process-output.ts'
import { firstAlgorithm, withSigner } from '../signing.ts'
import { anyKey, during, idle, withHandle, withProvider } from '../subject.ts'

type Fault = (hooks: FaultHooks) => Restore | PromiseLike<Restore> | undefined

const count = Number.POSITIVE_INFINITY

/** Every way to fail that a harness may have. */
const FAULTS: Readonly<Record<string, Fault>> = {
  deny: hooks => hooks.deny?.(),
  unauthenticated: hooks => hooks.unauthenticated?.(),
  throttle: hooks => hooks.throttle?.({ count }),
  unavailable: hooks => hooks.unavailable?.({ count }),
  hang: hooks => hooks.hang?.(),
  reset: hooks => hooks.reset?.(),
  htmlError: hooks => hooks.htmlError?.(),
  truncated: hooks => hooks.corrupt?.('truncated'),
  empty: hooks => hooks.corrupt?.('empty'),
}

/** What the pipeline tries again, or waits for: one attempt is enough here. */
const LASTING = ['throttle', 'unavailable', 'hang', 'reset', 'htmlError']

const SHORT_MS = 150

/** Canaries: nothing secret is printed, thrown or written, however a call ends. */
export const secretCases: readonly Definition[] = [
  {
    id: 'secrets/errors',
    does: 'shows no secret and no payload in an error, whatever fails, and writes none out',
    needs: [],
    run: async harness => {
      const output = await outputOf(async () => {
        await missing(harness)
        for (const operation of OPERATIONS) {
          for (const name of Object.keys(FAULTS)) await failing(harness, operation, name)
        }
      })
      assertHidden(harness, output)
    },
  },
  {
    id: 'secrets/objects',
    does: 'shows no secret in a printed provider, handle, Signer or signature',
    needs: [],
    run: async harness => {
      const reference = await anyKey(harness).reference()
      await withHandle(harness, reference, async (handle, provider) => {
        for (const object of [provider, handle, handle.key]) assertHidden(harness, object)
        assertHidden(harness, await provider.identify?.(idle()))
        await withSigner(provider, reference, async signer => {
          assertHidden(harness, await signer.sign(newMessage()))
          for (const object of [signer, provider, handle]) assertHidden(harness, object)
        })
      })
    },
  },
]

async function missing(harness: ProviderHarness): Promise<void> {
  const reference = await harness.missing()
  await withProvider(harness, provider =>
    shown(harness, () => openSigner(provider, reference, { algorithm: firstAlgorithm })),
  )
}

async function failing(harness: ProviderHarness, operation: FaultedOperation, name: string): Promise<void> {
  const hooks = harness.faults?.[operation]
  if (hooks === undefined) return
  const reference = await anyKey(harness).reference()
  const fault = FAULTS[name]!
  const timeoutMs = LASTING.includes(name) ? SHORT_MS : PATIENCE_MS
  const options = { algorithm: firstAlgorithm, timeoutMs }
  await withProvider(harness, async provider => {
    if (operation === 'open') {
      await faulted(fault(hooks), () => shown(harness, () => openSigner(provider, reference, options)))
      return
    }
    await withSigner(provider, reference, signer =>
      faulted(fault(hooks), () => shown(harness, () => signer.sign(newMessage(), options))),
    )
  })
}

async function faulted(
  fault: Restore | PromiseLike<Restore> | undefined,
  task: () => Promise<void>,
): Promise<void> {
  if (fault !== undefined) await during(fault, task)
}

/** Looks at the error that `work` ends with; that it ends with one is the business of other cases. */
async function shown(harness: ProviderHarness, work: () => Promise<unknown>): Promise<void> {
  let failure: unknown
  try {
    await work()
  } catch (error) {
    failure = error
  }
  assertHidden(harness, failure)
}
