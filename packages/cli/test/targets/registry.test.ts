import { writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

const PASSWORD = 'canary-of-the-registry'

describe.each([
  ['with the referrers API', true, 'referrers API'],
  ['without it', false, 'tag'],
])('in a registry %s', (_title, referrersApi, stored) => {
  it('an image is signed and verified, and its tag and digest stay', async () => {
    const self = await program()
    const { json, expect: run } = self
    const { repository, digest, reference, resolved, fake } = await registryWith(self, { referrersApi })
    await json(0, ['init', 'me', '--scope', `${fake.host}/app`])
    expect((await json(1, ['verify', reference])).targets[0].reason.code).toBe('UNSIGNED')
    const { targets } = await json(0, ['sign', reference])
    expect(targets[0]).toMatchObject({ outcome: 'signed', resolved, stored: { as: stored } })
    expect((await json(0, ['sign', reference])).targets[0].outcome).toBe('unchanged')
    expect((await run(0, ['verify', '-q', reference])).stdout).toBe(`${resolved}\n`)
    expect(repository.tags.get('v1')).toBe(digest)
    expect((await json(0, ['list', reference])).referrers).toMatchObject([{ kind: 'signature' }])
    expect((await json(0, ['inspect', reference])).signatures).toHaveLength(1)
  })
})

describe('a registry', () => {
  it('is not verified past a flag that means another host', async () => {
    const self = await program()
    const { json } = self
    const { reference, fake } = await registryWith(self)
    await json(0, ['init', 'me', '--scope', `${fake.host}/app`])
    for (const command of ['sign', 'verify', 'list', 'inspect']) {
      const { error } = await json(2, [command, '--plain-http', 'other.example', reference])
      expect(error.message).toContain('--plain-http other.example')
    }
  })

  it('is not contacted with authorities that are none', async () => {
    const self = await program()
    const { reference } = await registryWith(self)
    await writeFile(self.path('ca.pem'), '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n')
    const { error } = await self.json(2, ['list', '--ca-file', 'ca.pem', reference])
    expect(error.message).toContain('ca.pem')
  })

  it('that asks for patience gets it, as far as the time for a target allows', async () => {
    const self = await program()
    const { reference, fake } = await registryWith(self)
    fake.faults.push({
      path: '/manifests/',
      times: 2,
      answer: { status: 429, headers: { 'retry-after': '0' } },
    })
    const soon = new Date(Date.now() + 1000).toUTCString()
    fake.faults.push({
      path: '/manifests/',
      times: 1,
      answer: { status: 503, headers: { 'retry-after': soon } },
    })
    await self.json(0, ['list', reference])
    expect(fake.faults.every(({ times }) => times === 0)).toBe(true)
    fake.faults.push({ path: '/manifests/', answer: { status: 429, headers: { 'retry-after': '3600' } } })
    const before = fake.requests.length
    const { error } = await self.json(3, ['list', '--timeout', '30m', reference])
    expect(error).toMatchObject({ code: 'THROTTLED', retryable: true })
    expect(fake.requests.length).toBe(before + 1)
  })

  it('that asks for a login gets the one that was given, and no other host does', async () => {
    const self = await program()
    const { json, expect: run, path } = self
    const { reference, fake } = await registryWith(self, {
      auth: { scheme: 'basic', users: { ci: PASSWORD } },
    })
    await json(0, ['init', 'me', '--scope', '*'])
    expect((await json(5, ['verify', reference])).error.code).toBe('UNAUTHENTICATED')
    await json(0, ['sign', '--username', 'ci', '--password-stdin', reference], { stdin: `${PASSWORD}\n` })
    await json(0, ['verify', reference], {
      env: { SEALWRIGHT_USERNAME: 'ci', SEALWRIGHT_PASSWORD: PASSWORD },
    })
    const wrong = await run(5, ['verify', '--username', 'ci', '--password-stdin', reference], {
      stdin: `wrong-${PASSWORD}`,
    })
    expect(wrong.stdout + wrong.stderr).not.toContain(PASSWORD)
    const { mkdir } = await import('node:fs/promises')
    await mkdir(path('docker'))
    const auth = Buffer.from(`ci:${PASSWORD}`).toString('base64')
    await writeFile(path('docker', 'config.json'), JSON.stringify({ auths: { [fake.host]: { auth } } }))
    await json(0, ['verify', reference])
    const two = await json(
      2,
      ['verify', '--username', 'ci', '--password-stdin', reference, 'other.example/app:v1'],
      { stdin: PASSWORD },
    )
    expect(two.error.message).toContain('several registries')
    expect((await json(2, ['verify', '--username', 'ci', reference])).error.fix).toContain('--password-stdin')
  })

  it('that is not there is exit 3, and --offline contacts nobody', async () => {
    const self = await program()
    const { json } = self
    const { reference, fake } = await registryWith(self)
    await json(0, ['init', 'me', '--scope', '*'])
    await json(2, ['verify', '--offline', reference])
    expect(fake.requests).toEqual([])
    await fake[Symbol.asyncDispose]()
    const { error } = await json(3, ['verify', '--timeout', '3s', reference])
    expect(error).toMatchObject({ retryable: true })
  }, 60_000)

  it('that does not answer in time is TIMEOUT, exit 3', async () => {
    const self = await program()
    const { json } = self
    const { reference, fake } = await registryWith(self)
    await json(0, ['init', 'me', '--scope', '*'])
    fake.faults.push({ answer: 'silence' })
    expect((await json(3, ['verify', '--timeout', '1s', reference])).error.code).toBe('TIMEOUT')
    expect((await json(3, ['sign', '--timeout', '1s', reference])).error.code).toBe('TIMEOUT')
  })

  it('an interrupt ends the call in flight: exit 130, and 143 for SIGTERM', async () => {
    const self = await program()
    const { json } = self
    const { reference, fake } = await registryWith(self)
    await json(0, ['init', 'me', '--scope', '*'])
    fake.faults.push({ answer: 'silence' })
    for (const [name, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      const abort = new AbortController()
      fake.beforeRequest = () => abort.abort({ interrupt: name })
      expect((await json(code, ['verify', reference], { signal: abort.signal })).error.code).toBe('ABORTED')
    }
  })

  it('that serves other bytes than it should is not verified', async () => {
    const self = await program()
    const { json } = self
    const { reference, fake } = await registryWith(self)
    await json(0, ['init', 'me', '--scope', '*'])
    await json(0, ['sign', reference])
    fake.faults.push({ path: '/manifests/', method: 'GET', answer: 'wrong-bytes' })
    expect((await json(1, ['verify', reference])).targets[0].reason.code).toBe('TAMPERED')
  })

  it('is spoken to in https unless it is this machine or was named', async () => {
    const self = await program()
    const { json } = self
    const { fake } = await registryWith(self, { hostname: 'localhost' })
    await json(0, ['init', 'me', '--scope', '*'])
    await json(1, ['verify', `${fake.host}/app:v1`])
    await json(1, ['verify', '--plain-http', fake.host, `${fake.host}/app:v1`])
    await writeFile(
      self.config,
      JSON.stringify({ defaultKey: 'me', registries: { [fake.host]: { plainHttp: false } } }),
    )
    await json(3, ['verify', '--timeout', '3s', `${fake.host}/app:v1`])
  }, 60_000)
})

describe('--debug', () => {
  it('shows each request to a registry, and no secret', async () => {
    const self = await program()
    for (const scheme of ['basic', 'bearer'] as const) {
      const { reference, fake } = await registryWith(self, {
        auth: { scheme, users: { ci: PASSWORD } },
        redirectBlobs: true,
      })
      const env = { SEALWRIGHT_USERNAME: 'ci', SEALWRIGHT_PASSWORD: PASSWORD }
      const { stderr, stdout } = await self.expect(0, ['list', '--debug', '-o', 'json', reference], { env })
      JSON.parse(stdout)
      expect(stderr).toMatch(
        new RegExp(`debug: HEAD http://${fake.host}/v2/app/manifests/v1: 401 in \\d+ ms`),
      )
      expect(stderr).toMatch(
        new RegExp(`debug: HEAD http://${fake.host}/v2/app/manifests/v1: 200 in \\d+ ms`),
      )
      expect(stderr).toMatch(/ {2}> authorization: (Basic|Bearer) …/)
      const tokens = fake.requests.map(({ headers }) => headers.authorization?.split(' ')[1] ?? 'none')
      for (const secret of [PASSWORD, ...tokens.filter(token => token !== 'none')]) {
        expect(stderr).not.toContain(secret)
      }
      const quiet = await self.expect(0, ['list', reference], { env })
      expect(quiet.stderr).not.toContain('debug:')
    }
  })
})
