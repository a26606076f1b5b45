import assert from 'node:assert/strict'
import { type AlgorithmId, algorithms } from '@sealwright/core'
import type { Definition } from '../definition.ts'
import { halvesOf } from '../ecdsa-halves.ts'
import type { HarnessKey, ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { anyInput, signRequest } from '../sign-request.ts'
import { fastestFirst, idle, nameOf, withHandle } from '../subject.ts'
import { assertRaw } from '../verification.ts'

/** About one signature in 256 has a short r, and one a short s: after this many, one was missed once in 180 runs. */
const MANY = 1500

/** For all keys but the fastest: on a fake they may be signed with by slow arithmetic. */
const FEW = 64
const AT_ONCE = 16

/** Encoding and range of many ECDSA signatures, until numbers with leading zeros and with a high first bit were seen. */
export function ecdsaCases({ keys }: ProviderHarness): Definition[] {
  const [fastest, ...others] = fastestFirst(keys).filter(({ type }) => type.startsWith('EC-'))
  if (fastest === undefined) return []
  return [many(fastest, MANY), ...others.map(key => many(key, FEW))]
}

function many(key: HarnessKey, most: number): Definition {
  return {
    id: `ecdsa/${nameOf(key)}`,
    does: `encodes every ECDSA signature of ${nameOf(key)} alike, whatever its numbers`,
    needs: [],
    run: async harness => {
      await withHandle(harness, await key.reference(), async handle => {
        const [id, accepts] = Object.entries(handle.key.algorithms)[0]! as [AlgorithmId, { digest?: true }]
        const seen = sightings(id)
        for (let count = 0; count < most && !seen.all(); count += AT_ONCE) {
          await Promise.all(
            Array.from({ length: AT_ONCE }, async () => {
              const message = newMessage()
              const signature = await handle.signRaw(
                signRequest(handle, id, anyInput(accepts), message),
                idle(),
              )
              assertRaw(id, handle.key.publicKey, message, signature)
              seen.add(signature.bytes, signature.encoding)
            }),
          )
        }
      })
    },
  }
}

/** Notes which kinds of numbers were seen, and refuses an r that was seen before: that gives the private key away. */
function sightings(id: AlgorithmId) {
  const algorithm = algorithms[id]
  // The order of P-521 has 521 bits, of which the first byte holds one.
  const bits = algorithm.id === 'ES512' ? 521n : BigInt(8 * algorithm.coordinateLength!)
  const kinds = new Set<string>()
  const rs = new Set<bigint>()
  return {
    all: () => kinds.size === 4,
    add: (bytes: Uint8Array, encoding: 'raw' | 'der') => {
      const halves = halvesOf(algorithm, bytes, encoding)
      assert.ok(!rs.has(halves.r), `${id}: two messages were signed with the same r`)
      rs.add(halves.r)
      for (const [name, value] of Object.entries(halves)) {
        if (value >> (bits - 1n) === 1n) kinds.add(`${name} high`)
        if (value >> (bits - 8n) === 0n) kinds.add(`${name} short`)
      }
    },
  }
}
