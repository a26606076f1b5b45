import { openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { awsKms } from '../src/index.ts'
import { fakeAwsKms } from './fake-aws-kms.ts'
import { provider, REGION } from './harness.ts'

const fake = await fakeAwsKms()
afterAll(() => fake[Symbol.asyncDispose]())
const { state } = fake
const call = { signal: new AbortController().signal }
const MESSAGE = Buffer.from('a message')

function key(spec = 'ECC_NIST_P256') {
  return state.addKey(spec, REGION)
}

describe('opening a key', () => {
  it('resolves an alias once and signs by the ARN from then on', async () => {
    await using kms = provider(fake)
    const { arn } = key()
    state.setAlias('alias/once', state.find(arn, REGION))
    await using signer = await openSigner(kms, 'awskms:///alias/once')
    expect(signer.key).toMatchObject({ reference: `awskms:///${arn}`, protection: 'hsm' })
    const calls = fake.calls('GetPublicKey')
    await signer.sign(MESSAGE)
    const { requestId } = await signer.sign(MESSAGE)
    expect(fake.calls('GetPublicKey')).toBe(calls)
    expect(requestId).toMatch(/^request-\d+$/)
  })

  it('asks the region of the ARN, whatever the region of the provider', async () => {
    await using kms = provider(fake)
    const { arn } = state.addKey('ECC_NIST_P256', 'us-east-1')
    await using signer = await openSigner(kms, arn)
    expect(signer.key.reference).toBe(`awskms:///${arn}`)
    await expect(kms.open(`awskms:///${arn.slice(arn.lastIndexOf('/') + 1)}`, call)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      why: expect.stringContaining(REGION),
    })
    const id = `awskms:///${arn.slice(arn.lastIndexOf('/') + 1)}?region=us-east-1`
    expect((await kms.open(id, call)).key.reference).toBe(`awskms:///${arn}`)
  })

  it('does without DescribeKey where it is refused', async () => {
    await using kms = provider(fake)
    const { arn } = key()
    fake.allow(['kms:GetPublicKey', 'kms:Sign'])
    try {
      await using signer = await openSigner(kms, arn)
      expect(signer.key.protection).toBe('unknown')
      await signer.sign(MESSAGE)
    } finally {
      fake.allow(undefined)
    }
  })

  it.each([
    ['AWS_KMS', 'hsm'],
    ['AWS_CLOUDHSM', 'hsm'],
    ['EXTERNAL_KEY_STORE', 'external'],
    ['EXTERNAL', 'unknown'],
  ])('says of a key of origin %s that its protection is %s', async (origin, protection) => {
    await using kms = provider(fake)
    const stored = key()
    stored.origin = origin
    expect((await kms.open(`awskms:///${stored.arn}`, call)).key.protection).toBe(protection)
  })

  it.each(['SYMMETRIC_DEFAULT', 'HMAC_256'])('refuses a key of %s as UNSUPPORTED', async spec => {
    await using kms = provider(fake)
    await expect(kms.open(`awskms:///${key(spec).arn}`, call)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('refuses an RSA key for encryption as UNSUPPORTED', async () => {
    await using kms = provider(fake)
    const stored = key('RSA_2048')
    stored.usage = 'ENCRYPT_DECRYPT'
    await expect(kms.open(`awskms:///${stored.arn}`, call)).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it.each([
    ['PendingDeletion', 'KEY_STATE', 'to be deleted'],
    ['PendingImport', 'KEY_STATE', 'imported'],
    ['Disabled', 'KEY_STATE', 'disabled'],
    ['Unavailable', 'UNAVAILABLE', 'not connected'],
    ['Creating', 'UNAVAILABLE', 'being made'],
  ])('says of a key that is %s: %s', async (to, code, why) => {
    await using kms = provider(fake)
    const stored = key()
    const handle = await kms.open(`awskms:///${stored.arn}`, call)
    stored.state = to
    const expected = { code, why: expect.stringContaining(why) }
    await expect(kms.open(`awskms:///${stored.arn}`, call)).rejects.toMatchObject(expected)
    const { algorithms } = await import('@sealwright/core')
    const request = { algorithm: algorithms.ES256, input: 'message', bytes: MESSAGE } as const
    await expect(handle.signRaw(request, call)).rejects.toMatchObject(expected)
  })
})

describe('a reply for another key is a KEY_MISMATCH', () => {
  it.each(['GetPublicKey', 'Sign'])('to %s', async operation => {
    await using kms = provider(fake)
    const [{ arn }, other] = [key(), key()]
    await using signer = await openSigner(kms, arn)
    const restore = fake.inject(operation, {
      kind: 'rewrite',
      reply: reply => ({ ...reply, KeyId: other.arn }),
    })
    try {
      const work = operation === 'Sign' ? signer.sign(MESSAGE) : openSigner(kms, arn)
      await expect(work).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    } finally {
      restore()
    }
  })

  it('to a request for an alias of another region or account', async () => {
    await using kms = provider(fake)
    const stored = key()
    state.setAlias('alias/here', stored)
    const elsewhere = stored.arn.replace('111122223333', '999999999999')
    const restore = fake.inject('GetPublicKey', {
      kind: 'rewrite',
      reply: reply => ({ ...reply, KeyId: elsewhere }),
    })
    try {
      const alias = `awskms:///${stored.arn.replace(/key\/.*/, 'alias/here')}`
      await expect(kms.open(alias, call)).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    } finally {
      restore()
    }
  })

  it.each([
    ['no KeyId', { KeyId: undefined }],
    ['an alias for a KeyId', { KeyId: 'alias/x' }],
    ['no public key', { PublicKey: undefined }],
    ['a public key of another type than it says', { KeySpec: 'ECC_NIST_P384' }],
  ])('and one with %s is INTEGRITY', async (_, change) => {
    await using kms = provider(fake)
    const { arn } = key()
    const restore = fake.inject('GetPublicKey', {
      kind: 'rewrite',
      reply: reply => ({ ...reply, ...change }),
    })
    try {
      await expect(kms.open(`awskms:///${arn}`, call)).rejects.toMatchObject({ code: 'INTEGRITY' })
    } finally {
      restore()
    }
  })
})

describe('an error', () => {
  it('names who was refused what', async () => {
    await using kms = provider(fake)
    const { arn } = key()
    await using signer = await openSigner(kms, arn)
    fake.allow([])
    try {
      await expect(signer.sign(MESSAGE)).rejects.toMatchObject({
        code: 'ACCESS_DENIED',
        message: `AWS KMS refused to sign with awskms:///${arn}`,
        why: 'no policy allows kms:Sign to assumed-role/ci-release/session',
        requestId: expect.stringMatching(/^request-/),
      })
    } finally {
      fake.allow(undefined)
    }
  })

  it('says that the provider is disposed of', async () => {
    const kms = provider(fake)
    const { arn } = key()
    const signer = await openSigner(kms, arn)
    await kms[Symbol.asyncDispose]()
    await expect(signer.sign(MESSAGE)).rejects.toMatchObject({ code: 'VALIDATION' })
    await expect(openSigner(kms, arn)).rejects.toMatchObject({ code: 'VALIDATION' })
  })

  it('says that no region is known, or that the profile that would name one is not there', async () => {
    await using kms = oneAttempt(
      awsKms({
        endpoint: fake.url,
        credentials: fake.credentials,
        profile: 'a-profile-that-is-not',
      }),
    )
    await expect(kms.open('awskms:///alias/x', call)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'no AWS region is known',
      why: expect.stringMatching(/^the profile "a-profile-that-is-not" of the option profile is in neither /),
    })
  })
})
