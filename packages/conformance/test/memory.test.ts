import { algorithms, isSealwrightError, type KeyType, openSigner } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { type FaultHooks, type ProviderHarness, providerCases } from '../src/index.ts'
import { type MemoryOperation, memoryKeys } from '../src/memory.ts'

const TYPES: readonly KeyType[] = [
  'RSA-2048',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  'ML-DSA-44',
]
const MiB64 = 64 * 2 ** 20
const store = memoryKeys()

const harness: ProviderHarness = {
  name: 'keys in memory',
  open: () => store,
  keys: TYPES.map(type => {
    const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
    let reference: string | undefined
    return {
      type,
      reference: () => {
        reference ??= store.add(type, type)
        return reference
      },
      algorithms: Object.fromEntries(rows.map(({ id }) => [id, { message: MiB64 }])),
    }
  }),
  missing: () => 'memory:no-such-key',
  spellings: [{ given: 'memory:Release@1', canonical: 'memory:Release@1' }],
  refused: ['memory:', 'memory:a@0', 'memory:a b', 'MEMORY:key', 'memory:key?pin=12345678'],
  secrets: ['canary-without-meaning'],
  versioned: true,
  faults: { open: denied('open'), sign: denied('sign'), list: denied('list'), create: denied('create') },
  manage: {
    list: () => 'memory:',
    create: () => ({ reference: 'memory:never-made', type: 'Ed25519' }),
  },
}

function denied(operation: MemoryOperation): FaultHooks {
  return {
    deny: () => {
      store.fail(operation, 'ACCESS_DENIED')
      return () => {}
    },
  }
}

describe('the store in memory passes the cases of the kit', () => {
  for (const { title, skip, run } of providerCases(harness))
    it(title, async ctx => (skip === undefined ? run() : ctx.skip(skip)))
})

describe('a program that is tested with it', () => {
  it('rotates, and opens an old version by its own reference', async () => {
    const keys = memoryKeys()
    const first = keys.add('release')
    await using old = await openSigner(keys, first)
    expect(await keys.admin.rotate!('memory:release', { signal: AbortSignal.timeout(1000) })).toBe(
      'memory:release@2',
    )
    await using now = await openSigner(keys, 'memory:release')
    expect(now.key.reference).toBe('memory:release@2')
    expect(now.key.publicKey).not.toEqual(old.key.publicKey)
    await old.sign(new Uint8Array(3))
    expect(keys.calls.map(({ operation }) => operation)).toEqual(['open', 'rotate', 'open', 'sign'])
  })

  it('meets the failures that it was told', async () => {
    const keys = memoryKeys()
    keys.add('release')
    await using signer = await openSigner(keys, 'memory:release')
    keys.fail('sign', 'ACCESS_DENIED')
    const error = await signer.sign(new Uint8Array(1)).catch((thrown: unknown) => thrown)
    expect(isSealwrightError(error) && error.code).toBe('ACCESS_DENIED')
    await signer.sign(new Uint8Array(1))
    keys.fail('open', 'UNAUTHENTICATED')
    await expect(openSigner(keys, 'memory:release')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('lists what it has', async () => {
    const keys = memoryKeys()
    keys.add('release', 'EC-P384')
    const listed = []
    for await (const key of keys.admin.list({}, { signal: AbortSignal.timeout(1000) })) listed.push(key)
    expect(listed).toEqual([{ reference: 'memory:release', type: 'EC-P384', state: 'enabled' }])
  })
})
