import type * as NodeCrypto from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { fileKeys } from '../src/index.ts'
import { idle, keyFile, keyFolder } from './key-folder.ts'

const folder = keyFolder()
const pem = generateKeyPairSync('ml-dsa-44').privateKey.export({ type: 'pkcs8', format: 'pem' })

// As on Node.js 22, whose OpenSSL does not know the algorithm.
vi.mock('node:crypto', async original => {
  const crypto = await original<typeof NodeCrypto>()
  const refuse = () => {
    throw new Error('unsupported')
  }
  return { ...crypto, createPrivateKey: refuse, generateKeyPair: refuse }
})

it('an ML-DSA key is neither read nor made where Node.js has no ML-DSA', async () => {
  const keys = fileKeys({ encryption: 'none' })
  const unsupported = { code: 'UNSUPPORTED', fix: 'use Node.js 24 or later' }
  await expect(keys.open(`file:${keyFile(folder, pem)}`, idle)).rejects.toMatchObject(unsupported)
  const creating = keys.admin.create({ reference: `file:${folder}/new.key`, type: 'ML-DSA-44' }, idle)
  await expect(creating).rejects.toMatchObject(unsupported)
})
