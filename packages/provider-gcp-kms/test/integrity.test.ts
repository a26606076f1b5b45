import { createHash } from 'node:crypto'
import { algorithms, type KeyHandle } from '@sealwright/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeGcpKms, fakeGcpKms } from './fake-gcp-kms/fake.ts'
import { Refused } from './fake-gcp-kms/refused.ts'
import { checksum, type Message } from './fake-gcp-kms/semantics.ts'
import { provider } from './harness.ts'

let fake: FakeGcpKms
beforeAll(async () => {
  fake = await fakeGcpKms()
})
afterAll(() => fake[Symbol.asyncDispose]())

const call = { signal: new AbortController().signal }
const digest = createHash('sha256').update('hello').digest()
const ofDigest = { algorithm: algorithms.ES256, input: 'digest', bytes: digest } as const
const ofData = { algorithm: algorithms.Ed25519, input: 'message', bytes: Buffer.from('hello') } as const

/** Below the pipeline: its verification would find most of this too, but not say what it is. */
describe.each(['grpc', 'rest'] as const)('the checks of what Cloud KMS answers, over %s', transport => {
  async function withKey(algorithm: string, task: (handle: KeyHandle) => Promise<void>): Promise<void> {
    await using keys = provider(fake, transport)
    await task(await keys.open(`gcpkms://${fake.state.addKey(algorithm)}/cryptoKeyVersions/1`, call))
  }

  async function refuses(reply: (reply: Message) => Message, why: RegExp, isData = false): Promise<void> {
    await withKey(isData ? 'EC_SIGN_ED25519' : 'EC_SIGN_P256_SHA256', async handle => {
      const request = isData ? ofData : ofDigest
      const end = fake.inject('AsymmetricSign', { kind: 'rewrite', reply })
      try {
        await expect(handle.signRaw(request, call)).rejects.toMatchObject({
          code: 'INTEGRITY',
          why: expect.stringMatching(why),
        })
      } finally {
        end()
      }
      expect(await handle.signRaw(request, call)).toMatchObject({ reference: handle.key.reference })
    })
  }

  it('finds a signature that does not match its checksum', () =>
    refuses(reply => ({ ...reply, signatureCrc32c: { value: '1' } }), /another checksum/))

  it('finds a signature without a checksum', () =>
    refuses(({ signatureCrc32c: _, ...reply }) => reply, /has no checksum/))

  it('finds that the checksum of the digest was not looked at', () =>
    refuses(reply => ({ ...reply, verifiedDigestCrc32c: false }), /did not get the checksum/))

  it('finds that the checksum of the data was not looked at', () =>
    refuses(reply => ({ ...reply, verifiedDataCrc32c: false }), /did not get the checksum/, true))

  it('does not take the word about data for one about the digest', () =>
    refuses(
      ({ verifiedDigestCrc32c, ...reply }) => ({ ...reply, verifiedDataCrc32c: verifiedDigestCrc32c }),
      /did not get the checksum/,
    ))

  it('finds that another version signed', () =>
    refuses(reply => ({ ...reply, name: String(reply.name).replace(/1$/, '2') }), /names another key/))

  it('finds an answer that does not say who signed', () =>
    refuses(({ name: _, ...reply }) => reply, /names another key, or none/))

  it('finds an answer without a signature', () =>
    refuses(
      reply => ({ ...reply, signature: Buffer.alloc(0), signatureCrc32c: { value: '0' } }),
      /no signature/,
    ))

  it('says INTEGRITY when Cloud KMS found the request damaged', () =>
    withKey('EC_SIGN_P256_SHA256', async handle => {
      const refused = new Refused(3, 'invalid digest checksum')
      const end = fake.inject('AsymmetricSign', { kind: 'refuse', refused }, 1)
      await expect(handle.signRaw(ofDigest, call)).rejects.toMatchObject({ code: 'INTEGRITY' })
      end()
    }))

  it.each<readonly [string, string, (reply: Message) => Message]>([
    ['a checksum of other PEM', 'EC_SIGN_P256_SHA256', reply => ({ ...reply, pemCrc32c: { value: '7' } })],
    ['PEM without a checksum', 'EC_SIGN_P256_SHA256', ({ pemCrc32c: _, ...reply }) => reply],
    ['the name of another version', 'EC_SIGN_P256_SHA256', reply => ({ ...reply, name: `${reply.name}0` })],
    ['no name', 'EC_SIGN_P256_SHA256', ({ name: _, ...reply }) => reply],
    [
      'an algorithm of another type of key',
      'EC_SIGN_P256_SHA256',
      reply => ({ ...reply, algorithm: 'EC_SIGN_P384_SHA384' }),
    ],
    ['neither PEM nor bytes', 'EC_SIGN_P256_SHA256', ({ pem: _, ...reply }) => reply],
    [
      'PEM that is none',
      'EC_SIGN_P256_SHA256',
      reply => ({ ...reply, pem: 'hello', pemCrc32c: checksum(Buffer.from('hello')) }),
    ],
    [
      'a checksum of other bytes',
      'PQ_SIGN_ML_DSA_44',
      reply => ({ ...reply, publicKey: { ...(reply.publicKey as object), crc32cChecksum: { value: '7' } } }),
    ],
    [
      'too few bytes',
      'PQ_SIGN_ML_DSA_44',
      reply => {
        const data = (reply.publicKey as { data: Buffer }).data.subarray(1)
        return { ...reply, publicKey: { data, crc32cChecksum: checksum(data) } }
      },
    ],
    ['bytes in another format', 'PQ_SIGN_ML_DSA_44', reply => ({ ...reply, publicKeyFormat: 'DER' })],
  ])('refuses a public key with %s', async (_, algorithm, reply) => {
    const reference = `gcpkms://${fake.state.addKey(algorithm)}/cryptoKeyVersions/1`
    const end = fake.inject('GetPublicKey', { kind: 'rewrite', reply })
    try {
      await using keys = provider(fake, transport)
      await expect(keys.open(reference, call)).rejects.toMatchObject({ code: 'INTEGRITY' })
    } finally {
      end()
    }
  })

  it('takes the name with the id of a project that was asked for by its number, and keeps to it', async () => {
    const key = fake.state.addKey('EC_SIGN_P256_SHA256')
    const name = `${key}/cryptoKeyVersions/1`
    const byNumber = name.replace(/^projects\/[^/]+/, 'projects/123456789')
    const known = fake.state.keys.get(key)!
    const numbered = { ...known, versions: [{ ...known.versions[0]!, name: byNumber }] }
    fake.state.keys.set(byNumber.slice(0, byNumber.indexOf('/cryptoKeyVersions')), numbered)
    const end = fake.inject('GetPublicKey', { kind: 'rewrite', reply: reply => ({ ...reply, name }) })
    await using keys = provider(fake, transport)
    const handle = await keys.open(`gcpkms://${byNumber}`, call)
    end()
    expect(handle.key.reference).toBe(`gcpkms://${name}`)
    expect(await handle.signRaw(ofDigest, call)).toMatchObject({ reference: `gcpkms://${name}` })
  })
})
