import { expect, it } from 'vitest'
import { transportFailure } from '../../src/adapter/index.ts'

it.each([
  ['ECONNRESET', 'unreachable', 'UNAVAILABLE', 'no connection to the store could be made, or it broke'],
  ['UND_ERR_SOCKET', 'unreachable', 'UNAVAILABLE', 'no connection to the store could be made, or it broke'],
  ['ENOTFOUND', 'unknown-host', 'UNAVAILABLE', 'no such host is known'],
  ['ETIMEDOUT', 'late', 'TIMEOUT', 'the store did not answer in time'],
  ['CERT_HAS_EXPIRED', 'expired', 'UNAVAILABLE', 'the certificate of the server has expired'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'untrusted', 'UNAVAILABLE', 'the certificate of the server is not trusted'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'client-refused', 'UNAUTHENTICATED', /client certificate/],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'no-tls', 'UNAVAILABLE', /TLS/],
  ['HPE_INVALID_CONSTANT', 'no-http', 'UNAVAILABLE', /HTTP/],
  ['UND_ERR_DESTROYED', 'disposed', 'VALIDATION', /disposed/],
  ['UND_ERR_ABORTED', 'aborted', 'ABORTED', /aborted/],
])('%s is %s, %s', (code, fault, named, why) => {
  const error = Object.assign(new Error('secret'), { code })
  const expected = typeof why === 'string' ? why : expect.stringMatching(why)
  expect(transportFailure(error, 'the store')).toEqual({ fault, code: named, why: expected })
})

it.each([40, 42, 48, 116])('EPROTO of a write that ends by TLS alert %d is client-refused', alert => {
  const message = `write EPROTO 40BD:error:0A000410:SSL routines:x:ssl/tls alert:rec_layer_s3.c:918:SSL alert number ${alert}`
  const error = Object.assign(new Error(message), { code: 'EPROTO' })
  expect(transportFailure(error, 'the store')).toMatchObject({ fault: 'client-refused' })
  error.message = message.replace(/\d+$/, '70')
  expect(transportFailure(error, 'the store')).toMatchObject({ fault: 'no-tls' })
})

it.each([undefined, null, 'ECONNRESET', {}, { code: 5 }, { code: 'toString' }, new Error('x')])(
  '%s is not a network failure',
  error => {
    expect(transportFailure(error, 'the store')).toBeUndefined()
  },
)
