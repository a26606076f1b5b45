import { createHook } from 'node:async_hooks'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type HarnessKey, type ProviderHarness, providerCases } from '@sealwright/conformance'
import { algorithms, type KeyType } from '@sealwright/core'
import { describe, it } from 'vitest'
import { fileKeys } from '../src/index.ts'
import { keyFile, keyFolder } from './key-folder.ts'

const folder = keyFolder()
const passphrase = 'correct horse battery staple'

function pairOf(type: KeyType): KeyObject {
  switch (type) {
    case 'RSA-2048':
      return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
    case 'Ed25519':
      return generateKeyPairSync('ed25519').privateKey
    case 'ML-DSA-65':
      return generateKeyPairSync('ml-dsa-65').privateKey
    default:
      return generateKeyPairSync('ec', { namedCurve: type.replace(/^EC-P?(?=\d)/, 'P-').replace('EC-', '') })
        .privateKey
  }
}

/** An encrypted key file, as others' tools write it. */
function fileOf(type: KeyType): string {
  const encryption = { cipher: 'aes-256-cbc', passphrase }
  return keyFile(folder, pairOf(type).export({ type: 'pkcs8', format: 'pem', ...encryption }))
}

function harnessKey(type: KeyType): HarnessKey {
  const rows = Object.values(algorithms).filter(({ keyTypes }) => keyTypes.includes(type))
  let path: string | undefined
  return {
    type,
    reference: () => {
      path ??= fileOf(type)
      return `file:${path}`
    },
    algorithms: Object.fromEntries(rows.map(({ id }) => [id, { message: 64 * 2 ** 20 }])),
  }
}

const types = ['RSA-2048', 'EC-P256', 'EC-P384', 'EC-P521', 'EC-secp256k1', 'Ed25519'] as const
const hasMlDsa = Number(process.versions.openssl.split('.')[1]) >= 5

const harness: ProviderHarness = {
  name: 'file',
  open: () => fileKeys({ passphrase: async () => passphrase }),
  keys: [...types, ...(hasMlDsa ? (['ML-DSA-65'] as const) : [])].map(harnessKey),
  missing: () => `file:${join(folder, 'No-such.key')}`,
  spellings: [
    { given: 'file:/Keys/./Release.key', canonical: 'file:/Keys/Release.key' },
    { given: 'file:///Keys/My%20Release.key', canonical: 'file:/Keys/My Release.key' },
  ],
  refused: ['file:', 'file://host/key', 'FILE:/key', 'file:/key?passphrase=hunter22', '/key'],
  secrets: [passphrase],
  keyInMemory: true,
  rotate: () => {
    const path = fileOf('EC-P256')
    return { reference: `file:${path}`, change: async () => renameSync(fileOf('EC-P256'), path) }
  },
  remove: () => {
    const path = fileOf('EC-P256')
    return { reference: `file:${path}`, change: async () => rmSync(path) }
  },
  wrongPin: () => {
    // Each attempt derives a key, which Node does in a request of its own.
    let attempts = 0
    createHook({
      init: (_, resource) => {
        if (resource === 'PBKDF2REQUEST') attempts++
      },
    }).enable()
    const secret = 'a passphrase that is wrong'
    return {
      provider: fileKeys({ passphrase: async () => secret }),
      reference: `file:${fileOf('EC-P256')}`,
      attempts: () => attempts,
      secret,
    }
  },
}

describe('the file store', () => {
  for (const { title, skip, run } of providerCases(harness)) {
    it(title, async ctx => {
      if (skip !== undefined) ctx.skip(skip)
      await run()
    })
  }
})
