import { execFileSync } from 'node:child_process'
import { createPublicKey, type JsonWebKey, sign } from 'node:crypto'
import { calculateJwkThumbprint, compactVerify, importJWK, importSPKI } from 'jose'
import { describe, expect, it } from 'vitest'
import { type AlgorithmId, algorithms, type KeyType, toJwk, toPem } from '../src/index.ts'
import { privateKey, spkiOf } from './fake-store.ts'

const types = [...new Set(Object.values(algorithms).flatMap(({ keyTypes }) => keyTypes))]

function spki(type: KeyType): Uint8Array {
  return spkiOf(privateKey(type))
}

describe.each(types)('%s as PEM and JSON Web Key', type => {
  it('is the key that openssl reads', ctx => {
    if (type.startsWith('ML-DSA')) return ctx.skip('openssl 3.0 has no ML-DSA')
    const args = ['pkey', '-pubin', '-outform', 'DER']
    const der = execFileSync('openssl', args, { input: toPem(spki(type)) })
    expect(new Uint8Array(der)).toEqual(spki(type))
  })

  it('is the key that node:crypto reads from the JSON Web Key', () => {
    const jwk = toJwk(spki(type)) as JsonWebKey
    const read = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' })
    expect(new Uint8Array(read)).toEqual(spki(type))
    expect(Object.keys(jwk).filter(member => ['d', 'p', 'q', 'k', 'priv'].includes(member))).toEqual([])
  })
})

it.each([
  ['ES256', 'EC-P256'],
  ['ES384', 'EC-P384'],
  ['ES512', 'EC-P521'],
  ['PS256', 'RSA-2048'],
  ['Ed25519', 'Ed25519'],
] as const satisfies readonly (readonly [AlgorithmId, KeyType])[])(
  'jose verifies %s with either form',
  async (alg, type) => {
    const key = privateKey(type)
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const input = `${encode({ alg })}.${encode({ hello: 'world' })}`
    const options = {
      key,
      dsaEncoding: 'ieee-p1363' as const,
      ...(alg === 'PS256' ? { padding: 6, saltLength: 32 } : {}),
    }
    const signature = sign(algorithms[alg].hash ?? null, Buffer.from(input), options)
    const jws = `${input}.${signature.toString('base64url')}`
    const jwk = toJwk(spki(type))
    await compactVerify(jws, await importJWK(jwk, alg))
    await compactVerify(jws, await importSPKI(toPem(spki(type)), alg))
    expect(await calculateJwkThumbprint(jwk)).toHaveLength(43)
  },
)

it('refuses bytes that are not a public key', () => {
  expect(() => toPem(new Uint8Array(5))).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  expect(() => toJwk(new Uint8Array(5))).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
})
