import { type ErrorCode, openSigner, SealwrightError } from '@sealwright/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { classify } from '../src/failure.ts'
import { type FakeGcpKms, fakeGcpKms } from './fake-gcp-kms/fake.ts'
import { type Detail, Refused } from './fake-gcp-kms/refused.ts'
import { provider } from './harness.ts'

let fake: FakeGcpKms
beforeAll(async () => {
  fake = await fakeGcpKms()
})
afterAll(() => fake[Symbol.asyncDispose]())

const call = { signal: new AbortController().signal }
const info = (reason: string): Detail => ({
  type: 'ErrorInfo',
  reason,
  domain: 'googleapis.com',
  metadata: { service: 'cloudkms.googleapis.com' },
})

const TABLE: readonly (readonly [number, string, readonly Detail[], ErrorCode, RegExp])[] = [
  [3, 'malformed', [], 'VALIDATION', /malformed/],
  [4, 'too late', [], 'TIMEOUT', /in time/],
  [5, 'CryptoKey k not found.', [], 'NOT_FOUND', /no such key/],
  [7, 'denied', [], 'ACCESS_DENIED', /does not say which/],
  [
    7,
    `Permission 'cloudkms.cryptoKeyVersions.useToSign' denied on resource 'x' (or it may not exist).`,
    [],
    'ACCESS_DENIED',
    /no role gives these credentials cloudkms\.cryptoKeyVersions\.useToSign/,
  ],
  [7, 'disabled', [info('SERVICE_DISABLED')], 'ACCESS_DENIED', /API of Cloud KMS is not enabled/],
  [7, 'scopes', [info('ACCESS_TOKEN_SCOPE_INSUFFICIENT')], 'ACCESS_DENIED', /scopes/],
  [7, 'perimeter', [info('SECURITY_POLICY_VIOLATED')], 'ACCESS_DENIED', /VPC Service Controls/],
  [8, 'quota', [], 'THROTTLED', /quota/],
  [9, 'x is not enabled, current state is: DISABLED.', [], 'KEY_STATE', /state/],
  [9, 'x has a purpose that does not allow this operation.', [], 'UNSUPPORTED', /cannot do this/],
  [12, 'unknown', [], 'UNSUPPORTED', /does not know/],
  [13, 'internal', [], 'UNAVAILABLE', /failure of its own/],
  [14, 'later', [], 'UNAVAILABLE', /not available/],
  [16, 'who?', [], 'UNAUTHENTICATED', /expired, or are wrong/],
]

describe.each(['grpc', 'rest'] as const)('failures of Cloud KMS, over %s', transport => {
  it.each(TABLE)('tells code %i, %s, apart', async (code, message, details, expected, why) => {
    const reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}/cryptoKeyVersions/1`
    await using keys = provider(fake, transport)
    await keys.open(reference, call)
    const refused = new Refused(code, message, details)
    const end = fake.inject('GetPublicKey', { kind: 'refuse', refused })
    const error = await keys.open(reference, call).then(
      () => undefined,
      thrown => thrown as SealwrightError,
    )
    end()
    expect(error).toMatchObject({ code: expected, why: expect.stringMatching(why) })
    expect(error!.message).toContain(reference.slice('gcpkms://'.length))
  })

  it('passes on when to come again, and the id of the request', async () => {
    const reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}/cryptoKeyVersions/1`
    await using keys = provider(fake, transport)
    const refused = new Refused(8, 'quota', [
      { type: 'RetryInfo', seconds: 7 },
      { type: 'RequestInfo', requestId: 'request-7' },
    ])
    const end = fake.inject('GetPublicKey', { kind: 'refuse', refused })
    await expect(keys.open(reference, call)).rejects.toMatchObject({
      retryAfterMs: 7000,
      requestId: 'request-7',
    })
    end()
  })

  it('says UNAVAILABLE where nobody listens', async () => {
    const gone = await fakeGcpKms()
    const keys = provider(gone, transport)
    await gone[Symbol.asyncDispose]()
    const reference = 'gcpkms://projects/acme/locations/global/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1'
    await expect(keys.open(reference, call)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      why: expect.stringMatching(
        /^no connection to Cloud KMS could be made, or it broke; asked 127\.0\.0\.1:\d+$/,
      ),
    })
    await keys[Symbol.asyncDispose]!()
  })

  it('ends what is in progress when it is disposed of', async () => {
    const reference = `gcpkms://${fake.state.addKey('EC_SIGN_ED25519')}`
    const keys = provider(fake, transport)
    await using signer = await openSigner(keys, reference)
    const end = fake.inject('AsymmetricSign', { kind: 'hang' })
    const signing = signer.sign(Buffer.from('hello'))
    const outcome = expect(signing).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'the key store of Cloud KMS is disposed of',
    })
    while (fake.calls('AsymmetricSign') === 0) await new Promise(resolve => setTimeout(resolve, 5))
    await keys[Symbol.asyncDispose]!()
    await outcome
    end()
    await expect(keys.open(reference, call)).rejects.toMatchObject({ code: 'VALIDATION' })
  })
})

describe('classify', () => {
  const plugin = 'Getting metadata from plugin failed with error: '

  it.each<readonly [string, object, ErrorCode]>([
    ['credentials that got no token', { code: 2, details: `${plugin}invalid_grant` }, 'UNAUTHENTICATED'],
    ['a code that the source of tokens chose', { code: 13, details: `${plugin}denied` }, 'UNAUTHENTICATED'],
    [
      'a source of tokens that cannot be reached',
      { code: 2, details: `${plugin}request to https://sts failed, reason: connect ECONNREFUSED` },
      'UNAVAILABLE',
    ],
    ['a source of tokens that fails itself', { code: 503, details: `${plugin}try later` }, 'UNAVAILABLE'],
    ['a 404 of a proxy', { code: 12, details: 'Received HTTP status code 404' }, 'UNAVAILABLE'],
    ['a 403 of a proxy', { code: 7, details: 'Received HTTP status code 403' }, 'UNAVAILABLE'],
    ['a 429 of a proxy', { code: 14, details: 'Received HTTP status code 429' }, 'THROTTLED'],
    [
      'a page of HTML that the SDK took for "no such key"',
      { code: 5, httpStatusCode: 404, message: 'Error response from RPC x could not be decoded: <html>' },
      'UNAVAILABLE',
    ],
    [
      'a reply that cannot be read, which the SDK calls unavailable',
      { code: 14, message: 'Unexpected token', cause: new SyntaxError('Unexpected token') },
      'INTEGRITY',
    ],
    [
      'a connection that broke below the SDK',
      { code: 14, message: 'x', cause: Object.assign(new Error('x'), { code: 'ECONNRESET' }) },
      'UNAVAILABLE',
    ],
    [
      'a certificate',
      { code: 14, details: 'No connection established. Last error: self-signed certificate' },
      'UNAVAILABLE',
    ],
    [
      'a failure of ours inside one of the SDK',
      { cause: new SealwrightError('THROTTLED', 'x') },
      'THROTTLED',
    ],
  ])('sees through %s', (_, error, code) => {
    expect(classify(Object.assign(new Error('x'), error))).toMatchObject({ code })
  })

  it.each([
    ['certificate has expired', 'the certificate of the server has expired'],
    [
      `Hostname/IP does not match certificate's altnames: x`,
      'the certificate of the server is for another name',
    ],
  ])('does not advise to trust more where it is told: %s', (text, why) => {
    const error = Object.assign(new Error('x'), { code: 14, details: `Last error: Error: ${text}` })
    expect(classify(error)).toEqual({ code: 'UNAVAILABLE', why })
  })

  it('keeps nothing of what a vendor wrote', () => {
    const error = Object.assign(new Error('canary-1234'), { code: 7, details: 'canary-1234' })
    expect(JSON.stringify(classify(error))).not.toContain('canary')
  })

  it.each([undefined, null, 'text', new Error('ours'), { code: 99 }])('does not know %s', error => {
    expect(classify(error)).toBeUndefined()
  })
})
