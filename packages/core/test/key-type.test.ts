import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fingerprint, type KeyType, keyType } from '../src/index.ts'
import { privateKey, spkiOf } from './fake-store.ts'

const types: readonly KeyType[] = [
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'EC-P256',
  'EC-P384',
  'EC-P521',
  'EC-secp256k1',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-65',
  'ML-DSA-87',
]

const codeOf = (code: string) => expect.objectContaining({ name: 'SealwrightError', code })

describe('keyType', () => {
  it.each(types)('knows %s', type => {
    expect(keyType(spkiOf(privateKey(type)))).toBe(type)
  })

  it.each([
    ['RSA of 2056 bits', () => generateKeyPairSync('rsa', { modulusLength: 2056 })],
    ['RSA restricted to PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 })],
    ['P-224', () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' })],
    ['brainpool', () => generateKeyPairSync('ec', { namedCurve: 'brainpoolP256r1' })],
    ['Ed448', () => generateKeyPairSync('ed448')],
    ['X25519', () => generateKeyPairSync('x25519')],
    ['DSA', () => generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 })],
  ])('does not support %s', (_, make) => {
    expect(() => keyType(spkiOf(make().privateKey))).toThrow(codeOf('UNSUPPORTED'))
  })

  it('does not support a curve given by its parameters, although they are those of P-256', () => {
    const pem = execFileSync('openssl', [
      'ecparam',
      '-name',
      'prime256v1',
      '-genkey',
      '-noout',
      '-param_enc',
      'explicit',
    ])
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' })
    expect(() => keyType(spki)).toThrow(expect.objectContaining({ name: 'SealwrightError' }))
  })

  it('refuses a weak RSA key', () => {
    const { privateKey: weak } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    expect(() => keyType(spkiOf(weak))).toThrow(codeOf('VALIDATION'))
  })

  it('refuses an RSA key with the exponent 1, under which everybody can sign', () => {
    const jwk = createPublicKey(privateKey('RSA-2048')).export({ format: 'jwk' })
    const key = createPublicKey({ key: { ...jwk, e: 'AQ' }, format: 'jwk' })
    expect(() => keyType(key.export({ type: 'spki', format: 'der' }))).toThrow(codeOf('VALIDATION'))
  })

  it('refuses a second spelling of a key: compressed points and trailing bytes', () => {
    const spki = spkiOf(privateKey('EC-P256'))
    const point = spki.subarray(-65)
    const compressed = Buffer.concat([
      Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
      Buffer.of(2 + (point[64]! & 1)),
      point.subarray(1, 33),
    ])
    expect(createPublicKey({ key: compressed, format: 'der', type: 'spki' }).asymmetricKeyType).toBe('ec')
    expect(() => keyType(compressed)).toThrow(codeOf('VALIDATION'))
    expect(() => keyType(Buffer.concat([spki, Buffer.of(0)]))).toThrow(codeOf('VALIDATION'))
  })

  it('refuses no bytes, text and a private key', () => {
    const pkcs8 = privateKey('Ed25519').export({ type: 'pkcs8', format: 'der' })
    for (const wrong of [new Uint8Array(), Buffer.from('-----BEGIN PUBLIC KEY-----'), pkcs8]) {
      expect(() => keyType(wrong)).toThrow(codeOf('VALIDATION'))
    }
  })
})

it('a fingerprint is what openssl says of the public key', () => {
  const spki = spkiOf(privateKey('EC-P256'))
  const printed = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: spki, encoding: 'utf8' })
  expect(fingerprint(spki)).toBe(`sha256:${printed.slice(0, 64)}`)
})
