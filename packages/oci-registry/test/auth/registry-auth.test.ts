import { SealwrightError } from '@sealwright/core'
import type { ArtifactStore } from '@sealwright/oci'
import { describe, expect, test, vi } from 'vitest'
import { collect, list, madeImage, madeSignature, pushImage } from '../../../oci/test/artifacts.ts'
import { failure } from '../../../oci/test/expect-error.ts'
import {
  type Credential,
  type CredentialSource,
  credentialFor,
  type RegistryOptions,
  registry,
} from '../../src/index.ts'
import { type FakeAuth, FakeRegistry, type FakeRegistryOptions } from '../fake-registry.ts'

const PASSWORD = 'canary-of-a-password'
const USERS = { u: PASSWORD }
const LOGIN: Credential = { username: 'u', password: PASSWORD, source: 'docker-credential-x' }

async function start(
  auth: FakeAuth | undefined,
  credential?: Credential,
  fakeOptions: FakeRegistryOptions = {},
  options: RegistryOptions = {},
) {
  const fake = await FakeRegistry.start({ ...fakeOptions, ...(auth ? { auth } : {}) })
  const credentials: CredentialSource | undefined = credential && credentialFor(fake.host, credential)
  const store: ArtifactStore = registry(`${fake.host}/team/app`, {
    retry: { attempts: 1 },
    settleMs: 5,
    ...(credentials ? { credentials } : {}),
    ...options,
  })
  return { fake, store, [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose]() }
}

describe('Basic', () => {
  const auth: FakeAuth = { scheme: 'basic', users: USERS }

  test('is shown once it is asked for, and from then on unasked', async () => {
    await using opened = await start(auth, LOGIN)
    const { fake, store } = opened
    await pushImage(store, madeImage(), 'v1')
    const said = fake.requests.map(({ headers }) => headers.authorization)
    expect(said[0]).toBeUndefined()
    const basic = `Basic ${Buffer.from(`u:${PASSWORD}`).toString('base64')}`
    expect(new Set(said.slice(1))).toEqual(new Set([basic]))
  })

  test('is not shown to a registry that does not ask', async () => {
    await using opened = await start(undefined, LOGIN)
    const { fake, store } = opened
    await pushImage(store, madeImage(), 'v1')
    expect(fake.requests.filter(({ headers }) => headers.authorization)).toEqual([])
  })

  test('that is refused is not tried twice, and is not repeated in the error', async () => {
    await using opened = await start(auth, { ...LOGIN, password: 'wrong-canary' })
    const { fake, store } = opened
    const error = await failure('UNAUTHENTICATED', () => store.resolve('v1'))
    expect(fake.requests.filter(({ headers }) => headers.authorization)).toHaveLength(1)
    expect(error.why).toBe('logged in as u through docker-credential-x')
    expect(JSON.stringify([error.message, error.why, error.fix, error])).not.toContain('canary')
  })

  test('without a log-in is UNAUTHENTICATED, with the way out', async () => {
    await using opened = await start(auth)
    const { fake, store } = opened
    const error = await failure('UNAUTHENTICATED', () => store.resolve('v1'))
    expect(error.why).toBe(`no credentials were found for ${fake.host}`)
    expect(error.fix).toContain(`docker login ${fake.host}`)
  })

  test('what a registry repeats of our secret is not shown', async () => {
    await using opened = await start(auth, LOGIN)
    const { fake, store } = opened
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: `no ${PASSWORD} here` }] })
    await pushImage(store, madeImage(), 'v1')
    fake.faults.push({ answer: { status: 403, body } })
    const error = await failure('ACCESS_DENIED', () => store.resolve('v1').then(() => store.resolve('v1')))
    expect(error.message).not.toContain('canary')
  })
})

describe('Bearer', () => {
  const auth: FakeAuth = { scheme: 'bearer', users: USERS }

  test('asks for no more than it needs, and keeps what it got', async () => {
    await using opened = await start(auth, LOGIN)
    const { fake, store } = opened
    await failure('NOT_FOUND', () => store.resolve('v1'))
    await failure('NOT_FOUND', () => store.resolve('v2'))
    expect(fake.authority!.tokenRequests).toEqual([
      { method: 'GET', scope: 'repository:team/app:pull', user: 'u' },
    ])
    const image = await pushImage(store, madeImage(), 'v1')
    await store.delete(image)
    expect(fake.authority!.tokenRequests.map(({ scope }) => scope)).toEqual([
      'repository:team/app:pull',
      'repository:team/app:pull,push',
      'repository:team/app:delete',
    ])
  })

  test('is anonymous without a log-in, and may read', async () => {
    await using opened = await start(auth)
    const { fake, store } = opened
    const other = registry(`${fake.host}/team/app`, { credentials: credentialFor(fake.host, LOGIN) })
    const image = await pushImage(other, madeImage(), 'v1')
    expect(await store.resolve('v1')).toEqual(image)
    expect(fake.authority!.tokenRequests.at(-1)?.user).toBeUndefined()
    await failure('UNAUTHENTICATED', () => pushImage(store, madeImage(), 'v2'))
  })

  test('asks once for all who wait', async () => {
    await using opened = await start(auth, LOGIN)
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    fake.authority!.revokeAll()
    const before = fake.authority!.tokenRequests.length
    await Promise.all(Array.from({ length: 10 }, () => collect(store.fetch(image))))
    expect(fake.authority!.tokenRequests.length - before).toBeLessThanOrEqual(2)
  })

  test('asks for the log-in once, and goes on when whoever asked first gives up', async () => {
    await using fake = await FakeRegistry.start({ auth })
    const answer = Promise.withResolvers<typeof LOGIN>()
    const get = vi.fn<CredentialSource['get']>(() => answer.promise)
    const store = registry(`${fake.host}/team/app`, { credentials: { get } })
    const controller = new AbortController()
    const first = failure('ABORTED', () => store.resolve('v1', { signal: controller.signal }))
    const others = [1, 2, 3].map(() => failure('NOT_FOUND', () => store.resolve('v1')))
    await vi.waitFor(() => expect(get).toHaveBeenCalled())
    controller.abort()
    await first
    answer.resolve(LOGIN)
    await Promise.all(others)
    expect(get).toHaveBeenCalledTimes(1)
  })

  test('gives up a log-in that nobody waits for any more, and asks again for the next', async () => {
    await using fake = await FakeRegistry.start({ auth })
    const gaveUp = Promise.withResolvers<void>()
    const get = vi.fn<CredentialSource['get']>(async () => LOGIN)
    get.mockImplementationOnce((_, call) => {
      call?.signal?.addEventListener('abort', () => gaveUp.resolve())
      return new Promise(() => {})
    })
    const store = registry(`${fake.host}/team/app`, { credentials: { get } })
    const controller = new AbortController()
    const asking = [1, 2].map(() =>
      failure('ABORTED', () => store.resolve('v1', { signal: controller.signal })),
    )
    await vi.waitFor(() => expect(get).toHaveBeenCalled())
    controller.abort()
    await Promise.all([...asking, gaveUp.promise])
    await failure('NOT_FOUND', () => store.resolve('v1'))
    expect(get).toHaveBeenCalledTimes(2)
  })

  test('renews a token that has run out', async () => {
    await using opened = await start(auth, LOGIN)
    const { fake, store } = opened
    const image = await pushImage(store, madeImage(), 'v1')
    fake.authority!.revokeAll()
    expect(await store.resolve('v1')).toEqual(image)
  })

  test('exchanges an identity token by POST', async () => {
    const identityToken = 'canary-identity'
    await using opened = await start({ scheme: 'bearer', identityTokens: [identityToken] }, { identityToken })
    const { fake, store } = opened
    await pushImage(store, madeImage(), 'v1')
    expect(fake.authority!.tokenRequests[0]).toMatchObject({ method: 'POST', user: 'token-user' })
    expect(fake.requests.every(({ path }) => !path.includes('canary'))).toBe(true)
  })

  test('shows a registry token as it is', async () => {
    await using opened = await start(auth, { registryToken: 'canary-token' })
    const { fake, store } = opened
    await failure('UNAUTHENTICATED', () => store.resolve('v1'))
    expect(fake.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      'Bearer canary-token',
    ])
  })

  test('that does not allow enough is ACCESS_DENIED', async () => {
    await using opened = await start(
      { ...auth, grant: (_, asked) => asked.filter(action => action === 'pull') },
      LOGIN,
    )
    const error = await failure('ACCESS_DENIED', () => pushImage(opened.store, madeImage(), 'v1'))
    expect(error.why).toContain('logged in as u')
  })

  test('refused by its server names that server', async () => {
    for (const credential of [{ ...LOGIN, password: 'canary-wrong' }, { identityToken: 'canary-wrong' }]) {
      await using opened = await start(auth, credential)
      const error = await failure('UNAUTHENTICATED', () => opened.store.resolve('v1'))
      expect(error.message).toContain('gave no token')
      expect(error.why).toMatch(/^logged in/)
      expect(error.fix).toContain('docker login')
      expect(JSON.stringify([error.message, error.why, error])).not.toContain('canary')
    }
  })

  test.each([
    ['plain http elsewhere', 'http://auth.example/token'],
    ['no URL', 'not a url'],
    ['another scheme', 'file:///etc/passwd'],
    ['a user in it', 'https://user:pass@auth.example/token'],
  ])('asks no token server that is %s', async (_, realm) => {
    const asked: string[] = []
    const fetch: typeof globalThis.fetch = (input, init) => {
      asked.push(String(input))
      return globalThis.fetch(input, init)
    }
    await using opened = await start({ ...auth, realm }, LOGIN, {}, { fetch })
    await failure('UNSUPPORTED', () => opened.store.resolve('v1'))
    expect(asked.every(url => url.startsWith(`http://${opened.fake.host}/`))).toBe(true)
  })

  test.each(['https://127.0.0.1:9/token', 'http://localhost:9/token', 'https://[::1]:9/token'])(
    'asks no token server on this machine (%s) for a registry that is elsewhere',
    async realm => {
      const seen: string[] = []
      const fetch: typeof globalThis.fetch = async input => {
        seen.push(String(input))
        return new Response(null, { status: 401, headers: { 'www-authenticate': `Bearer realm="${realm}"` } })
      }
      const store = registry('registry.example/app', {
        fetch,
        credentials: credentialFor('registry.example', LOGIN),
      })
      await failure('UNSUPPORTED', () => store.resolve('v1'))
      expect(seen).toEqual(['https://registry.example/v2/app/manifests/v1'])
    },
  )
})

describe('credentials stay where they belong', () => {
  test('and do not follow a blob to another origin', async () => {
    for (const scheme of ['basic', 'bearer'] as const) {
      await using opened = await start({ scheme, users: USERS }, LOGIN, { redirectBlobs: true })
      const { fake, store } = opened
      const made = madeImage()
      await pushImage(store, made, 'v1')
      await collect(store.fetch(made.blobs[1]!.descriptor))
      const elsewhere = fake.requests.filter(({ origin }) => origin === 'storage')
      expect(elsewhere.length).toBeGreaterThan(0)
      for (const { headers } of elsewhere) {
        expect(headers.authorization).toBeUndefined()
        expect(headers.cookie).toBeUndefined()
      }
    }
  })

  test('and are not fetched for a storage that asks for them', async () => {
    await using opened = await start({ scheme: 'basic', users: USERS }, LOGIN, { redirectBlobs: true })
    const { fake, store } = opened
    const made = madeImage()
    await pushImage(store, made, 'v1')
    fake.faults.push({
      path: 'signature=abc',
      answer: { status: 401, headers: { 'www-authenticate': 'Basic realm="give me"' } },
    })
    await failure('UNAUTHENTICATED', () => collect(store.fetch(made.blobs[1]!.descriptor)))
    expect(
      fake.requests.filter(({ origin, headers }) => origin === 'storage' && headers.authorization),
    ).toEqual([])
  })

  test('and do not go with an upload that is sent elsewhere', async () => {
    await using opened = await start({ scheme: 'basic', users: USERS }, LOGIN)
    const { fake, store } = opened
    fake.faults.push({
      method: 'POST',
      answer: { status: 202, headers: { location: `${fake.storageOrigin}/v2/team/app/blobs/uploads/x` } },
    })
    const blob = madeImage().blobs[0]!
    await failure('NOT_FOUND', () => store.push(blob.descriptor, blob.bytes))
    const elsewhere = fake.requests.filter(({ origin }) => origin === 'storage')
    expect(elsewhere.map(({ method, headers }) => [method, headers.authorization])).toEqual([
      ['PUT', undefined],
    ])
  })

  test.each([
    'http://registry.example.evil/blob',
    'http://192.0.2.1/blob',
    'https://127.0.0.1/blob',
    'http://localhost/blob',
    'ftp://registry.example/blob',
  ])('and a redirect to %s from a registry elsewhere is not followed', async location => {
    const seen: string[] = []
    const fetch: typeof globalThis.fetch = async input => {
      seen.push(String(input))
      return new Response(null, { status: 307, headers: { location } })
    }
    const store = registry('registry.example/app', { fetch })
    await failure('UNSUPPORTED', () => store.resolve('v1'))
    expect(seen).toHaveLength(1)
  })

  test('and a redirect that leads back to itself ends', async () => {
    let count = 0
    const fetch: typeof globalThis.fetch = async input => {
      count++
      return new Response(null, { status: 302, headers: { location: String(input) } })
    }
    await failure('UNAVAILABLE', () =>
      registry('registry.example/app', { fetch, retry: { attempts: 1 } }).resolve('v1'),
    )
    expect(count).toBeLessThan(12)
  })

  test('and one host is never taken for another that its name contains', async () => {
    const source = credentialFor('registry.example', LOGIN)
    for (const host of [
      'registry.example.evil',
      'evil-registry.example',
      'registry.example:8443',
      'example',
    ]) {
      expect(await source.get({ registry: host, repository: 'app' })).toBeUndefined()
    }
    expect(await source.get({ registry: 'registry.example', repository: 'app' })).toEqual(LOGIN)
  })

  test('and Docker Hub is one registry under all of its names', async () => {
    const seen: string[] = []
    const fetch: typeof globalThis.fetch = async input => {
      seen.push(String(input))
      return new Response(null, { status: 404 })
    }
    await failure('NOT_FOUND', () => registry('docker.io/library/alpine', { fetch }).resolve('v1'))
    expect(seen).toEqual(['https://registry-1.docker.io/v2/library/alpine/manifests/v1'])
    const source = credentialFor('index.docker.io', LOGIN)
    expect(await source.get({ registry: 'docker.io', repository: 'a' })).toEqual(LOGIN)
  })

  test('and plain http is for this machine, or chosen', async () => {
    const seen: string[] = []
    const fetch: typeof globalThis.fetch = async input => {
      seen.push(new URL(String(input)).origin)
      return new Response(null, { status: 404 })
    }
    const ask = async (host: string, plainHttp?: boolean) => {
      const options = plainHttp === undefined ? { fetch } : { fetch, plainHttp }
      await failure('NOT_FOUND', () => registry(`${host}/app`, options).resolve('v1'))
      return seen.pop()
    }
    expect(await ask('localhost:5000')).toBe('http://localhost:5000')
    expect(await ask('127.1.2.3:5000')).toBe('http://127.1.2.3:5000')
    expect(await ask('[::1]:5000')).toBe('http://[::1]:5000')
    expect(await ask('localhost:5000', false)).toBe('https://localhost:5000')
    expect(await ask('registry.example')).toBe('https://registry.example')
    expect(await ask('localhost.evil.example')).toBe('https://localhost.evil.example')
    expect(await ask('registry.example:5000', true)).toBe('http://registry.example:5000')
  })
})

test('referrers are listed and kept with a token too', async () => {
  await using opened = await start({ scheme: 'bearer', users: USERS }, LOGIN, { referrersApi: false })
  const { store } = opened
  const image = await pushImage(store, madeImage(), 'v1')
  const signature = madeSignature(image)
  await pushImage(store, signature)
  expect(await list(store.referrers(image))).toHaveLength(1)
})

describe('a helper that is not there', () => {
  const broken: CredentialSource = {
    get: async () => {
      throw new SealwrightError('UNAUTHENTICATED', 'the credential helper docker-credential-x failed', {
        why: 'no such program on the PATH',
        fix: 'remove "credsStore"',
      })
    },
  }

  test('keeps nobody from what is public, and is warned of once', async () => {
    const warnings: string[] = []
    await using opened = await start({ scheme: 'bearer', users: USERS }, LOGIN)
    const image = await pushImage(opened.store, madeImage(), 'v1')
    const store = registry(`${opened.fake.host}/team/app`, {
      credentials: broken,
      onWarning: text => warnings.push(text),
    })
    expect(await store.resolve('v1')).toEqual(image)
    expect(await list(store.referrers(image))).toEqual([])
    expect(warnings).toEqual([expect.stringContaining('going on without a login')])
  })

  test('is what a refusal is explained by, and is not passed over by a push', async () => {
    await using opened = await start({ scheme: 'basic', users: USERS })
    const store = registry(`${opened.fake.host}/team/app`, { credentials: broken, retry: { attempts: 1 } })
    const error = await failure('UNAUTHENTICATED', () => store.resolve('v1'))
    expect(error.why).toContain('no such program on the PATH')
    expect(error.fix).toBe('remove "credsStore"')
    const pushed = await failure('UNAUTHENTICATED', () =>
      store.push(madeImage().blobs[0]!.descriptor, Buffer.alloc(0)),
    )
    expect(pushed.fix).toBe('remove "credsStore"')
  })
})

test.each<[string, Credential]>([
  ['password', { username: 'u', password: 'one\ntwo' }],
  ['user name', { username: 'u\nv', password: 'p' }],
  ['registry token', { registryToken: 'one\ntwo' }],
  ['registry token', { registryToken: 'tökén' }],
  ['identity token', { identityToken: 'one two' }],
])('a %s that no header can carry is refused by name, and not shown', async (name, credential) => {
  await using opened = await start({ scheme: 'bearer', users: USERS }, { ...credential, source: 'a file' })
  const error = await failure('VALIDATION', () => opened.store.resolve('v1'))
  expect(error.message).toContain(name)
  expect(error.why).toContain('a file')
  expect(JSON.stringify([error.message, error.why, error.fix])).not.toMatch(/two|tökén/)
})
