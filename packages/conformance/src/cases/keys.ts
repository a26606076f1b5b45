import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type AlgorithmId, keyType, openSigner } from '@sealwright/core'
import type { Definition } from '../definition.ts'
import type { HarnessKey, ProviderHarness } from '../harness.ts'
import { newMessage } from '../messages.ts'
import { signRequest } from '../sign-request.ts'
import { firstAlgorithm } from '../signing.ts'
import { idle, isVerifiable, nameOf, withHandle, withProvider } from '../subject.ts'
import { assertRaw, assertSignature } from '../verification.ts'

/** What each existing key declares, and every algorithm and input of it. */
export function keyCases({ keys }: ProviderHarness): Definition[] {
  return keys.flatMap(key => [descriptor(key), ...algorithmsOf(key).flatMap(id => signing(key, id))])
}

function descriptor(key: HarnessKey): Definition {
  return {
    id: `descriptor/${nameOf(key)}`,
    does: `describes a key of ${nameOf(key)} as it is, under a reference that opens it again`,
    needs: [],
    cannot: cannotVerify(key),
    run: async harness => {
      const given = await key.reference()
      await withHandle(harness, given, async (handle, provider) => {
        const { reference, publicKey, algorithms, protection } = handle.key
        assert.equal(keyType(publicKey), key.type, 'the public key is of another type')
        assert.deepEqual(plain(algorithms), plain(key.algorithms), 'the algorithms are not those expected')
        assert.ok(['software', 'hsm', 'external', 'unknown'].includes(protection), `${protection}?`)
        assert.equal(provider.canonical(reference), reference, 'the reference is not canonical')
        const fingerprint = `sha256:${createHash('sha256').update(publicKey).digest('hex')}`
        const again = await openSigner(provider, reference, { algorithm: firstAlgorithm, fingerprint })
        try {
          assert.equal(again.key.reference, reference, 'the reference opens under another one')
        } finally {
          await again[Symbol.asyncDispose]()
        }
      })
    },
  }
}

function signing(key: HarnessKey, id: AlgorithmId): Definition[] {
  const name = nameOf(key)
  const accepts = key.algorithms[id]!
  const inputs = (['digest', 'mu', 'message'] as const).filter(input => accepts[input] !== undefined)
  const raw = inputs.map(
    (input): Definition => ({
      id: `sign/${name}/${id}/${input}`,
      does: `signs with ${id} under ${name}, given the ${input}`,
      needs: [],
      cannot: cannotVerify(key),
      run: async harness => {
        const limit = input === 'message' ? accepts.message! : Number.POSITIVE_INFINITY
        await withHandle(harness, await key.reference(), async (handle, provider) => {
          for (const size of [1, 100, 1000].filter(each => each <= limit)) {
            const message = newMessage(size)
            const request = signRequest(handle, id, input, message)
            const before = Buffer.from(request.bytes)
            const signature = await handle.signRaw(request, idle())
            assertRaw(id, handle.key.publicKey, message, signature)
            assert.deepEqual(Buffer.from(request.bytes), before, 'it changed the bytes it was given')
            const { reference = handle.key.reference } = signature
            assert.equal(provider.canonical(reference), handle.key.reference, 'it says another key signed')
          }
        })
      },
    }),
  )
  return [...raw, throughSigner(key, id)]
}

function throughSigner(key: HarnessKey, id: AlgorithmId): Definition {
  return {
    id: `signer/${nameOf(key)}/${id}`,
    does: `signs with ${id} under ${nameOf(key)} through a Signer`,
    needs: [],
    cannot: cannotVerify(key),
    run: async harness => {
      const reference = await key.reference()
      await withProvider(harness, async provider => {
        const signer = await openSigner(provider, reference, { algorithm: id })
        try {
          const message = newMessage()
          const { bytes } = await signer.sign(chunks(message))
          assertSignature(id, signer.key.publicKey, message, bytes)
        } finally {
          await signer[Symbol.asyncDispose]()
        }
      })
    },
  }
}

async function* chunks(message: Uint8Array): AsyncIterable<Uint8Array> {
  yield message.subarray(0, 7)
  yield message.subarray(7)
}

function algorithmsOf({ algorithms }: HarnessKey): AlgorithmId[] {
  return Object.keys(algorithms) as AlgorithmId[]
}

export function cannotVerify(key: HarnessKey): string | undefined {
  return isVerifiable(key) ? undefined : 'this Node.js does not know ML-DSA'
}

/** Prototypes, frozenness and the order of members mean nothing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
