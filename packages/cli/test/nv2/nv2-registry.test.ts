import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { FakeRegistry, type FakeRegistryOptions } from '../../../oci-registry/test/fake-registry.ts'
import { nv2 as nv2Program } from '../../src/nv2/program.ts'
import { issue } from '../openssl.ts'
import { type Program, program } from '../program.ts'

const OCI = 'application/vnd.oci.image.manifest.v1+json'
const CONFIG = 'application/vnd.cncf.notary.config.v2+json'

const sha256 = (bytes: string | Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const config = Buffer.from('{}')
const MANIFEST = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType: OCI,
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(config), size: 2 },
    layers: [],
  }),
)
const DIGEST = sha256(MANIFEST)

let self: Program
const nv2 = (code: number, args: readonly string[], options: Parameters<Program['expect']>[2] = {}) =>
  self.expect(code, args, { ...options, program: nv2Program })

beforeEach(async () => {
  self = await program()
  issue(self.home, 'signer', { subject: '/CN=registry.wabbit-networks.com' })
  await writeFile(self.path('manifest.json'), MANIFEST)
  await nv2(0, ['sign', '-m', 'x509', '-k', 'signer.key', '-o', 'app.nv2', 'file:manifest.json'])
})

/** A registry that holds the manifest under the tag v1 of `app`. */
async function registry(options: FakeRegistryOptions = {}) {
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const repository = fake.repository('app')
  repository.blobs.set(sha256(config), config)
  repository.manifests.set(DIGEST, { mediaType: OCI, bytes: MANIFEST })
  repository.tags.set('v1', DIGEST)
  return { fake, repository, uri: `oci://${fake.host}/app:v1` }
}

describe.each([
  ['with the referrers API', true],
  ['without it', false],
])('in a registry %s', (_, referrersApi) => {
  it('a signature is the config of an artifact whose subject it signs, and comes back byte for byte', async () => {
    const { repository, uri } = await registry({ referrersApi })
    const signature = await readFile(self.path('app.nv2'))
    const { stdout } = await nv2(0, ['push', '-f', 'app.nv2', uri])
    const artifact = JSON.parse(repository.manifests.get(stdout.trim())!.bytes.toString())
    expect(artifact).toEqual({
      schemaVersion: 2,
      mediaType: OCI,
      config: { mediaType: CONFIG, digest: sha256(signature), size: signature.length },
      layers: [],
      subject: { mediaType: OCI, digest: DIGEST, size: MANIFEST.length },
    })
    expect(repository.blobs.get(sha256(signature))).toEqual(signature)
    expect(repository.tags.get('v1')).toBe(DIGEST)

    const again = await nv2(0, ['push', '-f', 'app.nv2', uri])
    expect(again).toMatchObject({ stdout, stderr: expect.stringContaining('nothing to do') })

    const hex = sha256(signature).slice(7)
    expect((await nv2(0, ['pull', '--peek', uri])).stdout).toBe(`sha256:${hex}\n`)
    expect((await nv2(0, ['pull', '-o', 'pulled', uri])).stdout).toBe(`sha256:${hex}\n`)
    expect(await readdir(self.path('pulled'))).toEqual([`${hex}.nv2`])
    expect(await readFile(self.path('pulled', `${hex}.nv2`))).toEqual(signature)
    const verified = await nv2(0, ['verify', '-f', `pulled/${hex}.nv2`, '-c', 'signer.crt', uri])
    expect(verified.stdout).toBe(`${DIGEST}\n`)
  })

  it('every signature is pulled, of each form, into a folder named by the digest', async () => {
    const { uri } = await registry({ referrersApi })
    const digestUri = uri.replace(':v1', `@${DIGEST}`)
    const sign = ['sign', '-m', 'x509', '-k', 'signer.key', '-o', 'more', '--format']
    for (const form of ['json', 'first-json', 'jwt']) {
      await nv2(0, [...sign, form, digestUri])
      await nv2(0, ['push', '--signature', 'more', uri])
    }
    await nv2(0, ['pull', digestUri])
    const files = await readdir(self.path(DIGEST.slice(7)))
    expect(files.map(name => name.split('.')[1]).toSorted()).toEqual(['jwt', 'nv2', 'nv2'])
    for (const file of files)
      await nv2(0, ['verify', '-f', `${DIGEST.slice(7)}/${file}`, '-c', 'signer.crt', digestUri])
  })
})

it('no policy of sealwright counts a signature of nv2, and list shows it', async () => {
  const { uri, fake } = await registry()
  await nv2(0, ['push', '-f', 'app.nv2', uri])
  await self.expect(0, ['init', 'me', '--scope', `${fake.host}/app`])
  const reference = `${fake.host}/app:v1`
  const { targets } = await self.json(1, ['verify', reference])
  expect(targets[0]).toMatchObject({ verdict: 'notVerified', reason: { code: 'UNSIGNED' } })
  expect((await self.expect(0, ['list', reference])).stdout).toContain(CONFIG)
})

it('signs a manifest where it is, and pushes the signature in the same run', async () => {
  const { uri, repository } = await registry()
  const args = ['sign', '-m', 'x509', '-k', 'signer.key', '--push']
  expect((await nv2(0, [...args, uri])).stdout).toBe(`${DIGEST}\n`)
  expect(repository.manifests.size).toBe(2)
  const elsewhere = ['--push-reference', uri, 'file:manifest.json']
  await nv2(0, [...args, '-e', '1h', ...elsewhere])
  expect(repository.manifests.size).toBe(3)
  expect((await nv2(0, ['pull', '--peek', uri])).stdout.trim().split('\n')).toHaveLength(2)
  expect(await readdir(self.home)).toEqual(expect.not.arrayContaining([`${DIGEST.slice(7)}.nv2`]))
})

it('says that there is no signature, and which referrers are none', async () => {
  const { uri, repository } = await registry()
  expect((await nv2(1, ['pull', uri])).stderr).toContain('not verified[UNSIGNED]')
  const foreign = Buffer.from('{"signed":{}}')
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI,
      config: { mediaType: CONFIG, digest: sha256(foreign), size: foreign.length },
      layers: [],
      subject: { mediaType: OCI, digest: DIGEST, size: MANIFEST.length },
    }),
  )
  repository.blobs.set(sha256(foreign), foreign)
  repository.manifests.set(sha256(manifest), { mediaType: OCI, bytes: manifest })
  const { stderr } = await nv2(1, ['pull', '-o', 'pulled', uri])
  expect(stderr).toContain(`${sha256(manifest)} is passed over`)
  expect(await readdir(self.home)).toEqual(expect.not.arrayContaining(['pulled']))
})

it('pushes no signature over something else, and takes no manifest for another kind', async () => {
  const { uri, repository } = await registry()
  await writeFile(self.path('other.json'), 'another')
  await nv2(0, ['sign', '-m', 'x509', '-k', 'signer.key', '-o', 'other.nv2', 'file:other.json'])
  expect((await nv2(2, ['push', '-f', 'other.nv2', uri])).stderr).toContain('is not over')
  const docker = uri.replace('oci://', 'docker://')
  const { stderr } = await nv2(2, ['push', '-f', 'app.nv2', docker])
  expect(stderr).toContain(`fix: oci://`)
  expect((await nv2(2, ['push', '-f', 'app.nv2', uri.replace('v1', 'v2')])).stderr).toContain('NOT_FOUND')
  expect((await nv2(2, ['pull', 'file:manifest.json'])).stderr).toContain('is not in a registry')
  expect(repository.manifests.size).toBe(1)
})

describe('a registry with a password', () => {
  const PASSWORD = 'canary-of-the-registry'
  const auth = { scheme: 'basic', users: { u: PASSWORD } } as const

  it.each([
    ['an argument, with a warning', ['-u', 'u', '-p', PASSWORD], {}, 'seen by every program'],
    ['stdin', ['-u', 'u', '-p', '-'], { stdin: `${PASSWORD}\n` }, ''],
    ["the prototype's variables", [], { env: { NV2_USERNAME: 'u', NV2_PASSWORD: PASSWORD } }, ''],
  ])('is given it from %s', async (_, flags, options, warning) => {
    const { uri } = await registry({ auth })
    const { stderr } = await nv2(0, ['push', '-f', 'app.nv2', ...flags, uri], options)
    expect(stderr).toContain(warning)
    expect(stderr).not.toContain(PASSWORD)
    expect((await nv2(5, ['pull', uri])).stderr).toContain('UNAUTHENTICATED')
  })
})
