import { constants, createPublicKey, generateKeyPairSync, privateEncrypt, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { algorithms, verifySignature } from '../src/index.ts'
import { privateKey, rows, signWith, spkiOf } from './fake-store.ts'

const vectors = process.env.SEALWRIGHT_VECTORS ?? join(import.meta.dirname, '../../../../shared/vectors')
const message = new TextEncoder().encode('a message')

describe.each(rows)('%s', (id, type) => {
  const spki = spkiOf(privateKey(type))
  const { bytes } = signWith(privateKey(type), algorithms[id], message, 'raw')

  it('verifies with the key as DER and as a KeyObject', () => {
    expect(verifySignature(id, spki, message, bytes)).toBe(true)
    expect(verifySignature(id, createPublicKey(privateKey(type)), message, bytes)).toBe(true)
  })

  it('does not verify another message, a changed, a shorter or a longer signature', () => {
    const longer = Buffer.concat([bytes, Buffer.of(0)])
    const padded = Buffer.concat([Buffer.of(0), bytes])
    expect(verifySignature(id, spki, Uint8Array.of(1), bytes)).toBe(false)
    for (let index = 0; index < bytes.length; index += Math.ceil(bytes.length / 16)) {
      const changed = bytes.map((byte, at) => (at === index ? byte ^ 0x10 : byte))
      expect(verifySignature(id, spki, message, changed)).toBe(false)
    }
    for (const wrong of [longer, padded, bytes.subarray(1), bytes.subarray(0, -1), new Uint8Array()]) {
      expect(verifySignature(id, spki, message, wrong)).toBe(false)
    }
  })

  it('refuses a key of another type', () => {
    const other = type === 'EC-P256' ? 'EC-P384' : 'EC-P256'
    expect(() => verifySignature(id, spkiOf(privateKey(other)), message, bytes)).toThrow(
      expect.objectContaining({ code: 'VALIDATION' }),
    )
  })
})

describe('RSA', () => {
  const key = privateKey('RSA-2048')
  const pss = (saltLength: number, hash = 'sha256') =>
    sign(hash, message, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })

  it('PSS needs a salt of the digest’s length', () => {
    expect(verifySignature('PS256', spkiOf(key), message, pss(32))).toBe(true)
    for (const saltLength of [0, 20, 31, 33, constants.RSA_PSS_SALTLEN_MAX_SIGN]) {
      expect(verifySignature('PS256', spkiOf(key), message, pss(saltLength))).toBe(false)
    }
  })

  it('does not take one padding or hash for another', () => {
    expect(verifySignature('RS256', spkiOf(key), message, pss(32))).toBe(false)
    expect(verifySignature('PS384', spkiOf(key), message, pss(32))).toBe(false)
    expect(verifySignature('RS512', spkiOf(key), message, sign('sha256', message, key))).toBe(false)
  })

  it('PKCS#1 v1.5 without the DigestInfo is not a signature', () => {
    const bare = privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, Buffer.alloc(32))
    expect(verifySignature('RS256', spkiOf(key), message, bare)).toBe(false)
  })

  it('verifies with a key of an odd size from 2048 bits on, and refuses a shorter one', () => {
    const odd = generateKeyPairSync('rsa', { modulusLength: 2056 })
    expect(verifySignature('RS256', odd.publicKey, message, sign('sha256', message, odd.privateKey))).toBe(
      true,
    )
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
    expect(() =>
      verifySignature('RS256', weak.publicKey, message, sign('sha256', message, weak.privateKey)),
    ).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })
})

it('refuses a private key, an unknown algorithm and a key that is none', () => {
  const signature = new Uint8Array(64)
  const invalid = expect.objectContaining({ code: 'VALIDATION' })
  expect(() => verifySignature('Ed25519', privateKey('Ed25519'), message, signature)).toThrow(invalid)
  expect(() => verifySignature('EdDSA' as never, spkiOf(privateKey('Ed25519')), message, signature)).toThrow(
    invalid,
  )
  expect(() => verifySignature('Ed25519', Uint8Array.of(0x30, 0), message, signature)).toThrow(invalid)
})

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKeyDer: string
    readonly tests: readonly { tcId: number; comment: string; msg: string; sig: string; result: string }[]
  }[]
}

describe('published vectors for ECDSA as r‖s', () => {
  for (const [id, file, expected] of [
    ['ES256', 'ecdsa_secp256r1_sha256_p1363_test.json', 262],
    ['ES384', 'ecdsa_secp384r1_sha384_p1363_test.json', 280],
    ['ES512', 'ecdsa_secp521r1_sha512_p1363_test.json', 318],
  ] as const) {
    it(`${id} agrees with every verdict of Wycheproof`, ({ skip }) => {
      skip(!existsSync(vectors), `no vectors at ${vectors} (SEALWRIGHT_VECTORS)`)
      const { testGroups } = JSON.parse(readFileSync(join(vectors, 'wycheproof', file), 'utf8')) as Wycheproof
      let count = 0
      const disagreements: string[] = []
      for (const { publicKeyDer, tests } of testGroups) {
        const spki = new Uint8Array(Buffer.from(publicKeyDer, 'hex'))
        for (const { tcId, comment, msg, sig, result } of tests) {
          count++
          const good = verifySignature(id, spki, Buffer.from(msg, 'hex'), Buffer.from(sig, 'hex'))
          if (good !== (result === 'valid')) disagreements.push(`${tcId} ${comment}: ${result}`)
        }
      }
      expect(disagreements).toEqual([])
      expect(count).toBe(expected)
    })
  }
})
