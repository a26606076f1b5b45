import { createPublicKey, verify } from 'node:crypto'
import { algorithms, openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { fakeKeyVault } from './fake-key-vault.ts'
import { provider } from './harness.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

const { state } = fake
const call = { signal: new AbortController().signal }
const at = (name: string) => `azurekms://unit.vault.azure.net/${name}`
const digest = { algorithm: algorithms.ES256, input: 'digest', bytes: new Uint8Array(32).fill(7) } as const

describe('a key is opened', () => {
  it('by its latest version, which later requests name', async () => {
    const first = state.addKey('Pinned', 'EC', { curve: 'P-256' })
    await using keys = provider(fake)
    await using signer = await openSigner(keys, at('Pinned'))
    expect(signer.key.reference).toBe(at(`Pinned/${first.version}`))
    state.addVersion('Pinned')
    const from = fake.requests.length
    const message = Buffer.from('message')
    const { bytes } = await signer.sign(message)
    const key = createPublicKey({ key: Buffer.from(signer.key.publicKey), format: 'der', type: 'spki' })
    expect(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, bytes)).toBe(true)
    const signed = fake.requests.slice(from)
    expect(signed.map(({ method }) => method)).toEqual(['POST'])
    expect(signed[0]!.url).toMatch(new RegExp(`^/keys/Pinned/${first.version}/sign\\?`))
  })

  it('under the name that was asked for, whatever case the vault writes it in', async () => {
    const { version } = state.addKey('MixedCase', 'EC', { curve: 'P-256' })
    await using keys = provider(fake)
    const { key, signRaw } = await keys.open(at('mixedcase'), call)
    expect(key.reference).toBe(at(`mixedcase/${version}`))
    expect((await signRaw(digest, call)).reference).toBe(key.reference)
  })

  it('with one request beyond the challenge, and one token for all clients', async () => {
    state.addKey('Thrifty', 'EC', { curve: 'P-256' })
    await using keys = provider(fake)
    const [challenges, tokens, requests] = [fake.challenges(), fake.tokens(), fake.requests.length]
    const handle = await keys.open(at('Thrifty'), call)
    await Promise.all(Array.from({ length: 5 }, () => handle.signRaw(digest, call)))
    expect(fake.challenges() - challenges).toBe(1)
    expect(fake.tokens() - tokens).toBe(1)
    expect(fake.requests.length - requests).toBe(1 + 1 + 5)
  })

  it.each([
    ['EC-HSM', 'hsm'],
    ['EC', 'software'],
  ])('and says of a key of type %s that it is in %s', async (kty, protection) => {
    state.addKey('Protected', kty, { curve: 'P-256' })
    await using keys = provider(fake)
    expect((await keys.open(at('Protected'), call)).key.protection).toBe(protection)
  })

  it('in a Managed HSM, where every key is in hardware', async () => {
    await using hsm = await fakeKeyVault('unit.managedhsm.azure.net')
    const { version } = hsm.state.addKey('Release', 'EC', { curve: 'P-384' })
    await using keys = provider(hsm)
    await using signer = await openSigner(keys, 'azurekms://unit.managedhsm.azure.net/Release')
    expect(signer.key).toMatchObject({
      reference: `azurekms://unit.managedhsm.azure.net/Release/${version}`,
      protection: 'hsm',
      algorithms: { ES384: { digest: true } },
    })
    expect((await signer.sign(Buffer.from('message'))).bytes).toHaveLength(96)
  })
})

describe('a key is not opened', () => {
  const seconds = () => Math.floor(Date.now() / 1000)

  it.each([
    ['is disabled', { enabled: false }, 'disabled'],
    ['is not valid yet', { enabled: true, nbf: seconds() + 600 }, 'before 20'],
    ['has expired', { enabled: true, exp: seconds() - 600 }, 'expired at 20'],
  ])('that %s', async (_, attributes, why) => {
    state.addKey('State', 'EC', { curve: 'P-256' }).attributes = attributes
    await using keys = provider(fake)
    await expect(keys.open(at('State'), call)).rejects.toMatchObject({
      code: 'KEY_STATE',
      why: expect.stringContaining(why),
    })
  })

  it('that may not sign by its operations', async () => {
    state.addKey('Wrapping', 'RSA', { keySize: 2048 }).operations = ['wrapKey', 'unwrapKey']
    await using keys = provider(fake)
    await expect(keys.open(at('Wrapping'), call)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it.each([
    ['another version', (kid: string) => kid.replace(/.{32}$/, '0'.repeat(32))],
    ['another key', (kid: string) => kid.replace('/Asked/', '/Answered/')],
    ['another vault', (kid: string) => kid.replace('unit.', 'other.')],
  ])('when %s answers', async (_, change) => {
    const { version } = state.addKey('Asked', 'EC', { curve: 'P-256' })
    const end = fake.inject('getKey', {
      kind: 'rewrite',
      reply: reply => {
        const key = reply.key as { kid: string }
        return { ...reply, key: { ...key, kid: change(key.kid) } }
      },
    })
    await using keys = provider(fake)
    const opening = keys.open(at(`Asked/${version}`), call)
    await expect(opening).rejects.toMatchObject({ code: 'KEY_MISMATCH' }).finally(end)
  })

  it.each([
    ['has no key id', { key: { kty: 'EC' } }, 'INTEGRITY'],
    ['is empty', {}, 'INTEGRITY'],
    ['is a list', [], 'INTEGRITY'],
    ['is a text', 'text', 'INTEGRITY'],
    ['is nothing', null, 'INTEGRITY'],
  ])('when the answer %s', async (_, reply, code) => {
    state.addKey('Damaged', 'EC', { curve: 'P-256' })
    const end = fake.inject('getKey', { kind: 'rewrite', reply: () => reply })
    await using keys = provider(fake)
    await expect(keys.open(at('Damaged'), call))
      .rejects.toMatchObject({ code })
      .finally(end)
  })

  it('that is symmetric', async () => {
    state.addKey('Symmetric', 'EC', { curve: 'P-256' })
    const end = fake.inject('getKey', {
      kind: 'rewrite',
      reply: reply => ({ ...reply, key: { kid: (reply.key as { kid: string }).kid, kty: 'oct-HSM' } }),
    })
    await using keys = provider(fake)
    await expect(keys.open(at('Symmetric'), call))
      .rejects.toMatchObject({ code: 'UNSUPPORTED' })
      .finally(end)
  })
})

describe('no signature is released', () => {
  it('that another version made', async () => {
    state.addKey('Swapped', 'EC', { curve: 'P-256' })
    await using keys = provider(fake)
    await using signer = await openSigner(keys, at('Swapped'))
    const end = fake.inject('sign', {
      kind: 'rewrite',
      reply: reply => ({ ...reply, kid: String(reply.kid).replace(/.{32}$/, 'f'.repeat(32)) }),
    })
    await expect(signer.sign(Buffer.from('x')))
      .rejects.toMatchObject({ code: 'KEY_MISMATCH' })
      .finally(end)
  })

  it.each([
    ['has no key id', { value: 'AAAA' }],
    ['has spare bits', { value: 'AAB' }],
    ['is padded', { value: 'AAA=' }],
    ['is empty', {}],
  ])('when the answer %s', async (_, change) => {
    const { version } = state.addKey('Odd', 'EC', { curve: 'P-256' })
    await using keys = provider(fake)
    const handle = await keys.open(at('Odd'), call)
    const kid =
      'value' in change && change.value === 'AAAA'
        ? {}
        : { kid: `https://unit.vault.azure.net/keys/Odd/${version}` }
    const end = fake.inject('sign', { kind: 'rewrite', reply: () => ({ ...kid, ...change }) })
    await expect(handle.signRaw(digest, call)).rejects.toMatchObject({ code: 'INTEGRITY' }).finally(end)
  })

  it('by a version that expires while it is open, which the SDK itself finds', async () => {
    const stored = state.addKey('Expiring', 'EC', { curve: 'P-256' })
    stored.attributes = { enabled: true, exp: Math.ceil(Date.now() / 1000) + 3 }
    await using keys = provider(fake)
    const handle = await keys.open(at('Expiring'), call)
    const calls = fake.calls('sign')
    await new Promise(resolve => setTimeout(resolve, 1000 * stored.attributes.exp! - Date.now() + 20))
    await expect(handle.signRaw(digest, call)).rejects.toMatchObject({
      code: 'KEY_STATE',
      why: 'the key has expired',
    })
    expect(fake.calls('sign')).toBe(calls)
  })
})
