import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { isSealwrightError } from '@sealwright/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Credential, type RegistryOptions, registry } from '../../src/index.ts'

const PASSWORD = 'hunter2-secret-password'
const TOKEN = 'a-bearer-token-that-is-secret-0123456789'
const IDENTITY = 'an-identity-token-that-is-secret-9876543210'
const BASIC = Buffer.from(`bob:${PASSWORD}`).toString('base64')
const SECRETS = [PASSWORD, TOKEN, IDENTITY, BASIC]

/** Every secret in every form, and the pieces of it that would still tell. */
function leaksIn(shown: string): string[] {
  const forms = SECRETS.flatMap(secret => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('hex'),
    ...[0, 1, 2].map(offset =>
      Buffer.from(`${'-'.repeat(offset)}${secret}`)
        .toString('base64')
        .slice(4, -4),
    ),
  ])
  const pieces = forms.flatMap(form => [form.slice(0, 10), form.slice(-10)])
  return [...forms, ...pieces].filter(form => shown.includes(form))
}

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void

async function hostile(
  handler: Handler,
  credential: Credential = { username: 'bob', password: PASSWORD },
  options: RegistryOptions = {},
) {
  const server = createServer(async (request, response) => handler(request, response, await text(request)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const store = registry(`127.0.0.1:${port}/app`, {
    retry: { attempts: 1 },
    credentials: { get: async () => credential },
    ...options,
  })
  return { store, host: `127.0.0.1:${port}` }
}

async function shownBy(action: () => Promise<unknown>): Promise<string> {
  try {
    await action()
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    const { message, why, fix, requestId, cause } = error
    return JSON.stringify({ message, why, fix, requestId, cause })
  }
  throw new Error('nothing was thrown')
}

const challenge = (response: ServerResponse, how: string) =>
  response.writeHead(401, { 'www-authenticate': how }).end()

const answer = (response: ServerResponse, status: number, message: string, headers = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', ...headers })
    .end(JSON.stringify({ errors: [{ code: 'DENIED', message }] }))

/** What a server makes of the header that it got. */
const ECHOES: readonly (readonly [string, (header: string) => string])[] = [
  ['the header', header => `bad header ${header}`],
  ['the header without padding', header => header.replaceAll('=', '')],
  ['what it decoded', header => decoded(header)],
  ['what it decoded, percent-encoded', header => encodeURIComponent(decoded(header))],
  ['the header in base64', header => Buffer.from(`x${header}`).toString('base64')],
  ['the header in base64url', header => Buffer.from(`xx${header}`).toString('base64url')],
  ['the header in hexadecimal', header => Buffer.from(header).toString('hex')],
  ['the header across the cut', header => `${'x'.repeat(285)} ${header}`],
  ['what it decoded across the cut', header => `${'x'.repeat(285)}${decoded(header)}`],
  ['the header as it cut it itself', header => header.slice(0, -6)],
  ['a password that it cut itself', header => decoded(header).slice(0, -4)],
]

function decoded(header: string): string {
  const [scheme, value = ''] = header.split(' ')
  return scheme === 'Basic' ? Buffer.from(value, 'base64').toString() : value
}

describe.each(ECHOES)('a registry that repeats %s', (_name, echo) => {
  test('does not bring Basic credentials into an error', async () => {
    for (const status of [400, 403, 404, 429, 500]) {
      const { store } = await hostile((request, response) => {
        const { authorization } = request.headers
        if (authorization === undefined) return challenge(response, 'Basic realm="x"')
        return answer(response, status, echo(authorization))
      })
      const shown = await shownBy(() => store.push(CONFIG, BYTES))
      expect(leaksIn(shown)).toEqual([])
    }
  })

  test('does not bring a token, or a login at its token server, into an error', async () => {
    for (const fails of ['registry', 'token server']) {
      const { store } = await hostile((request, response) => {
        const { authorization = '', host } = request.headers
        if (request.url?.startsWith('/token')) {
          if (fails === 'token server') return answer(response, 400, echo(authorization))
          return response.end(JSON.stringify({ token: TOKEN }))
        }
        if (authorization === '') return challenge(response, `Bearer realm="http://${host}/token"`)
        return answer(response, 403, echo(authorization))
      })
      expect(leaksIn(await shownBy(() => store.push(CONFIG, BYTES)))).toEqual([])
    }
  })

  test('does not bring an identity token into an error', async () => {
    const { store } = await hostile(
      (request, response, body) => {
        const { host } = request.headers
        if (request.url?.startsWith('/token')) {
          const given = new URLSearchParams(body).get('refresh_token') ?? ''
          return answer(response, 400, `${echo(`Bearer ${given}`)} ${body}`)
        }
        return challenge(response, `Bearer realm="http://${host}/token"`)
      },
      { identityToken: IDENTITY },
    )
    expect(leaksIn(await shownBy(() => store.push(CONFIG, BYTES)))).toEqual([])
  })
})

test('the password is not shown, however many tokens it was exchanged for', async () => {
  let issued = 0
  let echoed = false
  const { store } = await hostile((request, response) => {
    const { authorization, host } = request.headers
    if (request.url?.startsWith('/token')) {
      issued++
      return response.end(JSON.stringify({ token: `${TOKEN}-${issued}`, expires_in: 300 }))
    }
    if (echoed) return answer(response, 403, `bad login bob:${PASSWORD}`)
    // Each token serves for one request.
    const isNew =
      authorization === `Bearer ${TOKEN}-${issued}` && request.url !== undefined && !used.has(authorization)
    if (!isNew) return challenge(response, `Bearer realm="http://${host}/token"`)
    used.add(authorization)
    return answer(response, 404, 'none')
  })
  const used = new Set<string>()
  for (let count = 0; count < 40; count++) await shownBy(() => store.resolve('v1'))
  expect(issued).toBeGreaterThanOrEqual(40)
  echoed = true
  expect(leaksIn(await shownBy(() => store.push(CONFIG, BYTES)))).toEqual([])
})

test('a token server that gives huge tokens is not believed, and costs no time', async () => {
  const { store, host } = await hostile((request, response) => {
    if (request.url?.startsWith('/token'))
      return response.end(JSON.stringify({ token: `${TOKEN}${'+/=~'.repeat(60_000)}` }))
    return challenge(response, `Bearer realm="http://${request.headers.host}/token"`)
  })
  const started = performance.now()
  for (let count = 0; count < 10; count++) {
    const shown = await shownBy(() => store.resolve('v1'))
    expect(shown).toContain(`${host} answered with a token that cannot be used`)
    expect(leaksIn(shown)).toEqual([])
  }
  expect(performance.now() - started).toBeLessThan(5000)
})

test('a secret in other places of an answer is not shown', async () => {
  const places: readonly ((secret: string, host: string) => [number, Record<string, string>])[] = [
    secret => [403, { 'x-request-id': secret }],
    secret => [307, { location: `http://${secret}.example/` }],
    secret => [200, { 'content-type': `application/${secret}` }],
    secret => [202, { location: `http://${secret}.example/` }],
    secret => [403, { 'www-authenticate': `Bearer error="insufficient_scope",realm="${secret}"` }],
  ]
  for (const place of places) {
    const { store, host } = await hostile((request, response) => {
      const { authorization } = request.headers
      if (authorization === undefined) return challenge(response, 'Basic realm="x"')
      const [status, headers] = place(PASSWORD, host)
      return response.writeHead(status, headers).end('{}')
    })
    expect(leaksIn(await shownBy(() => store.resolve('v1')))).toEqual([])
    // It may be there already.
    const pushing = await shownBy(() => store.push(CONFIG, BYTES)).catch(() => '')
    expect(leaksIn(pushing)).toEqual([])
  }
})

test('a secret in a warning of the registry is not shown, cut or whole', async () => {
  const warnings: string[] = []
  const { store } = await hostile(
    (request, response) => {
      const { authorization } = request.headers
      if (authorization === undefined) return challenge(response, 'Basic realm="x"')
      const warning = `299 - "${'x'.repeat(990)}${PASSWORD}", 299 - "${authorization}"`
      return answer(response, 404, 'none', { warning })
    },
    undefined,
    { onWarning: text => warnings.push(text) },
  )
  await shownBy(() => store.resolve('v1'))
  expect(warnings.length).toBeGreaterThan(1)
  expect(leaksIn(JSON.stringify(warnings))).toEqual([])
})

const BYTES = Buffer.from('{}')
const CONFIG = {
  mediaType: 'application/octet-stream',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
}
