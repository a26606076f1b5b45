import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeAuthority, makeLeaf, x509Time } from './certificates.ts'
import { makeImage, pullManifest, pushImage, putIntoLayout } from './image.ts'
import { underLock } from './lock.ts'
import { notationHome, trustEverywhere } from './notation.ts'
import { BASIC_USER, startDistribution, startGgcr, startOlareg } from './registries.ts'
import { run } from './run.ts'
import { scratch } from './scratch.ts'
import { startTokenServer } from './token-server.ts'

const BUILD_MS = 900_000

test('olareg serves the referrers API, and distribution does not', { timeout: BUILD_MS }, async context => {
  await using olareg = await startOlareg(context)
  await using distribution = await startDistribution(context)
  const image = makeImage()
  for (const { url } of [olareg, distribution]) {
    await pushImage(url, 'app', image, 'v1')
    expect((await pullManifest(url, 'app', 'v1'))?.digest).toBe(image.digest)
  }
  expect((await fetch(`${olareg.url}/v2/app/referrers/${image.digest}`)).status).toBe(200)
  expect((await fetch(`${distribution.url}/v2/app/referrers/${image.digest}`)).status).toBe(404)
})

test('the registry of go-containerregistry answers referrers', { timeout: BUILD_MS }, async context => {
  await using ggcr = await startGgcr(context)
  const image = makeImage()
  await pushImage(ggcr.url, 'app', image, 'v1')
  expect((await fetch(`${ggcr.url}/v2/app/referrers/${image.digest}`)).status).toBe(200)
})

test('distribution asks for a password or a token', { timeout: BUILD_MS }, async context => {
  await using basic = await startDistribution(context, 'basic')
  const authorization = `Basic ${Buffer.from(Object.values(BASIC_USER).join(':')).toString('base64')}`
  expect((await fetch(`${basic.url}/v2/`)).status).toBe(401)
  expect((await fetch(`${basic.url}/v2/`, { headers: { authorization } })).status).toBe(200)
  await using tokens = await startTokenServer()
  await using bearer = await startDistribution(context, tokens)
  const refused = await fetch(`${bearer.url}/v2/`)
  expect(refused.headers.get('www-authenticate')).toContain(`Bearer realm="${tokens.realm}"`)
  const scope = 'repository:app:pull,push'
  const granted = await fetch(`${tokens.realm}?service=${tokens.service}&scope=${scope}`, {
    headers: { authorization },
  })
  const { token } = (await granted.json()) as { token: string }
  await pushImage(bearer.url, 'app', makeImage(), 'v1', { authorization: `Bearer ${token}` })
  expect(tokens.scopes).toEqual([scope])
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
  await mkdir(path)
  await writeFile(join(path, 'pid'), '999999999')
  expect(await underLock(path, async () => 'ran')).toBe('ran')
  expect(await readdir(directory)).toEqual([])
})
