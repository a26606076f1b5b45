import { inspect } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { awsKms } from '../src/index.ts'
import { fakeAwsKms } from './fake-aws-kms.ts'
import { provider } from './harness.ts'

const fake = await fakeAwsKms()
afterAll(() => fake[Symbol.asyncDispose]())

const { classify } = awsKms()

function vendor(name: string, more: object = {}): Error {
  return Object.assign(new Error('AKIA-secret-canary'), { name, ...more })
}

describe('a failure is named by the name of the error', () => {
  it.each([
    ['NotFoundException', 'NOT_FOUND'],
    ['AccessDeniedException', 'ACCESS_DENIED'],
    ['UnrecognizedClientException', 'UNAUTHENTICATED'],
    ['ExpiredTokenException', 'UNAUTHENTICATED'],
    ['InvalidSignatureException', 'UNAUTHENTICATED'],
    ['IncompleteSignature', 'UNAUTHENTICATED'],
    ['CredentialsProviderError', 'UNAUTHENTICATED'],
    ['TokenProviderError', 'UNAUTHENTICATED'],
    ['AccessDenied', 'UNAUTHENTICATED'],
    ['DisabledException', 'KEY_STATE'],
    ['KMSInvalidStateException', 'KEY_STATE'],
    ['InvalidKeyUsageException', 'UNSUPPORTED'],
    ['UnsupportedOperationException', 'UNSUPPORTED'],
    ['ThrottlingException', 'THROTTLED'],
    ['LimitExceededException', 'THROTTLED'],
    ['KMSInternalException', 'UNAVAILABLE'],
    ['KeyUnavailableException', 'UNAVAILABLE'],
    ['DependencyTimeoutException', 'TIMEOUT'],
    ['ValidationException', 'VALIDATION'],
    ['InvalidArnException', 'VALIDATION'],
    ['AbortError', 'ABORTED'],
  ])('%s is %s', (name, code) => {
    const failure = classify(vendor(name, { $metadata: { httpStatusCode: 400, requestId: 'r-1' } }))
    expect(failure).toMatchObject({ code, requestId: 'r-1' })
    expect(JSON.stringify(failure)).not.toContain('canary')
  })
})

describe('a failure of the transport is named by its code, whatever the SDK calls it', () => {
  it.each([
    [vendor('TimeoutError', { code: 'ECONNRESET' }), 'UNAVAILABLE'],
    [vendor('TimeoutError', { code: 'ETIMEDOUT' }), 'TIMEOUT'],
    [vendor('Error', { code: 'ECONNREFUSED' }), 'UNAVAILABLE'],
    [vendor('Error', { code: 'ENOTFOUND' }), 'UNAVAILABLE'],
    [vendor('Error', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'UNAVAILABLE'],
  ])('%s', (error, code) => {
    expect(classify(error)).toMatchObject({ code })
  })
})

describe('an answer that is none of KMS is named by its status', () => {
  const answered = (name: string, statusCode: number, headers: object = {}) =>
    vendor(name, { $metadata: { httpStatusCode: statusCode }, $response: { statusCode, headers } })

  it.each([
    [answered('SyntaxError', 500), 'UNAVAILABLE'],
    [answered('Unknown', 503), 'UNAVAILABLE'],
    [answered('Unknown', 307), 'UNAVAILABLE'],
    [answered('SyntaxError', 302), 'UNAVAILABLE'],
    [answered('Unknown', 404), 'UNAVAILABLE'],
    [answered('Unknown', 429), 'THROTTLED'],
    [answered('SyntaxError', 200), 'INTEGRITY'],
    [answered('TypeError', 200), 'INTEGRITY'],
    [answered('BrandNewServerException', 500), 'UNAVAILABLE'],
  ])('%s', (error, code) => {
    expect(classify(error)).toMatchObject({ code })
  })

  it('and when to come again is taken from seconds, a date or milliseconds', () => {
    const after = (headers: object) => classify(answered('ThrottlingException', 400, headers))?.retryAfterMs
    expect(after({ 'retry-after': '3' })).toBe(3000)
    expect(after({ 'x-amz-retry-after': '1500' })).toBe(1500)
    expect(after({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() })).toBeGreaterThan(50_000)
    expect(after({ 'retry-after': 'soon' })).toBeUndefined()
    expect(after({})).toBeUndefined()
  })
})

it('a clock that the SDK has just corrected is worth another attempt', () => {
  const error = vendor('InvalidSignatureException', { $metadata: { clockSkewCorrected: true } })
  expect(classify(error)).toMatchObject({ code: 'UNAVAILABLE' })
})

it.each([
  undefined,
  null,
  'text',
  7,
  new Error('a bug'),
  vendor('BrandNewClientException', { $metadata: { httpStatusCode: 400 } }),
])('what is not known stays unnamed: %s', error => {
  expect(classify(error)).toBeUndefined()
})

describe('an endpoint that repeats the session token', () => {
  const { sessionToken } = fake.credentials
  const shapes = [
    sessionToken,
    Buffer.from(sessionToken).toString('base64'),
    encodeURIComponent(`"${sessionToken}"`),
  ]
  const who = `User: arn:aws:iam::111122223333:user/${sessionToken} is not authorized to perform: kms:GetPublicKey`
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': sessionToken }

  it.each<[number, object]>([
    [400, { __type: 'AccessDeniedException', message: who }],
    ...shapes.map((shape): [number, object] => [400, { __type: shape, message: shape }]),
    ...shapes.map((shape): [number, object] => [500, { __type: 'KMSInternalException', message: shape }]),
  ])('by status %s shows nothing of it: %j', async (status, body) => {
    const restore = fake.inject('GetPublicKey', { kind: 'text', status, text: JSON.stringify(body), headers })
    await using kms = provider(fake)
    const error = await kms
      .open('awskms:///alias/x', { signal: AbortSignal.timeout(5000) })
      .catch(thrown => thrown)
    restore()
    const shown = inspect([error, kms.classify(error)], { depth: 9, showHidden: true })
    for (const shape of shapes) expect(shown).not.toContain(shape)
    expect(error).toBeInstanceOf(Error)
  })
})

it('of a user without a home directory says what to set', () => {
  const error = Object.assign(new Error('uv_os_homedir returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' })
  expect(classify(error)).toMatchObject({
    code: 'VALIDATION',
    why: expect.stringContaining('home directory'),
  })
})
