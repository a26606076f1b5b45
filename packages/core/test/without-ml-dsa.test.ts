import type * as NodeCrypto from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { keyType, openSigner } from '../src/index.ts'
import { fakeStore, privateKey, spkiOf } from './fake-store.ts'

const spki = spkiOf(privateKey('ML-DSA-65'))
const missing = vi.hoisted(() => ({ mlDsa: false }))

// As on Node.js 22, whose OpenSSL does not know the algorithm.
vi.mock('node:crypto', async original => {
  const crypto = await original<typeof NodeCrypto>()
  const createPublicKey: typeof NodeCrypto.createPublicKey = key => {
    const made = crypto.createPublicKey(key)
    if (missing.mlDsa && (made.asymmetricKeyType as string).startsWith('ml-dsa'))
      throw new Error('unsupported')
    return made
  }
  return { ...crypto, createPublicKey }
})

it('an ML-DSA key is UNSUPPORTED where Node.js has no ML-DSA, and the fix says which has', async () => {
  const store = fakeStore({ type: 'ML-DSA-65', accepts: { 'ML-DSA-65': { mu: true } } })
  missing.mlDsa = true
  const unsupported = {
    code: 'UNSUPPORTED',
    message: 'this Node.js has no ML-DSA',
    fix: 'use Node.js 24 or later',
  }
  expect(() => keyType(spki)).toThrow(expect.objectContaining(unsupported))
  await expect(openSigner(store, 'fake:key')).rejects.toMatchObject(unsupported)
  expect(keyType(spkiOf(privateKey('EC-P256')))).toBe('EC-P256')
})
