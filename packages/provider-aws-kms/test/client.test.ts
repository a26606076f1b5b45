import { KMSClient } from '@aws-sdk/client-kms'
import { openSigner } from '@sealwright/core'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { type AwsKmsOptions, awsKms } from '../src/index.ts'
import { fakeAwsKms } from './fake-aws-kms.ts'
import { provider, REGION } from './harness.ts'

const fake = await fakeAwsKms()
afterAll(() => fake[Symbol.asyncDispose]())
const call = { signal: new AbortController().signal }
const MESSAGE = Buffer.from('a message')

function readyClient(): KMSClient {
  return new KMSClient({ region: REGION, endpoint: fake.url, credentials: fake.credentials, maxAttempts: 1 })
}

describe('a ready client', () => {
  it('signs, and stays open when the provider is disposed of', async () => {
    const client = readyClient()
    const { arn } = fake.state.addKey('ECC_NIST_P256', REGION)
    for (let round = 0; round < 2; round++) {
      await using kms = oneAttempt(awsKms({ client }))
      await using signer = await openSigner(kms, arn)
      await signer.sign(MESSAGE)
    }
    client.destroy()
  })

  it('is not asked for keys of another region', async () => {
    const client = readyClient()
    await using kms = oneAttempt(awsKms({ client }))
    const { arn } = fake.state.addKey('ECC_NIST_P256', 'us-east-1')
    await expect(openSigner(kms, arn)).rejects.toMatchObject({
      code: 'VALIDATION',
      fix: 'give a client of us-east-1, or none',
    })
    client.destroy()
  })

  it('excludes options that it would ignore', () => {
    expect(() => awsKms({ client: readyClient(), region: REGION })).toThrow('region cannot be given')
  })
})

describe('options that cannot be', () => {
  it.each<[string, AwsKmsOptions]>([
    ['plain HTTP to another machine', { endpoint: 'http://kms.example' }],
    ['plain HTTP to what only looks like this machine', { endpoint: 'http://127.0.0.1.example' }],
    ['no URL', { endpoint: 'kms.example' }],
    ['another scheme', { endpoint: 'ftp://kms.example' }],
    ['a password in the URL', { endpoint: 'https://user:password@kms.example' }],
    ['an endpoint that would not be a FIPS one', { endpoint: 'https://kms.example', fips: true }],
  ])('%s', (_, options) => {
    expect(() => awsKms(options)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it.each(['https://kms.example', 'http://localhost:4566', 'http://127.0.0.1:4566', 'http://[::1]:4566'])(
    'and one that can: %s',
    endpoint => {
      expect(() => awsKms({ endpoint })).not.toThrow()
      expect(() => awsKms({ endpoint: 'http://kms.example', allowPlainHttp: true })).not.toThrow()
    },
  )
})

describe('the transport', () => {
  it('sends nothing over plain HTTP to another machine that a variable names', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_KMS', 'http://kms.example')
    try {
      await using kms = oneAttempt(awsKms({ region: REGION, credentials: fake.credentials }))
      await expect(kms.open('awskms:///alias/x', call)).rejects.toMatchObject({
        code: 'VALIDATION',
        fix: expect.stringContaining('allowPlainHttp'),
      })
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('keeps its connections, and closes them with the provider', async () => {
    await using store = await fakeAwsKms()
    const kms = provider(store)
    const signer = await openSigner(kms, store.state.addKey('ECC_NIST_P256', REGION).arn)
    for (let round = 0; round < 5; round++) await signer.sign(MESSAGE)
    // One is free again a turn of the event loop after its answer: who asks at once gets another.
    expect(store.connections()).toBeLessThanOrEqual(2)
    await kms[Symbol.asyncDispose]()
    await vi.waitFor(() => expect(store.connections()).toBe(0))
  })

  it('opens no more connections than it says, however many sign at once, and says nothing of it', async () => {
    const warn = vi.spyOn(console, 'warn')
    await using store = await fakeAwsKms()
    await using kms = provider(store)
    await using signer = await openSigner(kms, store.state.addKey('ECC_NIST_EDWARDS25519', REGION).arn)
    await Promise.all(Array.from({ length: 400 }, () => signer.sign(MESSAGE)))
    expect(store.connections()).toBeLessThanOrEqual(64)
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })

  it('takes no answer without end', async () => {
    await using kms = provider(fake)
    const restore = fake.inject('GetPublicKey', { kind: 'text', status: 200, text: 'x'.repeat(2 ** 21) })
    await expect(kms.open('awskms:///alias/x', call)).rejects.toMatchObject({ code: 'INTEGRITY' })
    restore()
  })
})

it('a response that is not JSON is INTEGRITY', async () => {
  await using kms = provider(fake)
  for (const text of ['', '{"KeyId":', '[1]', '{"KeyId":1,"PublicKey":5}', '{"PublicKey":"a*$"}']) {
    const restore = fake.inject('GetPublicKey', { kind: 'text', status: 200, text })
    await expect(kms.open('awskms:///alias/x', call), text).rejects.toMatchObject({ code: 'INTEGRITY' })
    restore()
  }
})
