import assert from 'node:assert/strict'
import { type AlgorithmId, algorithms, isSealwrightError, openSigner } from '@sealwright/core'
import type { Definition } from '../definition.ts'
import type { HarnessKey, ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { signRequest } from '../sign-request.ts'
import { idle, nameOf, withHandle, withProvider } from '../subject.ts'
import { assertRaw, assertSignature } from '../verification.ts'
import { cannotVerify } from './keys.ts'

/** Above this many bytes, messages below the limit are not worth their time. */
const LARGE = 2 ** 20

/** Messages at, below and above the most bytes that a store takes, and the empty one. */
export function sizeCases({ keys }: ProviderHarness): Definition[] {
  return keys.flatMap(key => {
    const limited = limitedAlgorithm(key)
    return [empty(key), ...(limited === undefined ? [] : [limit(key, ...limited), above(key, ...limited)])]
  })
}

function limit(key: HarnessKey, id: AlgorithmId, most: number): Definition {
  return {
    id: `size/${nameOf(key)}/limit`,
    does: `signs messages of ${nameOf(key)} as large as it says, ${most} bytes`,
    needs: [],
    cannot: cannotVerify(key),
    run: async harness => {
      await withHandle(harness, await key.reference(), async handle => {
        for (const size of most > LARGE ? [most] : [most - 1, most]) {
          const message = newMessage(size)
          const signature = await handle.signRaw(signRequest(handle, id, 'message', message), idle())
          assertRaw(id, handle.key.publicKey, message, signature)
        }
      })
    },
  }
}

function above(key: HarnessKey, id: AlgorithmId, most: number): Definition {
  return {
    id: `size/${nameOf(key)}/above`,
    does: `signs larger messages of ${nameOf(key)} by another input, or refuses them before the store is asked`,
    needs: [],
    cannot: cannotVerify(key),
    run: async harness => {
      const reference = await key.reference()
      await withProvider(harness, async provider => {
        const signer = await openSigner(provider, reference, { algorithm: id })
        try {
          const message = newMessage(most + 1)
          const before = await harness.signCalls?.()
          const { digest, mu } = key.algorithms[id]!
          if (digest || mu || (await hashesItself(harness, reference, id))) {
            const { bytes } = await signer.sign(message)
            assertSignature(id, signer.key.publicKey, message, bytes)
          } else {
            await assert.rejects(signer.sign(message), isRefusal)
            assert.equal(await harness.signCalls?.(), before, 'the store was asked')
          }
        } finally {
          await signer[Symbol.asyncDispose]()
        }
      })
    },
  }
}

function empty(key: HarnessKey): Definition {
  return {
    id: `size/${nameOf(key)}/empty`,
    does: `signs the empty message of ${nameOf(key)}, or says that it cannot`,
    needs: [],
    cannot: cannotVerify(key),
    run: async harness => {
      const reference = await key.reference()
      await withProvider(harness, async provider => {
        const [id] = Object.keys(key.algorithms) as [AlgorithmId]
        const signer = await openSigner(provider, reference, { algorithm: id })
        try {
          const message = new Uint8Array()
          const { bytes } = await signer.sign(message)
          assertSignature(id, signer.key.publicKey, message, bytes)
        } catch (error) {
          assert.ok(isRefusal(error), error as Error)
        } finally {
          await signer[Symbol.asyncDispose]()
        }
      })
    },
  }
}

function isRefusal(error: unknown): boolean {
  return isSealwrightError(error) && ['UNSUPPORTED', 'VALIDATION'].includes(error.code)
}

/** One algorithm of the key that takes messages, rather one that takes nothing else. */
function limitedAlgorithm({ algorithms }: HarnessKey): [AlgorithmId, number] | undefined {
  const taking = Object.entries(algorithms).filter(([, { message }]) => message !== undefined)
  const [id, accepts] = taking.find(([, { digest, mu }]) => !digest && !mu) ?? taking[0] ?? []
  return id === undefined ? undefined : [id as AlgorithmId, accepts!.message!]
}

/** Whether the store takes a message of any size in chunks: `beginSign`, of algorithms with a hash. */
function hashesItself(harness: ProviderHarness, reference: string, id: AlgorithmId): Promise<boolean> {
  if (algorithms[id].hash === undefined) return Promise.resolve(false)
  return withHandle(harness, reference, async handle => handle.beginSign !== undefined)
}
