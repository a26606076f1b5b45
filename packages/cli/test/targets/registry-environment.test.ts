import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer as createPlain } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { opensslIn } from '../openssl.ts'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

describe('HTTPS_PROXY', () => {
  it.each([
    'proxy.corp:3128',
    '127.0.0.1:3128',
    'http://127.0.0.1:3128\n',
    'socks5://127.0.0.1:1080',
    'not a proxy',
    '',
    '\n',
  ])('set to %j disturbs nobody whose registry is on this machine', async value => {
    const self = await program()
    const { reference } = await registryWith(self)
    for (const variable of ['HTTPS_PROXY', 'http_proxy']) {
      const { referrers } = await self.json(0, ['list', reference], { env: { [variable]: value } })
      expect(referrers).toEqual([])
    }
  })

  it.each([
    ['127.0.0.1:1', 3, 'UNAVAILABLE', /127\.0\.0\.1:1 \(HTTPS_PROXY\)/],
    ['http://127.0.0.1:1\n', 3, 'UNAVAILABLE', /127\.0\.0\.1:1 \(HTTPS_PROXY\)/],
    ['http://a b', 2, 'VALIDATION', /space/],
    ['http://u:canary-of-proxy@host:port', 2, 'VALIDATION', /port/],
    ['socks5://127.0.0.1:1080', 2, 'UNSUPPORTED', /SOCKS/],
  ])('set to %j is what the message names', async (value, code, named, why) => {
    const self = await program()
    const env = { HTTPS_PROXY: value }
    const { error } = await self.json(code, ['list', '--timeout', '20s', 'registry.test/app:v1'], { env })
    expect(error.code).toBe(named)
    expect(error.why).toMatch(why)
    expect(`${error.message} ${error.why} ${error.fix}`).toContain('HTTPS_PROXY')
    expect(JSON.stringify(error)).not.toContain('canary-of-proxy')
  })
})

describe('a login from the environment', () => {
  it('may end with the line break that echo leaves', async () => {
    const self = await program()
    const { reference, fake } = await registryWith(self, {
      auth: { scheme: 'basic', users: { ci: 'canary-of-the-registry' } },
    })
    const env = { SEALWRIGHT_USERNAME: 'ci\n', SEALWRIGHT_PASSWORD: 'canary-of-the-registry\r\n' }
    await self.json(0, ['list', reference], { env })
    expect(fake.requests.some(({ headers }) => headers.authorization)).toBe(true)
    const broken = { ...env, SEALWRIGHT_PASSWORD: 'canary\nof' }
    const { error } = await self.json(2, ['list', reference], { env: broken })
    expect(error.message).toContain('password')
    expect(error.why).toContain('environment')
  })
})

describe("docker's configuration", () => {
  it('may name a helper that is not there, and may be empty, where the registry is public', async () => {
    const self = await program()
    const { reference, fake } = await registryWith(self, { auth: { scheme: 'bearer', users: { ci: 'p' } } })
    await self.json(0, ['init', 'me', '--scope', `${fake.host}/app`])
    await mkdir(self.path('docker'), { recursive: true })
    await writeFile(self.path('docker', 'config.json'), '')
    await self.json(0, ['list', reference])
    await writeFile(self.path('docker', 'config.json'), '{"credsStore":"desktop.exe"}')
    const { stderr } = await self.expect(0, ['list', reference])
    expect(stderr).toContain('docker-credential-desktop.exe')
    expect(stderr).toContain('going on without a login')
    expect((await self.json(1, ['verify', reference])).targets[0].reason.code).toBe('UNSIGNED')
    const { error } = await self.json(5, ['sign', reference])
    expect(error.fix).toContain('"credsStore"')
    expect(error.fix).not.toContain('docker-credential-desktop.exe get')
  })
})

describe('a registry on this machine that speaks TLS', () => {
  async function secure(self: Awaited<ReturnType<typeof program>>) {
    opensslIn(self.home)(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', 'tls.key', '-out', 'tls.pem', '-subj', '/CN=localhost'],
      ...['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    )
    const seen: string[] = []
    const server = createServer(
      { key: await readFile(self.path('tls.key')), cert: await readFile(self.path('tls.pem')) },
      (request, response) => {
        seen.push(`${request.method} ${request.url}`)
        response.writeHead(404).end()
      },
    )
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { host: `localhost:${(server.address() as AddressInfo).port}`, seen }
  }

  it('is spoken to in https where --ca-file, caFile or certFile is given for it', async () => {
    const self = await program()
    const { host, seen } = await secure(self)
    await self.json(2, ['list', '--ca-file', 'tls.pem', `${host}/app:v1`])
    expect(seen).toHaveLength(1)
    await mkdir(self.path('config'), { recursive: true })
    await writeFile(self.config, JSON.stringify({ registries: { [host]: { caFile: self.path('tls.pem') } } }))
    await self.json(2, ['list', `${host}/app:v1`])
    expect(seen).toHaveLength(2)
  })

  it('and answers 400 to plain http is hinted at', async () => {
    const self = await program()
    for (const body of [
      'Client sent an HTTP request to an HTTPS server.\n',
      '<center>The plain HTTP request was sent to HTTPS port</center>',
    ]) {
      const server = createPlain((request, response) => {
        if (request.method === 'HEAD') response.writeHead(400).end()
        else response.writeHead(400, { 'content-type': 'text/plain' }).end(body)
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void server.close())
      const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
      const { error } = await self.json(2, ['list', `${host}/app:v1`])
      expect(error.why).toContain(`${host} speaks https`)
      expect(error.fix).toContain('--ca-file')
    }
  })
})
