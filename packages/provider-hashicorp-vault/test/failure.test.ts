import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { classify } from '../src/failure.ts'
import { hashicorpVault as store } from '../src/index.ts'

const hashicorpVault: typeof store = options => oneAttempt(store(options))

function said(statusCode: number, ...errors: string[]) {
  return Object.assign(new Error(errors[0]), { response: { statusCode, body: { errors } } })
}

const multi = (text: string) => `1 error occurred:\n\t* ${text}\n\n`

describe.each([
  [said(400, 'signing key not found'), 'NOT_FOUND'],
  [said(404), 'NOT_FOUND'],
  [said(404, 'no handler for route "nomount/keys/p". route entry not found.'), 'NOT_FOUND'],
  [said(404, 'namespace not found'), 'NOT_FOUND'],
  [said(500, multi('requested version for signing is higher than the latest key version')), 'NOT_FOUND'],
  [said(500, multi('refusing to use soft-deleted key')), 'KEY_STATE'],
  [
    said(500, multi('requested version for signing is less than the minimum encryption key version')),
    'KEY_STATE',
  ],
  [said(500, multi("error deriving key: missing 'context' for key derivation")), 'UNSUPPORTED'],
  [said(400, 'key type aes256-gcm96 does not support signing'), 'UNSUPPORTED'],
  [said(400, 'unknown key type ml-dsa'), 'UNSUPPORTED'],
  [
    said(
      500,
      multi(
        'failed to persist certificate chain: leaf certificate public key does not match the selected key version',
      ),
    ),
    'KEY_MISMATCH',
  ],
  [
    said(
      500,
      multi(
        'failed to persist certificate chain: leaf certificate public key does match the key version selected',
      ),
    ),
    'KEY_MISMATCH',
  ],
  [
    said(
      400,
      'could not validate key match between leaf certificate key and key version in transit: certificate key type mismatch',
    ),
    'KEY_MISMATCH',
  ],
  [said(400, 'Client sent an HTTP request to an HTTPS server.'), 'VALIDATION'],
  [said(403, multi('permission denied')), 'ACCESS_DENIED'],
  [said(403, '2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'), 'UNAUTHENTICATED'],
  [said(400, 'missing client token'), 'UNAUTHENTICATED'],
  [said(429, 'request path "transit/sign/p": rate limit quota exceeded'), 'THROTTLED'],
  [said(429), 'THROTTLED'],
  [said(413), 'UNSUPPORTED'],
  [said(412), 'UNAVAILABLE'],
  [said(473), 'UNAVAILABLE'],
  [said(307), 'UNAVAILABLE'],
  [said(500), 'UNAVAILABLE'],
  [said(502), 'UNAVAILABLE'],
  [said(503, 'Vault is sealed'), 'UNAVAILABLE'],
  [said(400, 'something else'), 'VALIDATION'],
  [said(202), 'INTEGRITY'],
  [Object.assign(new Error(), { code: 'ECONNREFUSED' }), 'UNAVAILABLE'],
  [Object.assign(new Error(), { code: 'UND_ERR_SOCKET' }), 'UNAVAILABLE'],
  [Object.assign(new Error(), { code: 'ETIMEDOUT' }), 'TIMEOUT'],
  [Object.assign(new Error(), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'UNAVAILABLE'],
  [Object.assign(new Error(), { code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }), 'UNAUTHENTICATED'],
  [Object.assign(new Error(), { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }), 'UNAVAILABLE'],
  [new DOMException('aborted', 'AbortError'), 'ABORTED'],
])('%o', (error, code) => {
  it(`is ${code}`, () => {
    expect(classify(error)?.code).toBe(code)
  })
})

it('keeps nothing of what Vault said', () => {
  const error = said(400, 'canary of a request, repeated by the server')
  expect(JSON.stringify(classify(error))).not.toContain('canary')
})

it('leaves alone what is neither of Vault nor of the network', () => {
  for (const error of [new Error('ours'), undefined, null, 'text', { code: 7 }, { code: 'EXOTIC' }]) {
    expect(classify(error)).toBeUndefined()
  }
})

it('passes on Retry-After with what passes, and with nothing else', () => {
  const body = { errors: [], retryAfterMs: 3000 }
  expect(classify({ response: { statusCode: 503, body } })).toMatchObject({ retryAfterMs: 3000 })
  expect(classify({ response: { statusCode: 403, body } })).not.toHaveProperty('retryAfterMs')
})

it.each([400, 403, 404, 412, 500])('shows no token that Vault repeats with status %s', async status => {
  const token = 'hvs.canary-token-that-is-repeated'
  const server = createServer((request, response) => {
    const said = String(request.headers['x-vault-token'])
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': said })
    response.end(JSON.stringify({ errors: [said, Buffer.from(said).toString('base64')], request_id: said }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await using provider = hashicorpVault({
      address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      token,
    })
    const error = await provider
      .open('hashivault://K', { signal: AbortSignal.timeout(5000) })
      .catch(thrown => thrown)
    expect(error).toBeInstanceOf(Error)
    const shown = inspect([error, provider.classify(error)], { depth: 9, showHidden: true })
    for (const shape of [token, Buffer.from(token).toString('base64')]) expect(shown).not.toContain(shape)
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

it('says that the server speaks https, as Go answers in text to plain http', async () => {
  const server = createServer((_, response) => {
    response.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' })
    response.end('Client sent an HTTP request to an HTTPS server.\n')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    await using provider = hashicorpVault({ address, token: 'hvs.any' })
    await expect(
      provider.open('hashivault://K', { signal: AbortSignal.timeout(5000) }),
    ).rejects.toMatchObject({
      code: 'VALIDATION',
      why: 'the server expects HTTPS, and the request was HTTP',
      fix: 'write https:// in VAULT_ADDR',
    })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
