import { once } from 'node:events'
import { readdir, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { type AgentOptions, get } from 'node:https'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeAuthority, makeLeaf, x509Time } from './certificates.ts'
import { makeImage, pullManifest, pushImage, putIntoLayout } from './image.ts'
import { underLock } from './lock.ts'
import { notationHome, trustEverywhere } from './notation.ts'
import { cosignProgram, craneProgram, skopeoProgram } from './peers.ts'
import { BASIC_USER, startDistribution, startDockerRegistry, startGgcr, startOlareg } from './registries.ts'
import { registryCertificates } from './registry-certificates.ts'
import { run, succeed } from './run.ts'
import { scratch } from './scratch.ts'
import { startTokenServer } from './token-server.ts'
import { need } from './tool.ts'

const BUILD_MS = 900_000

test('olareg serves the referrers API, and distribution does not', { timeout: BUILD_MS }, async context => {
  await using olareg = await startOlareg(context)
  await using distribution = await startDistribution(context)
  await using older = await startDockerRegistry(context)
  const image = makeImage()
  for (const { url } of [olareg, distribution, older]) {
    await pushImage(url, 'app', image, 'v1')
    expect((await pullManifest(url, 'app', 'v1'))?.digest).toBe(image.digest)
  }
  expect((await fetch(`${olareg.url}/v2/app/referrers/${image.digest}`)).status).toBe(200)
  for (const { url } of [distribution, older])
    expect((await fetch(`${url}/v2/app/referrers/${image.digest}`)).status).toBe(404)
})

test('the registry of go-containerregistry answers referrers', { timeout: BUILD_MS }, async context => {
  await using ggcr = await startGgcr(context)
  const image = makeImage()
  await pushImage(ggcr.url, 'app', image, 'v1')
  expect((await fetch(`${ggcr.url}/v2/app/referrers/${image.digest}`)).status).toBe(200)
})

const DISTRIBUTIONS = [
  ['distribution 3', startDistribution],
  ['distribution 2.8', startDockerRegistry],
] as const

describe.for(DISTRIBUTIONS)('%s', { timeout: BUILD_MS }, ([, start]) => {
  const authorization = `Basic ${Buffer.from(Object.values(BASIC_USER).join(':')).toString('base64')}`

  test('asks for a password', async context => {
    await using server = await start(context, 'basic')
    expect((await fetch(`${server.url}/v2/`)).status).toBe(401)
    expect((await fetch(`${server.url}/v2/`, { headers: { authorization } })).status).toBe(200)
  })

  test('asks for a token', async context => {
    await using tokens = await startTokenServer()
    await using server = await start(context, tokens)
    const refused = await fetch(`${server.url}/v2/`)
    expect(refused.headers.get('www-authenticate')).toContain(`Bearer realm="${tokens.realm}"`)
    const scope = 'repository:app:pull,push'
    const granted = await fetch(`${tokens.realm}?service=${tokens.service}&scope=${scope}`, {
      headers: { authorization },
    })
    const { token } = (await granted.json()) as { token: string }
    await pushImage(server.url, 'app', makeImage(), 'v1', { authorization: `Bearer ${token}` })
    expect(tokens.scopes).toEqual([scope])
  })

  test('speaks TLS under an authority of its own', async context => {
    const tls = await registryCertificates()
    await using server = await start(context, undefined, tls)
    await expect(answerOf(`${server.url}/v2/`, {})).rejects.toThrow('certificate')
    for (const host of [server.host, `127.0.0.1:${server.port}`])
      expect(await answerOf(`https://${host}/v2/`, { ca: tls.ca })).toBe(200)
  })

  test('lets in only who shows a certificate of that authority', async context => {
    const tls = await registryCertificates({ clientsShowTheirs: true })
    await using server = await start(context, undefined, tls)
    const { ca, client } = tls
    await expect(answerOf(`${server.url}/v2/`, { ca })).rejects.toThrow()
    expect(await answerOf(`${server.url}/v2/`, { ca, cert: client.cert, key: client.key })).toBe(200)
  })
})

test('olareg speaks TLS under an authority of its own', { timeout: BUILD_MS }, async context => {
  const tls = await registryCertificates()
  await using server = await startOlareg(context, { tls })
  await expect(answerOf(`${server.url}/v2/`, {})).rejects.toThrow('certificate')
  expect(await answerOf(`${server.url}/v2/`, { ca: tls.ca })).toBe(200)
})

/** Node's own client. @throws Unless there is an answer. */
async function answerOf(url: string, options: AgentOptions): Promise<number> {
  const [response] = (await once(get(url, { ...options, agent: false }), 'response')) as [IncomingMessage]
  response.resume()
  return response.statusCode!
}

test('crane and skopeo copy an image', { timeout: BUILD_MS }, async context => {
  const [crane, skopeo] = [need(context, await craneProgram()), need(context, await skopeoProgram())]
  await using server = await startOlareg(context)
  const image = makeImage()
  await pushImage(server.url, 'app', image, 'v1')
  const from = `${server.host}/app:v1`
  await succeed(crane, ['copy', from, `${server.host}/by-crane:v1`])
  const flags = ['--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false']
  await succeed(skopeo, [
    '--insecure-policy',
    'copy',
    ...flags,
    `docker://${from}`,
    `docker://${server.host}/by-skopeo:v1`,
  ])
  for (const repository of ['by-crane', 'by-skopeo'])
    expect((await pullManifest(server.url, repository, 'v1'))?.digest).toBe(image.digest)
})

test('cosign makes keys', { timeout: BUILD_MS }, async context => {
  const cosign = need(context, await cosignProgram())
  const cwd = await scratch('cosign')
  await succeed(cosign, ['generate-key-pair'], { cwd, env: { ...process.env, COSIGN_PASSWORD: '' } })
  expect((await readdir(cwd)).toSorted()).toEqual(['cosign.key', 'cosign.pub'])
})

test('notation signs and verifies in its own home', { timeout: BUILD_MS }, async context => {
  const directory = await scratch('services')
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'leaf', root, { type: 'EC-P256' })
  const notation = await notationHome(context, { keys: [key], trust: { acme: [root.certificatePath] } })
  await notation.writePolicy(trustEverywhere('acme'))
  const image = makeImage()
  const layout = join(directory, 'layout')
  await putIntoLayout(layout, image, 'v1')
  const target = `${layout}@${image.digest}`
  expect(await notation.run(['sign', '--oci-layout', target])).toMatchObject({ code: 0 })
  expect(await notation.run(['verify', '--oci-layout', target, '--scope', 'local/app'])).toMatchObject({
    code: 0,
  })
})

test('openssl makes a certificate that expired yesterday', async () => {
  const directory = await scratch('services')
  const root = await makeAuthority(directory, 'root')
  const leaf = await makeLeaf(directory, 'leaf', root, {
    type: 'EC-P256',
    notBefore: x509Time(-9),
    notAfter: x509Time(-1),
  })
  const verify = ['verify', '-CAfile', root.certificatePath, leaf.chainPath]
  expect((await run('openssl', verify)).stderr).toContain('certificate has expired')
})

test('one at a time runs under a lock, and a lock whose owner died is taken over', async () => {
  const directory = await scratch('lock')
  const path = join(directory, 'lock')
  let inside = 0
  let most = 0
  const task = async () => {
    most = Math.max(most, ++inside)
    await new Promise(resolve => setTimeout(resolve, 5))
    inside--
  }
  await Promise.all(Array.from({ length: 5 }, () => underLock(path, task)))
  expect(most).toBe(1)
  await writeFile(path, '999999999')
  expect(await underLock(path, async () => 'ran')).toBe('ran')
  expect(await readdir(directory)).toEqual([])
})
