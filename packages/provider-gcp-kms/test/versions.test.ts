import { keyType, openSigner } from '@sealwright/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeGcpKms, fakeGcpKms } from './fake-gcp-kms/fake.ts'
import { provider } from './harness.ts'

let fake: FakeGcpKms
beforeAll(async () => {
  fake = await fakeGcpKms()
})
afterAll(() => fake[Symbol.asyncDispose]())

const call = { signal: new AbortController().signal }

describe.each(['grpc', 'rest'] as const)('opening a key without a version, over %s', transport => {
  it('takes the highest number that is enabled, by number and over all pages', async () => {
    const key = fake.state.addKey('EC_SIGN_ED25519')
    while (fake.state.keys.get(key)!.versions.length < 12) fake.state.addVersion(key)
    fake.state.version(`${key}/cryptoKeyVersions/12`).state = 'DISABLED'
    fake.state.pageMax = 5
    await using keys = provider(fake, transport)
    const handle = await keys.open(`gcpkms://${key}`, call)
    fake.state.pageMax = 1000
    expect(handle.key.reference).toBe(`gcpkms://${key}/cryptoKeyVersions/11`)
  })

  it('says NOT_FOUND of a key that is not there, where its versions are an empty list too', async () => {
    await using keys = provider(fake, transport)
    const open = (key: string) => keys.open(`gcpkms://${key}`, call)
    const { keys: known } = fake.state
    const key = fake.state.addKey('EC_SIGN_ED25519')
    for (const listsMissing of [false, true]) {
      fake.state.listsMissing = listsMissing
      await expect(open(`${key}-missing`)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    }
    fake.state.listsMissing = false
    for (const version of known.get(key)!.versions) version.state = 'DISABLED'
    await expect(open(key)).rejects.toMatchObject({ code: 'KEY_STATE', why: 'none is enabled' })
  })

  it('asks for no more than the permissions it names', async () => {
    const key = fake.state.addKey('PQ_SIGN_ML_DSA_44')
    await using keys = provider(fake, transport)
    const { open = [], sign = [] } = keys.permissions
    fake.allow([...open, ...sign])
    try {
      await using signer = await openSigner(keys, `gcpkms://${key}`)
      expect(await signer.sign(Buffer.from('hello'))).toMatchObject({ algorithm: 'ML-DSA-44' })
      // A version says all that opening needs.
      fake.allow(['cloudkms.cryptoKeyVersions.viewPublicKey'])
      await keys.open(`gcpkms://${key}/cryptoKeyVersions/1`, call)
      await expect(keys.open(`gcpkms://${key}`, call)).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        fix: 'grant a role with cloudkms.cryptoKeyVersions.list on the key',
      })
    } finally {
      fake.allow(undefined)
    }
  })

  it.each([
    ['DISABLED', 'KEY_STATE', 'the version is disabled'],
    ['DESTROYED', 'KEY_STATE', 'the version was destroyed'],
    ['GENERATION_FAILED', 'KEY_STATE', 'the version could not be generated'],
    ['PENDING_GENERATION', 'UNAVAILABLE', 'the version is still being generated'],
  ])('says of a version that is %s what it is', async (state, code, why) => {
    const key = fake.state.addKey('EC_SIGN_P256_SHA256')
    fake.state.version(`${key}/cryptoKeyVersions/1`).state = state
    await using keys = provider(fake, transport)
    const opening = keys.open(`gcpkms://${key}/cryptoKeyVersions/1`, call)
    await expect(opening).rejects.toMatchObject({ code, why })
    await expect(keys.open(`gcpkms://${key}`, call)).rejects.toMatchObject({ code: 'KEY_STATE' })
  })

  it('says KEY_STATE where it may not look at the version', async () => {
    const key = fake.state.addKey('EC_SIGN_P256_SHA256')
    fake.state.version(`${key}/cryptoKeyVersions/1`).state = 'DISABLED'
    await using keys = provider(fake, transport)
    fake.allow(['cloudkms.cryptoKeyVersions.viewPublicKey'])
    try {
      await expect(keys.open(`gcpkms://${key}/cryptoKeyVersions/1`, call)).rejects.toMatchObject({
        code: 'KEY_STATE',
        why: 'the key is in a state in which it does not sign',
      })
    } finally {
      fake.allow(undefined)
    }
  })

  it.each(['PQ_SIGN_SLH_DSA_SHA2_128S', 'HMAC_SHA256', 'GOOGLE_SYMMETRIC_ENCRYPTION'])(
    'says UNSUPPORTED of %s, and names it',
    async algorithm => {
      const key = fake.state.addKey(algorithm)
      await using keys = provider(fake, transport)
      for (const version of ['', '/cryptoKeyVersions/1']) {
        const opening = keys.open(`gcpkms://${key}${version}`, call)
        await expect(opening).rejects.toMatchObject({
          code: 'UNSUPPORTED',
          why: `its algorithm is ${algorithm}`,
        })
      }
    },
  )

  it.each([
    ['SOFTWARE', 'software'],
    ['HSM', 'hsm'],
    ['HSM_SINGLE_TENANT', 'hsm'],
    ['EXTERNAL', 'external'],
    ['EXTERNAL_VPC', 'external'],
  ])('describes the protection %s as %s', async (protectionLevel, expected) => {
    const key = fake.state.addKey('EC_SIGN_P256_SHA256', { protectionLevel })
    await using keys = provider(fake, transport)
    const handle = await keys.open(`gcpkms://${key}`, call)
    expect(handle.key.protection).toBe(expected)
  })

  it('gives the public keys of ML-DSA their header of X.509', async () => {
    const key = fake.state.addKey('PQ_SIGN_ML_DSA_65')
    await using keys = provider(fake, transport)
    const handle = await keys.open(`gcpkms://${key}/cryptoKeyVersions/1`, call)
    expect(keyType(handle.key.publicKey)).toBe('ML-DSA-65')
    const { spki } = fake.state.version(`${key}/cryptoKeyVersions/1`).key!
    expect(Buffer.from(handle.key.publicKey)).toEqual(spki)
  })
})
