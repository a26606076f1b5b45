import { inspect } from 'node:util'
import { isSealwrightError } from '@sealwright/core'
import { afterAll, describe, expect, it } from 'vitest'
import { oneAttempt } from '../../../test/one-attempt.ts'
import { type AzureCredential, azureKeyVault } from '../src/index.ts'
import { type Effect, fakeKeyVault } from './fake-key-vault.ts'
import { provider } from './harness.ts'

const fake = await fakeKeyVault()
afterAll(() => fake[Symbol.asyncDispose]())

const { version } = fake.state.addKey('Release', 'EC', { curve: 'P-256' })
const REFERENCE = `azurekms://unit.vault.azure.net/Release/${version}`
const call = { signal: new AbortController().signal }
const { classify } = azureKeyVault()

async function failureOf(effect: Effect): Promise<unknown> {
  const end = fake.inject('getKey', effect)
  try {
    await using keys = provider(fake)
    await keys.open(REFERENCE, call)
  } catch (error) {
    return error
  } finally {
    end()
  }
  throw new Error('it was opened')
}

const refuse = (status: number, code: string, inner?: string, retryAfter?: string): Effect => ({
  kind: 'refuse',
  status,
  code,
  ...(inner === undefined ? {} : { inner }),
  ...(retryAfter === undefined ? {} : { retryAfter }),
})
const text = (status: number, body: string, type = 'text/html'): Effect => ({
  kind: 'text',
  status,
  text: body,
  type,
})

describe('a 403 without an inner code', () => {
  const said = (message: string) =>
    text(403, JSON.stringify({ error: { code: 'Forbidden', message } }), 'application/json')

  it.each([
    ['Operation get is not allowed on a disabled key.', 'KEY_STATE'],
    ['The key is disabled', 'KEY_STATE'],
    ['Operation get is not allowed on an expired key.', 'KEY_STATE'],
    ['Public network access is disabled and request is not from a trusted service', 'ACCESS_DENIED'],
    ['Caller is not authorized to perform action on resource.', 'ACCESS_DENIED'],
  ])('that says "%s" is %s', async (message, code) => {
    expect(await failureOf(said(message))).toMatchObject({ code })
  })
})

describe('a refusal of Key Vault', () => {
  it.each([
    [refuse(403, 'Forbidden', 'ForbiddenByRbac'), 'ACCESS_DENIED', 'may not do this'],
    [refuse(403, 'Forbidden', 'ForbiddenByPolicy'), 'ACCESS_DENIED', 'may not do this'],
    [refuse(403, 'Forbidden', 'ForbiddenByFirewall'), 'ACCESS_DENIED', 'firewall'],
    [refuse(403, 'Forbidden'), 'ACCESS_DENIED', 'may not do this'],
    [refuse(403, 'Forbidden', 'KeyDisabled'), 'KEY_STATE', 'disabled'],
    [refuse(403, 'Forbidden', 'KeyNotYetValid'), 'KEY_STATE', 'not valid yet'],
    [refuse(404, 'KeyNotFound'), 'NOT_FOUND', 'nothing of this name'],
    [refuse(409, 'Conflict', 'ObjectIsDeletedButRecoverable'), 'NOT_FOUND', 'deleted'],
    [refuse(400, 'BadParameter'), 'VALIDATION', 'malformed'],
    [refuse(400, 'NotSupported'), 'UNSUPPORTED', 'does not do this'],
    [refuse(418, 'Teapot'), 'VALIDATION', 'malformed'],
    [refuse(429, 'Throttled'), 'THROTTLED', 'throttling requests'],
    [refuse(503, 'KeyNotFound'), 'UNAVAILABLE', 'status 503'],
    [{ kind: 'unauthenticated' }, 'UNAUTHENTICATED', 'refuses the token'],
    [{ kind: 'reset' }, 'UNAVAILABLE', 'connection'],
    [text(404, '<html>not here</html>'), 'UNAVAILABLE', 'no reason'],
    [text(403, ''), 'UNAVAILABLE', 'no reason'],
    [text(503, ''), 'UNAVAILABLE', 'status 503'],
    [text(502, '{', 'application/json'), 'UNAVAILABLE', 'status 502'],
    [text(408, ''), 'TIMEOUT', 'gave up waiting'],
    [text(200, '{"key":', 'application/json'), 'INTEGRITY', 'cannot be read'],
    [text(200, '<html>log in</html>'), 'INTEGRITY', 'cannot be read'],
    [text(200, ''), 'INTEGRITY', 'cannot be read'],
    [{ kind: 'redirect', to: '/elsewhere' }, 'UNAVAILABLE', 'redirect'],
  ] as const)('%j is %s', async (effect, code, why) => {
    const error = await failureOf(effect)
    expect(error).toMatchObject({
      code,
      why: expect.stringContaining(why),
      message: expect.stringContaining(REFERENCE),
    })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain(fake.token)
  })

  it('has the id of the request', async () => {
    expect(await failureOf(refuse(404, 'KeyNotFound'))).toMatchObject({
      requestId: expect.stringMatching(/^request-/),
    })
  })

  it('that is one of too many says when to come again, by seconds or by date, or does not', async () => {
    expect(await failureOf(refuse(429, 'Throttled', undefined, '7'))).toMatchObject({ retryAfterMs: 7000 })
    const date = new Date(Date.now() + 60_000).toUTCString()
    const { retryAfterMs } = (await failureOf(refuse(503, 'Busy', undefined, date))) as {
      retryAfterMs: number
    }
    expect(retryAfterMs).toBeGreaterThan(50_000)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
    const { retryAfterMs: none } = (await failureOf(refuse(429, 'Throttled'))) as { retryAfterMs?: number }
    expect(none).toBeUndefined()
  })
})

describe('a token', () => {
  it('is sent to no server that asks for one of another domain', async () => {
    const before = fake.tokens()
    fake.resource = 'https://evil.example'
    await using keys = provider(fake)
    const opening = keys.open(REFERENCE, call)
    await expect(opening)
      .rejects.toMatchObject({ code: 'INTEGRITY', why: expect.stringContaining('own domain') })
      .finally(() => {
        fake.resource = 'https://vault.azure.net'
      })
    expect(fake.tokens()).toBe(before)
  })

  it('of another domain is sent to an emulator by option', async () => {
    fake.resource = 'https://emulator.example'
    await using keys = provider(fake, { disableChallengeResourceVerification: true })
    const opening = keys.open(REFERENCE, call)
    await expect(opening)
      .resolves.toBeDefined()
      .finally(() => {
        fake.resource = 'https://vault.azure.net'
      })
  })

  const failing = (error: Error): AzureCredential => ({ getToken: () => Promise.reject(error) })
  const named = (name: string, statusCode?: number) =>
    Object.assign(new Error('secret details'), { name, ...(statusCode === undefined ? {} : { statusCode }) })

  it.each([
    ['CredentialUnavailableError', undefined, 'UNAUTHENTICATED'],
    ['AggregateAuthenticationError', undefined, 'UNAUTHENTICATED'],
    ['AuthenticationError', 401, 'UNAUTHENTICATED'],
    ['AuthenticationError', 429, 'THROTTLED'],
    ['AuthenticationError', 503, 'UNAVAILABLE'],
  ])('that a credential does not give by %s (%s) is %s', async (name, status, code) => {
    await using keys = provider(fake, { credential: failing(named(name, status)) })
    const error = await keys.open(REFERENCE, call).catch((each: unknown) => each)
    expect(error).toMatchObject({ code })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('secret details')
  })

  it('that is none is UNAUTHENTICATED', async () => {
    await using keys = provider(fake, { credential: { getToken: async () => null } })
    await expect(keys.open(REFERENCE, call)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('is asked for again after a failure, and not kept past its end', async () => {
    let count = 0
    const credential: AzureCredential = {
      getToken: async () => {
        if (++count === 1) throw named('AuthenticationError', 503)
        return { token: fake.token, expiresOnTimestamp: Date.now() + 60_000 }
      },
    }
    await using keys = provider(fake, { credential })
    await expect(keys.open(REFERENCE, call)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
    await keys.open(REFERENCE, call)
    const until = count
    await keys.open(REFERENCE, call)
    expect(count).toBeGreaterThan(until)
  })

  it('is not waited for when nobody waits any more, and the credential hears of it', async () => {
    let heard: AbortSignal | undefined
    const controller = new AbortController()
    const credential: AzureCredential = {
      getToken: (_, options) =>
        new Promise(() => {
          heard = options?.abortSignal
          setImmediate(() => controller.abort())
        }),
    }
    await using keys = provider(fake, { credential })
    await expect(keys.open(REFERENCE, controller)).rejects.toMatchObject({ name: 'AbortError' })
    expect(heard?.aborted).toBe(true)
  })
})

describe('classify', () => {
  it.each([
    [new Error("Key https://v/keys/k can't be used before 2030"), 'KEY_STATE'],
    [new Error('Key https://v/keys/k expired at 2020'), 'KEY_STATE'],
    [new Error('Operation sign is not supported on key https://v/keys/k'), 'UNSUPPORTED'],
    [Object.assign(new Error('canary'), { code: 'ENOTFOUND' }), 'UNAVAILABLE'],
    [Object.assign(new Error('canary'), { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'UNAVAILABLE'],
    [Object.assign(new Error('canary'), { name: 'AbortError' }), 'ABORTED'],
  ])('knows %s as %s', (error, code) => {
    const failure = classify(error)
    expect(failure).toMatchObject({ code })
    expect(JSON.stringify(failure)).not.toContain(error.message)
  })

  it.each([undefined, null, 7, 'text', {}, new Error('other'), new TypeError('x is undefined')])(
    'knows nothing of %s',
    error => {
      expect(classify(error)).toBeUndefined()
    },
  )
})

describe('a server', () => {
  it('whose certificate is not trusted gets no request', async () => {
    const before = fake.requests.length
    await using keys = oneAttempt(
      azureKeyVault({ credential: fake.credential(), endpoint: fake.origin }),
    ) as ReturnType<typeof provider>
    const error = await keys.open(REFERENCE, call).catch((each: unknown) => each)
    expect(isSealwrightError(error) && error.code).toBe('UNAVAILABLE')
    expect(error).toMatchObject({ why: expect.stringContaining('not trusted') })
    expect(fake.requests.length).toBe(before)
  })
})

describe('a vault that repeats the token', () => {
  const shapes = [fake.token, Buffer.from(fake.token).toString('base64')]

  it.each([400, 403, 404, 409, 500])('by status %s shows nothing of it', async status => {
    for (const shape of shapes) {
      const error = { code: shape, message: shape, innererror: { code: shape } }
      const failure = await failureOf(text(status, JSON.stringify({ error }), 'application/json'))
      const shown = inspect([failure, classify(failure)], { depth: 9, showHidden: true })
      for (const each of shapes) expect(shown).not.toContain(each)
      expect(shown).not.toContain('canary')
    }
  })
})
