import { KeyManagementServiceClient } from '@google-cloud/kms'
import { credentials } from '@grpc/grpc-js'
import { openSigner } from '@sealwright/core'
import { PassThroughClient } from 'google-auth-library'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { gcpKms } from '../src/index.ts'
import { type FakeGcpKms, fakeGcpKms } from './fake-gcp-kms/fake.ts'
import { Refused } from './fake-gcp-kms/refused.ts'

let fake: FakeGcpKms
beforeAll(async () => {
  fake = await fakeGcpKms()
})
afterAll(() => fake[Symbol.asyncDispose]())

/** As a program would make it, with the defaults of the SDK: 60 s and retries for ten minutes. */
function readyClient(): KeyManagementServiceClient {
  const { hostname, port } = new URL(fake.url('grpc'))
  const client = new KeyManagementServiceClient({
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    authClient: new PassThroughClient(),
  } as never)
  const { token } = fake
  const { asymmetricSign, getPublicKey } = client
  const withToken =
    (method: (request: never, options: never) => unknown) => (request: object, options: object) =>
      method.call(
        client,
        request as never,
        { ...options, otherArgs: { headers: { authorization: `Bearer ${token}` } } } as never,
      )
  return Object.assign(client, {
    asymmetricSign: withToken(asymmetricSign as never),
    getPublicKey: withToken(getPublicKey as never),
  })
}

describe('a client that was given', () => {
  it('is used, not retried, and left open', async () => {
    const client = readyClient()
    const keys = oneAttempt(gcpKms({ client }))
    const reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}/cryptoKeyVersions/1`
    const signer = await openSigner(keys, reference)
    await signer.sign(Buffer.from('hello'))
    const before = fake.calls('GetPublicKey')
    const end = fake.inject('GetPublicKey', { kind: 'refuse', refused: new Refused(14, 'later') })
    const call = { signal: new AbortController().signal }
    await expect(keys.open(reference, call)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    end()
    expect(fake.calls('GetPublicKey')).toBe(before + 1)
    await keys[Symbol.asyncDispose]!()
    await expect(keys.open(reference, call)).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(await client.getPublicKey({ name: reference.slice('gcpkms://'.length) })).toHaveLength(3)
    await client.close()
  })

  it('leaves nothing to choose', () => {
    const client = {} as KeyManagementServiceClient
    expect(() => gcpKms({ client, transport: 'rest' })).toThrow(/transport cannot be given/)
  })
})

describe('the options', () => {
  it.each([
    'http://kms.example',
    'cloudkms.example',
    'https://user:secret@kms.example',
    'https://kms.example/v1',
    'https://kms.example?key=x',
    'ftp://kms.example',
  ])('refuse the endpoint %s', endpoint => {
    expect(() => gcpKms({ endpoint })).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it.each(['http://localhost:8080', 'http://127.0.0.1', 'http://[::1]:9', 'https://kms.example:8443'])(
    'take the endpoint %s',
    endpoint => {
      expect(gcpKms({ endpoint }).name).toBe('gcp-kms')
    },
  )

  it('take plain HTTP to elsewhere by an explicit word', () => {
    expect(gcpKms({ endpoint: 'http://kms.example', allowPlainHttp: true }).name).toBe('gcp-kms')
  })

  it('refuse a transport that is none', () => {
    expect(() => gcpKms({ transport: 'http' as 'rest' })).toThrow(/neither grpc nor rest/)
  })

  it('send no credentials of this machine to an emulator on it', async () => {
    for (const transport of ['grpc', 'rest'] as const) {
      const keys = oneAttempt(gcpKms({ transport, endpoint: fake.url(transport) }))
      const call = { signal: new AbortController().signal }
      expect(await keys.identify!(call)).toEqual({
        source: `given by the program, asking ${fake.url(transport)}`,
      })
      const reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}/cryptoKeyVersions/1`
      // The fake, unlike an emulator, wants a token: that it got none is what it says.
      await expect(keys.open(reference, call)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
      await keys[Symbol.asyncDispose]!()
    }
  })
})
