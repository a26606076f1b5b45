import { openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { certificatesIn } from '../src/pkcs12.ts'
import { chainFor, selfIssued } from './chain.ts'
import { fakeKeyVault } from './fake-key-vault.ts'
import { provider } from './harness.ts'
import type { StoredVersion } from './vault-state.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

const key = fake.state.addKey('Release', 'EC', { curve: 'P-256' })
const chain = chainFor(key.key.privateKey)
const hex = (all: readonly Uint8Array[]) => all.map(bytes => Buffer.from(bytes).toString('hex'))

type Kept = NonNullable<StoredVersion['certificate']>

async function certificates(certificate: Partial<Kept>): Promise<string[]> {
  const [cer] = chain.der
  const secret = { value: chain.pem, contentType: 'application/x-pem-file' }
  key.certificate = { cer: cer!, exportable: false, secret, ...certificate }
  await using keys = provider(fake)
  await using signer = await openSigner(keys, 'azurekms://unit.vault.azure.net/release')
  return hex(await signer.certificates!())
}

describe('the certificates of a key', () => {
  it('are its chain, leaf first, from a PEM secret in any order', async () => {
    expect(await certificates({})).toEqual(hex(chain.der))
  })

  it.each([
    ['with AES', []],
    ['with triple DES', ['-certpbe', 'PBE-SHA1-3DES', '-iter', '1000']],
    ['with AES-128 and HMAC-SHA-1', ['-certpbe', 'AES-128-CBC']],
    ['without encryption', ['-certpbe', 'NONE', '-nomac']],
  ])('are its chain from a PKCS#12 secret %s', async (_, options) => {
    const value = chain.pkcs12(...options).toString('base64')
    const secret = { value, contentType: 'application/x-pkcs12' }
    expect(await certificates({ secret })).toEqual(hex(chain.der))
  })

  it('are the leaf alone where the secret may not be read', async () => {
    fake.allow(['getKey', 'getCertificate'])
    try {
      expect(await certificates({})).toEqual(hex(chain.der.slice(0, 1)))
    } finally {
      fake.allow(undefined)
    }
  })

  it('are the leaf alone where the secret holds the private key, and the secret is not read', async () => {
    const before = fake.calls('getSecret')
    expect(await certificates({ exportable: true })).toEqual(hex(chain.der.slice(0, 1)))
    expect(fake.calls('getSecret')).toBe(before)
  })

  it('are one certificate that the key issued to itself, without its secret', async () => {
    const before = fake.calls('getSecret')
    const usual = selfIssued(key.key.privateKey)
    const signing = selfIssued(key.key.privateKey, '-addext', 'keyUsage=critical,digitalSignature')
    for (const cer of [usual, signing]) expect(await certificates({ cer })).toEqual(hex([cer]))
    expect(fake.calls('getSecret')).toBe(before)
  })

  it('are none where the certificate of this name is of another key', async () => {
    const { key: other } = fake.state.addKey('Other', 'EC', { curve: 'P-256' })
    expect(await certificates({ cer: selfIssued(other.privateKey) })).toEqual([])
  })

  it('are none where there is no certificate of this name', async () => {
    fake.state.addKey('Bare', 'EC', { curve: 'P-256' })
    await using keys = provider(fake)
    await using signer = await openSigner(keys, 'azurekms://unit.vault.azure.net/Bare')
    expect(await signer.certificates!()).toEqual([])
  })

  it.each([
    ['may not be read', { kind: 'refuse', status: 403, code: 'Forbidden' }, 'ACCESS_DENIED'],
    ['is asked for too often', { kind: 'refuse', status: 503, code: 'Busy' }, 'UNAVAILABLE'],
    ['is not a certificate', { kind: 'rewrite', reply: () => ({ cer: 'AAAA' }) }, 'INTEGRITY'],
  ] as const)('fail when the certificate %s', async (_, effect, code) => {
    const end = fake.inject('getCertificate', effect)
    try {
      await using keys = provider(fake)
      const handle = await keys.open('azurekms://unit.vault.azure.net/Release', {
        signal: new AbortController().signal,
      })
      await expect(handle.certificates!({ signal: new AbortController().signal })).rejects.toMatchObject({
        code,
      })
    } finally {
      end()
    }
  })

  it('fail when the secret cannot be read for another reason than permission', async () => {
    const end = fake.inject('getSecret', { kind: 'refuse', status: 429, code: 'Throttled', retryAfter: '7' })
    try {
      await using keys = provider(fake)
      const signal = new AbortController().signal
      const handle = await keys.open('azurekms://unit.vault.azure.net/Release', { signal })
      const [cer] = chain.der
      const secret = { value: chain.pem, contentType: 'application/x-pem-file' }
      key.certificate = { cer: cer!, exportable: false, secret }
      await expect(handle.certificates!({ signal })).rejects.toMatchObject({
        code: 'THROTTLED',
        retryAfterMs: 7000,
      })
    } finally {
      end()
    }
  })

  it('fail, saying what to do, in a secret that is neither', async () => {
    const secret = { value: 'AAAA', contentType: 'application/x-pkcs12' }
    await expect(certificates({ secret })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      fix: 'give the chain yourself',
      remedy: { step: 'giveCertificates' },
    })
  })
})

describe('certificatesIn', () => {
  it('refuses a file that asks for too much work', async () => {
    const costly = chain.pkcs12('-iter', '300000', '-maciter')
    await expect(certificatesIn(costly, new AbortController().signal)).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      why: expect.stringContaining('300000 rounds'),
    })
  })
})
