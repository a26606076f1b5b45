import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { httpFetch, registry, type TlsSettings } from '@sealwright/oci-registry'
import { describe, expect, onTestFinished, test } from 'vitest'
import { program } from '../../packages/cli/test/program.ts'
import { nodeVersion } from '../house/node-version.ts'
import { startForwardProxy } from '../services/forward-proxy.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { type RegistryCertificates, registryCertificates } from '../services/registry-certificates.ts'
import { run } from '../services/run.ts'
import type { Server } from '../services/server.ts'
import { need, type Skips, type Tool } from '../services/tool.ts'

const timeout = 900_000
const BUILT = join(import.meta.dirname, '..', '..', 'packages', 'oci', 'dist', 'index.js')
const PROGRAM = join(import.meta.dirname, 'resolve-through.ts')

/** A repository spoken to in TLS, as this says of each host. */
function reached({ host }: Server, tls: Readonly<Record<string, TlsSettings>>) {
  const fetch = httpFetch({ tls: name => tls[name] })
  return registry(`${host}/app`, { plainHttp: false, retry: { attempts: 1 }, fetch })
}

async function pushed(store: ReturnType<typeof registry>) {
  const image = makeImage()
  for (const [digest, bytes] of image.blobs) {
    if (digest !== image.digest) await store.push({ mediaType: 'x/y', digest, size: bytes.byteLength }, bytes)
  }
  const { mediaType, digest, size } = image
  await store.push({ mediaType, digest, size }, image.blobs.get(digest)!)
  await store.tag({ mediaType, digest, size }, 'v1')
  return { mediaType, digest, size }
}

describe('a registry under a private authority', { timeout }, () => {
  test('is believed where that authority is given for its host, and nowhere else', async context => {
    const { ca } = await registryCertificates()
    const tls = await registryCertificates()
    await using server = await startDistribution(context, undefined, tls)
    const store = reached(server, { [server.host]: { ca: tls.ca } })
    const image = await pushed(store)
    expect(await store.resolve('v1')).toEqual(image)
    for (const settings of [{ 'other.example': { ca: tls.ca } }, { [server.host]: { ca } }, {}]) {
      await expect(reached(server, settings).resolve('v1')).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        why: expect.stringMatching(/^TLS: /),
      })
    }
  })

  test('that lets in only who shows a certificate gets to see it', async context => {
    const tls = await registryCertificates({ clientsShowTheirs: true })
    const { ca, client } = tls
    await using server = await startDistribution(context, undefined, tls)
    const store = reached(server, { [server.host]: { ca, cert: client.cert, key: client.key } })
    const image = await pushed(store)
    expect(await store.resolve('v1')).toEqual(image)
    await expect(reached(server, { [server.host]: { ca } }).resolve('v1')).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    })
  })
})

describe.for(['this Node', '22.23.3', '26.10.0'])(
  'a registry behind a proxy, with %s',
  { timeout },
  version => {
    async function resolve(context: Skips, args: readonly string[], env: Record<string, string>) {
      const own = version === 'this Node'
      // What the sources are written in is not what every Node reads.
      if (!own && !existsSync(BUILT)) context.skip('the packages are not built (npm run build)')
      const node: Tool = own ? { path: process.execPath } : await nodeVersion(version)
      const sources = own ? ['--conditions=@sealwright/source'] : []
      return run(need(context, node), [...sources, '--no-warnings', PROGRAM, ...args], {
        env: { PATH: process.env.PATH, ...env },
      })
    }

    test('is reached through it in TLS and in plain http, if NO_PROXY does not name it', async context => {
      const tls = await registryCertificates()
      await using secure = await startOlareg(context, { tls })
      await using plain = await startOlareg(context)
      const login = 'us%40er:pass'
      await using proxy = await startForwardProxy({ login: decodeURIComponent(login) })
      const url = proxy.url.replace('us@er', 'us%40er')
      const env = { HTTPS_PROXY: url, http_proxy: url }
      const store = reached(secure, { [secure.host]: { ca: tls.ca } })
      const image = await pushed(store)
      const inTls = [`registry.test:${secure.port}/app`, 'v1', tls.caPath]
      expect(await resolve(context, inTls, env)).toMatchObject({ stdout: `${image.digest}\n`, code: 0 })
      expect(proxy.requests).toEqual([`CONNECT registry.test:${secure.port}`])

      const other = makeImage()
      await pushImage(plain.url, 'app', other, 'v1')
      const inClear = [`registry.test:${plain.port}/app`, 'v1']
      expect(await resolve(context, inClear, env)).toMatchObject({ stdout: `${other.digest}\n`, code: 0 })
      expect(proxy.requests.at(-1)).toContain(`HEAD http://registry.test:${plain.port}/v2/app/manifests/v1`)

      const before = proxy.requests.length
      const direct = await resolve(context, inTls, { ...env, NO_PROXY: 'registry.test' })
      expect(direct.code).not.toBe(0)
      expect(await resolve(context, [`${plain.host}/app`, 'v1'], env)).toMatchObject({
        stdout: `${other.digest}\n`,
      })
      expect(proxy.requests).toHaveLength(before)
    })

    test('that refuses our login is UNAUTHENTICATED, and its password is in no message', async context => {
      await using proxy = await startForwardProxy({ login: 'user:other' })
      const url = proxy.url.replace('user:other', 'user:canary-7')
      const { code, stderr } = await resolve(
        context,
        ['registry.test:1/app', 'v1', (await registryCertificates()).caPath],
        { HTTPS_PROXY: url },
      )
      expect(code).not.toBe(0)
      expect(stderr).toContain('UNAUTHENTICATED')
      expect(stderr).toContain('requires a login (407)')
      expect(stderr).not.toContain('canary-7')
    })
  },
)

describe('the program', { timeout }, () => {
  async function configured(context: Skips, registries: (host: string, tls: RegistryCertificates) => object) {
    const tls = await registryCertificates({ clientsShowTheirs: true })
    const server = await startDistribution(context, undefined, tls)
    onTestFinished(() => server[Symbol.asyncDispose]())
    const { ca, client } = tls
    const image = await pushed(reached(server, { [server.host]: { ca, cert: client.cert, key: client.key } }))
    const self = await program()
    await mkdir(dirname(self.config), { recursive: true })
    await writeFile(self.config, JSON.stringify({ registries: registries(server.host, tls) }))
    // Loopback is spoken to in clear, unless it is said otherwise.
    return { self, tls, server, image, reference: `${server.host}/app:v1` }
  }

  test('believes an authority and shows a certificate where its configuration says so of the host', async context => {
    const { self, reference, image, server } = await configured(context, (host, { caPath, client }) => ({
      [host]: { plainHttp: false, caFile: caPath, certFile: client.certPath, keyFile: client.keyPath },
    }))
    const { resolved } = await self.json(0, ['list', reference])
    expect(resolved).toBe(`${server.host}/app@${image.digest}`)
    await self.json(0, ['init', 'me', '--scope', '*'])
    await self.json(0, ['sign', reference])
    await self.json(0, ['verify', reference])
  })

  test('does so for no other host, and says what is missing', async context => {
    const { self, reference } = await configured(context, (host, { caPath, client }) => ({
      [host]: { plainHttp: false },
      'other.example': { caFile: caPath, certFile: client.certPath, keyFile: client.keyPath },
    }))
    const { error } = await self.json(3, ['list', reference])
    expect(error.why).toContain('TLS: ')
  })

  test("refuses a certificate without its key, and one that is not the key's", async context => {
    const { self, reference, server, tls } = await configured(context, host => ({
      [host]: { certFile: 'a' },
    }))
    expect((await self.json(2, ['list', reference])).error.message).toContain('both certFile and keyFile')
    const { server: other, client, caPath } = tls
    const wrong = { plainHttp: false, caFile: caPath, certFile: other.certPath, keyFile: client.keyPath }
    await writeFile(self.config, JSON.stringify({ registries: { [server.host]: wrong } }))
    const { error } = await self.json(2, ['list', reference])
    expect(error.message).toContain(`the certificate for ${server.host}`)
  })
})
