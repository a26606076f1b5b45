import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { FakeRegistry } from '../../../oci-registry/test/fake-registry.ts'
import { dockerWords, generateManifest } from '../../src/generate-manifest/program.ts'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

const hash = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')

let self: Program
const asDocker = (code: number, argv: readonly string[], options: Parameters<Program['expect']>[2] = {}) => {
  const { docker, words } = dockerWords(argv)
  return self.expect(code, words, { ...options, program: generateManifest(docker) })
}
const generate = (code: number, args: readonly string[], options: Parameters<Program['expect']>[2] = {}) =>
  asDocker(code, ['generatemanifest', ...args], options)
const tar = (...args: string[]) => execFileSync('tar', args, { cwd: self.home })

beforeEach(async () => {
  self = await program()
})

describe('the manifest is printed byte for byte', () => {
  it('from a layout directory, an archive, and an archive on stdin', async () => {
    const { digest } = await makeLayout(self.path('image'), 'v1', 'v2')
    const expected = readFileSync(self.path('image', 'blobs', 'sha256', digest.slice(7)), 'utf8')
    tar('-cf', 'image.tar', '-C', 'image', '.')
    tar('-czf', 'image.tgz', '-C', 'image', '.')
    const names = [
      `oci:image:v1`,
      `oci:image@${digest}`,
      'oci-archive:image.tar:v1',
      'oci-archive:image.tgz:v1',
    ]
    for (const name of names) expect((await generate(0, [name])).stdout).toBe(expected)
    expect((await generate(2, ['oci:image'])).stderr).toContain('2 artifacts')

    await makeLayout(self.path('one'), 'v1')
    tar('-cf', 'one.tar', '-C', 'one', '.')
    const one = readFileSync(self.path('one.tar'))
    for (const args of [['./one.tar'], ['-'], []])
      expect((await generate(0, args, { stdin: one })).stdout).toBe(expected)
    await generate(0, ['-o', 'manifest.json', 'oci:one'])
    expect(await readFile(self.path('manifest.json'), 'utf8')).toBe(expected)
  })

  it('from a registry, by tag, by digest, and latest where nothing is said', async () => {
    const fake = await FakeRegistry.start()
    onTestFinished(() => fake[Symbol.asyncDispose]())
    const mediaType = 'application/vnd.oci.image.index.v1+json'
    const bytes = Buffer.from(`{ "schemaVersion": 2,\n"mediaType":"${mediaType}", "manifests":[] }\n`)
    const digest = `sha256:${hash(bytes)}`
    const repository = fake.repository('app')
    repository.manifests.set(digest, { mediaType, bytes })
    repository.tags.set('latest', digest)
    for (const end of ['', ':latest', `@${digest}`])
      expect((await generate(0, [`${fake.host}/app${end}`])).stdout).toBe(bytes.toString())
    expect((await generate(2, [`${fake.host}/app:v2`])).stderr).toContain('NOT_FOUND')
  })

  it('of an index for one platform', async () => {
    const { digest } = await makeLayout(self.path('image'), 'amd', 'arm')
    const index = JSON.parse(await readFile(self.path('image', 'index.json'), 'utf8'))
    const platforms = [
      { os: 'linux', architecture: 'amd64' },
      { os: 'linux', architecture: 'arm64', variant: 'v8' },
    ]
    const children = index.manifests.map(
      ({ annotations, ...child }: { annotations: unknown }, at: number) => ({
        ...child,
        platform: platforms[at],
      }),
    )
    const bytes = JSON.stringify({ schemaVersion: 2, mediaType: index.mediaType, manifests: children })
    await writeFile(self.path('image', 'blobs', 'sha256', hash(bytes)), bytes)
    const entry = { mediaType: index.mediaType, digest: `sha256:${hash(bytes)}`, size: bytes.length }
    await writeFile(self.path('image', 'index.json'), JSON.stringify({ ...index, manifests: [entry] }))
    expect((await generate(0, ['oci:image'])).stdout).toBe(bytes)
    const { stdout } = await generate(0, ['--platform', 'linux/amd64', 'oci:image'])
    expect(`sha256:${hash(stdout)}`).toBe(digest)
    await generate(0, ['--platform', 'linux/arm64/v8', 'oci:image'])
    expect((await generate(2, ['--platform', 'linux/arm64', 'oci:image'])).stderr).toContain('linux/arm64/v8')
    await generate(2, ['--platform', 'linux/amd64', `oci:image@${digest}`])
  })
})

describe('an archive of docker save', () => {
  async function layoutWithDockerManifest(layerType: string): Promise<string> {
    await makeLayout(self.path('image'), 'v1')
    const path = join(self.path('image'), 'index.json')
    const { manifests } = JSON.parse(await readFile(path, 'utf8'))
    const old = await readFile(self.path('image', 'blobs', 'sha256', manifests[0].digest.slice(7)), 'utf8')
    const bytes = old.replace('layer.v1.tar"', `layer.v1.${layerType}"`)
    await writeFile(self.path('image', 'blobs', 'sha256', hash(bytes)), bytes)
    const entry = { ...manifests[0], digest: `sha256:${hash(bytes)}`, size: bytes.length }
    await writeFile(path, JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
    await writeFile(self.path('image', 'manifest.json'), '[]')
    tar('-cf', 'image.tar', '-C', 'image', '.')
    return bytes
  }

  it('of the containerd image store holds the manifest', async () => {
    const bytes = await layoutWithDockerManifest('tar+gzip')
    for (const name of ['docker-archive:image.tar', './image.tar'])
      expect((await generate(0, [name])).stdout).toBe(bytes)
  })

  it('of the classic store holds none that a registry would have, with a layout or without', async () => {
    await layoutWithDockerManifest('tar')
    await mkdir(self.path('save'))
    await writeFile(
      self.path('save', 'manifest.json'),
      '[{"Config":"c.json","Layers":["one.tar","two.tar"]}]',
    )
    await writeFile(self.path('save', 'one.tar'), 'layer')
    await symlink('one.tar', self.path('save', 'two.tar'))
    tar('-cf', 'save.tar', '-C', 'save', '.')
    for (const name of ['docker-archive:image.tar', 'docker-archive:save.tar']) {
      const { stdout, stderr } = await generate(2, [name])
      expect(stdout).toBe('')
      expect(stderr).toContain('error[UNSUPPORTED]')
      expect(stderr).toContain('classic image store')
      expect(stderr).toContain('--output type=oci')
    }
  })

  it('that holds no image is refused', async () => {
    await mkdir(self.path('other'))
    await writeFile(self.path('other', 'file'), 'x')
    tar('-cf', 'other.tar', '-C', 'other', '.')
    expect((await generate(2, ['./other.tar'])).stderr).toContain('other.tar is not an image archive')
  })
})

describe('as a plug-in of Docker', () => {
  it('says what it is', async () => {
    const { stdout } = await asDocker(0, ['docker-cli-plugin-metadata'])
    expect(JSON.parse(stdout)).toMatchObject({ SchemaVersion: '0.1.0', Vendor: 'Sealwright' })
  })

  it("is called with Docker's own options before its name, or without its name", async () => {
    expect(dockerWords(['--context', 'x', '-D', 'generatemanifest', 'a'])).toEqual({
      docker: ['--context', 'x', '-D'],
      words: ['generatemanifest', 'a'],
    })
    expect(dockerWords(['a'])).toEqual({ docker: [], words: ['generatemanifest', 'a'] })
    const { stdout } = await asDocker(0, ['help', 'generatemanifest'])
    expect(stdout).toContain('Usage: docker generatemanifest')
  })

  it('has Docker save an image of this machine, and says what Docker says', async () => {
    await makeLayout(self.path('image'), 'v1')
    tar('-cf', 'image.tar', '-C', 'image', '.')
    await mkdir(self.path('bin'))
    const docker = `#!/bin/sh\n[ "$*" = "-D save app:v1" ] && exec cat '${self.path('image.tar')}'\necho "no such image: $4" >&2\nexit 1\n`
    await writeFile(self.path('bin', 'docker'), docker, { mode: 0o755 })
    const env = { PATH: `${self.path('bin')}:${process.env.PATH}` }
    const args = ['-D', 'generatemanifest', 'docker-daemon:app:v1']
    expect((await asDocker(0, args, { env })).stdout).toContain('"schemaVersion":2')
    const { stderr } = await generate(3, ['docker-daemon:other'], { env })
    expect(stderr).toContain('no such image')
    expect((await generate(2, ['docker-daemon:app'], { env: { PATH: self.path('none') } })).stderr).toContain(
      'cannot be started',
    )
  })

  it('refuses a name that is in no place, and says which there are', async () => {
    expect((await generate(2, ['app:v1'])).stderr).toContain('docker-daemon:app:v1')
    expect((await generate(2, ['docker-daemon:-o'])).stderr).toContain('names no image')
    expect((await generate(2, ['./missing.tar'])).stderr).toContain('missing.tar does not exist')
    expect((await generate(2, [], { answers: [] })).stderr).toContain('no image is named')
  })
})
