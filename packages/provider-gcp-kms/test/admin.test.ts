import { type KeySpec, openSigner, SealwrightError } from '@sealwright/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeGcpKms, fakeGcpKms } from './fake-gcp-kms/fake.ts'
import { Refused } from './fake-gcp-kms/refused.ts'
import { IN, listed, provider } from './harness.ts'

let fake: FakeGcpKms
beforeAll(async () => {
  fake = await fakeGcpKms()
})
afterAll(() => fake[Symbol.asyncDispose]())

const call = { signal: new AbortController().signal }
let count = 0
const newKey = () => `${IN.ring}/cryptoKeys/New-${++count}`

async function refusal(work: Promise<unknown>): Promise<SealwrightError> {
  const error: unknown = await work.then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).toBeInstanceOf(SealwrightError)
  return error as SealwrightError
}

describe.each(['grpc', 'rest'] as const)('the administration of keys, over %s', transport => {
  it.each<readonly [KeySpec['type'], KeySpec['algorithm'], KeySpec['protection'], string, string]>([
    ['RSA-2048', 'PS256', undefined, 'RSA_SIGN_PSS_2048_SHA256', 'SOFTWARE'],
    ['RSA-4096', 'RS512', 'hsm', 'RSA_SIGN_PKCS1_4096_SHA512', 'HSM'],
    ['EC-P256', undefined, undefined, 'EC_SIGN_P256_SHA256', 'SOFTWARE'],
    ['EC-P384', 'ES384', 'hsm', 'EC_SIGN_P384_SHA384', 'HSM'],
    ['EC-secp256k1', undefined, undefined, 'EC_SIGN_SECP256K1_SHA256', 'HSM'],
    ['Ed25519', undefined, 'software', 'EC_SIGN_ED25519', 'SOFTWARE'],
    ['ML-DSA-65', undefined, undefined, 'PQ_SIGN_ML_DSA_65', 'SOFTWARE'],
  ])(
    'makes a key of %s for %s (%s) and waits until it can sign',
    async (type, algorithm, protection, expected, level) => {
      await using keys = provider(fake, transport)
      const reference = newKey()
      const spec = {
        reference,
        type,
        ...(algorithm === undefined ? {} : { algorithm }),
        ...(protection === undefined ? {} : { protection }),
      }
      const made = await keys.admin!.create(spec, call)
      expect(made).toBe(`${reference}/cryptoKeyVersions/1`)
      const version = fake.state.version(made.slice('gcpkms://'.length))
      expect(version).toMatchObject({ algorithm: expected, protectionLevel: level, state: 'ENABLED' })
      await using signer = await openSigner(keys, made)
      await signer.sign(Buffer.from('hello'))
    },
  )

  it('needs no more to make, rotate and list than the permissions it names', async () => {
    await using keys = provider(fake, transport)
    const { create, rotate, list } = keys.permissions
    try {
      fake.allow(create)
      const made = await keys.admin!.create({ reference: newKey(), type: 'Ed25519' }, call)
      fake.allow(rotate)
      await keys.admin!.rotate!(made, call)
      fake.allow(list)
      expect(await listed(keys, `${IN.ring}/`)).not.toEqual([])
    } finally {
      fake.allow(undefined)
    }
  })

  it.each<readonly [string, KeySpec, Partial<SealwrightError>]>([
    [
      'an RSA key without its algorithm',
      { reference: newKey(), type: 'RSA-4096' },
      { code: 'VALIDATION', fix: 'give one of: RS256, RS512, PS256, PS512' },
    ],
    [
      'an algorithm that Cloud KMS has not for this size',
      { reference: newKey(), type: 'RSA-3072', algorithm: 'PS384' },
      { code: 'UNSUPPORTED', why: 'it makes them for RS256, PS256' },
    ],
    ['P-521', { reference: newKey(), type: 'EC-P521' }, { code: 'UNSUPPORTED' }],
    [
      'secp256k1 in software',
      { reference: newKey(), type: 'EC-secp256k1', protection: 'software' },
      { code: 'UNSUPPORTED' },
    ],
    ['a version', { reference: `${newKey()}/cryptoKeyVersions/1`, type: 'Ed25519' }, { code: 'VALIDATION' }],
  ])('refuses %s before it asks', async (_, spec, expected) => {
    await using keys = provider(fake, transport)
    const before = fake.calls('CreateCryptoKey')
    expect(await refusal(keys.admin!.create(spec, call))).toMatchObject(expected)
    expect(fake.calls('CreateCryptoKey')).toBe(before)
  })

  it('says how to make the key ring that is not there', async () => {
    await using keys = provider(fake, transport)
    const spec = { reference: `${IN.location}/keyRings/None/cryptoKeys/k`, type: 'Ed25519' } as const
    expect(await refusal(keys.admin!.create(spec, call))).toMatchObject({
      code: 'NOT_FOUND',
      fix: 'gcloud kms keyrings create None --location europe-west3',
    })
  })

  it('says that a key of the name exists', async () => {
    await using keys = provider(fake, transport)
    const reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}`
    const creating = keys.admin!.create({ reference, type: 'Ed25519' }, call)
    expect(await refusal(creating)).toMatchObject({
      code: 'VALIDATION',
      why: expect.stringMatching(/exists/),
    })
  })

  it('names the version that was made when it cannot be waited for', async () => {
    await using keys = provider(fake, transport)
    const refused = new Refused(7, 'no')
    const end = fake.inject('GetCryptoKeyVersion', { kind: 'refuse', refused })
    const reference = newKey()
    const error = await refusal(keys.admin!.create({ reference, type: 'Ed25519' }, call))
    end()
    expect(error).toMatchObject({ code: 'ACCESS_DENIED' })
    expect(error.why).toContain(`${reference.slice('gcpkms://'.length)}/cryptoKeyVersions/1 was made`)
  })

  it('gives up waiting when the call is aborted', async () => {
    await using keys = provider(fake, transport)
    const end = fake.inject('GetCryptoKeyVersion', { kind: 'refuse', refused: new Refused(14, 'later') })
    const signal = AbortSignal.timeout(300)
    await expect(keys.admin!.create({ reference: newKey(), type: 'Ed25519' }, { signal })).rejects.toThrow()
    end()
  })

  it('rotates a key: the reference without a version opens the new one', async () => {
    await using keys = provider(fake, transport)
    const key = `gcpkms://${fake.state.addKey('EC_SIGN_P256_SHA256')}`
    expect(await keys.admin!.rotate!(key, call)).toBe(`${key}/cryptoKeyVersions/2`)
    const { reference } = (await keys.open(key, call)).key
    expect(reference).toBe(`${key}/cryptoKeyVersions/2`)
  })

  it.each([
    ['to encrypt', 'GOOGLE_SYMMETRIC_ENCRYPTION', {}],
    ['that is imported', 'EC_SIGN_P256_SHA256', { importOnly: true }],
    ['outside Google Cloud', 'EC_SIGN_P256_SHA256', { protectionLevel: 'EXTERNAL' }],
    ['of SLH-DSA', 'PQ_SIGN_SLH_DSA_SHA2_128S', {}],
  ])('does not rotate a key %s', async (_, algorithm, options) => {
    await using keys = provider(fake, transport)
    const key = fake.state.addKey(algorithm, options)
    expect(await refusal(keys.admin!.rotate!(`gcpkms://${key}`, call))).toMatchObject({ code: 'UNSUPPORTED' })
    expect(fake.state.keys.get(key)!.versions).toHaveLength(1)
  })

  it('lists the keys that sign, by the beginning of their names, page by page', async () => {
    await using keys = provider(fake, transport)
    const location = `projects/acme-signing/locations/${transport}`
    const inRing = (ring: string, id: string, algorithm = 'EC_SIGN_ED25519') =>
      `gcpkms://${fake.state.addKey(algorithm, { keyRing: `${location}/keyRings/${ring}`, id })}`
    const [a1, a2, b1] = [inRing('Alpha', 'App'), inRing('Alpha', 'Tool'), inRing('Beta', 'App')]
    inRing('Alpha', 'Encryption', 'GOOGLE_SYMMETRIC_ENCRYPTION')
    inRing('Alpha', 'Hashes', 'PQ_SIGN_SLH_DSA_SHA2_128S')
    fake.state.addVersion(a1.slice('gcpkms://'.length))
    const old = fake.state.addVersion(a1.slice('gcpkms://'.length))
    old.state = 'DESTROYED'
    fake.state.pageMax = 1
    const list = (prefix: string) => listed(keys, prefix)
    const at = `gcpkms://${location}`
    expect(await list(at)).toEqual([a1, a2, b1])
    expect(await list(`${at}/keyRings/B`)).toEqual([b1])
    expect(await list(`${at}/keyRings/Alpha/`)).toEqual([a1, a2])
    expect(await list(`${at}/keyRings/Alpha/cryptoKeys/T`)).toEqual([a2])
    expect(await list(`${a1}/`)).toEqual([1, 2].map(each => `${a1}/cryptoKeyVersions/${each}`))
    fake.state.pageMax = 1000
  })

  it('asks for project and location where the prefix has none', async () => {
    await using keys = provider(fake, transport)
    for (const prefix of [undefined, 'gcpkms://', 'gcpkms://projects/acme-signing']) {
      expect(await refusal(listed(keys, prefix))).toMatchObject({ code: 'VALIDATION' })
    }
  })
})
