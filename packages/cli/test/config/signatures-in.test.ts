import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parseSignaturesIn } from '../../src/config/signatures-in.ts'
import { makeIndexLayout, makeLayout } from '../image.ts'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

describe('--signatures-in', () => {
  it('signs a layout that stays as it is, in a layout that is made for it', async () => {
    const self = await program()
    const { json, expect: run, path } = self
    await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'me', '--scope', '*'])
    const before = await readFile(path('image', 'index.json'), 'utf8')
    const apart = ['--signatures-in', 'oci:signatures']
    await run(2, ['verify', ...apart, 'oci:image:v1'])
    const { targets } = await json(0, ['sign', ...apart, 'oci:image:v1'])
    expect(targets[0]).toMatchObject({
      outcome: 'signed',
      stored: { as: 'layout', path: `oci:${path('signatures')}` },
    })
    expect(await readFile(path('image', 'index.json'), 'utf8')).toBe(before)
    expect((await json(0, ['sign', ...apart, 'oci:image:v1'])).targets[0].outcome).toBe('unchanged')
    await run(0, ['verify', ...apart, 'oci:image:v1'])
    await run(0, ['verify', '--offline', ...apart, 'oci:image:v1'])
    expect((await json(0, ['inspect', ...apart, 'oci:image:v1'])).signatures).toHaveLength(1)
    await run(1, ['verify', 'oci:image:v1'])
    expect((await json(0, ['inspect', 'oci:image:v1'])).signatures).toHaveLength(0)
  })

  it('signs an index with all that it names into an archive, written as a whole', async () => {
    const { json, expect: run, path } = await program()
    const { below } = await makeIndexLayout(path('image'), ['linux/amd64', 'linux/arm64'])
    await run(0, ['init', 'me', '--scope', '*'])
    const apart = ['--signatures-in', 'oci-archive:signatures.tar']
    await run(0, ['sign', '--recursive', ...apart, 'oci:image:v1'])
    for (const digest of below) await run(0, ['verify', ...apart, `oci:image@${digest}`])
    const { referrers, manifests } = await json(0, ['list', ...apart, 'oci:image:v1'])
    expect(referrers).toHaveLength(1)
    // The images and attestations of two platforms, and the inner index; its image is below it.
    const signed = manifests.map((node: { readonly referrers: unknown[] }) => node.referrers.length)
    expect(signed).toEqual([1, 1, 1, 1, 1])
    expect(manifests[4].manifests[0].referrers).toHaveLength(1)
    expect((await json(0, ['list', 'oci:image:v1'])).manifests).toEqual([])
    const again = await json(0, ['sign', '--recursive', ...apart, 'oci:image:v1'])
    expect(new Set(again.targets.map(({ outcome }: { outcome: string }) => outcome))).toEqual(
      new Set(['unchanged']),
    )
  })

  it('signs what comes from stdin', async () => {
    const { expect: run, path } = await program()
    await makeLayout(path('image'), 'v1')
    await run(0, ['init', 'me', '--scope', '*'])
    await run(0, ['sign', '--recursive', '--signatures-in', 'oci:signatures', 'oci:image'])
    const { execFileSync } = await import('node:child_process')
    const stdin = execFileSync('tar', ['-C', path('image'), '-c', '.'])
    const apart = ['--signatures-in', 'oci:signatures', 'oci-archive:-']
    await run(0, ['verify', ...apart], { stdin })
    await run(0, ['sign', '--format', 'cose', ...apart], { stdin })
  })

  it.each([
    ['with the referrers API', true, 'referrers API'],
    ['without it', false, 'tag'],
  ] as const)(
    'writes into another repository of a registry %s, and none of it beside the image',
    async (_title, referrersApi, as) => {
      const self = await program()
      const { json, expect: run } = self
      const { fake, reference, resolved, repository } = await registryWith(self, { referrersApi })
      await run(0, ['init', 'me', '--scope', `${fake.host}/app`])
      const place = `${fake.host}/team/signatures`
      const apart = ['--signatures-in', place]
      const manifests = repository.manifests.size
      const { targets } = await json(0, ['sign', ...apart, reference])
      expect(targets[0]).toMatchObject({ outcome: 'signed', resolved, stored: { as, path: place } })
      expect(repository.manifests.size).toBe(manifests)
      // The subject of the signature is absent there, which OCI allows.
      expect(fake.repository('team/signatures').manifests.size).toBeGreaterThan(0)
      expect(fake.repository('team/signatures').manifests.has(resolved.split('@')[1] as string)).toBe(false)
      // Judged as the repository of the image, wherever the signature is.
      await run(0, ['verify', ...apart, reference])
      expect((await json(1, ['verify', reference])).targets[0].reason.code).toBe('UNSIGNED')
      await run(0, ['sign', '--signature', 'app.sig', '--format', 'cose', reference])
      const attached = await json(0, ['attach', ...apart, reference, 'app.sig'])
      expect(attached).toMatchObject({ outcome: 'attached', stored: { as, path: place } })
      expect((await json(0, ['inspect', ...apart, reference])).signatures).toHaveLength(2)
    },
  )

  it('is the way out where a registry takes no signatures', async () => {
    const self = await program()
    const { fake, reference } = await registryWith(self)
    await self.expect(0, ['init', 'me', '--scope', '*'])
    fake.faults.push({ method: 'PUT', path: '/v2/app/manifests/', answer: { status: 403 } })
    const { error } = await self.json(5, ['sign', reference])
    expect(error).toMatchObject({ code: 'ACCESS_DENIED', why: expect.stringContaining('stored nowhere') })
    expect(error.fix).toContain('--signatures-in')
    await self.expect(0, ['sign', '--signatures-in', `${fake.host}/mine`, reference])
  })

  it('is said for a host in the configuration, and switched off with none', async () => {
    const self = await program()
    const { json, expect: run, path } = self
    const { fake, reference } = await registryWith(self)
    await run(0, ['init', 'me', '--scope', '*'])
    const config = JSON.parse(await readFile(self.config, 'utf8'))
    const registries = { [fake.host]: { signaturesIn: 'oci:../signatures' } }
    await writeFile(self.config, JSON.stringify({ ...config, registries }))
    await run(0, ['sign', reference])
    // A relative path is one beside the file, wherever the program was started.
    await run(0, ['verify', '--signatures-in', `oci:${path('signatures')}`, reference])
    await run(0, ['verify', reference])
    expect((await json(1, ['verify', '--signatures-in', 'none', reference])).targets[0].reason.code).toBe(
      'UNSIGNED',
    )
    const doctor = await json(0, ['doctor'])
    const setting = doctor.settings.find(({ name }: { name: string }) => name.startsWith('registries.'))
    expect(setting.value).toContain('signaturesIn')
  })

  it('gives one login to one host only', async () => {
    const self = await program()
    const { json, expect: run } = self
    const { fake, reference } = await registryWith(self, { hostname: 'localhost' })
    await run(0, ['init', 'me', '--scope', '*'])
    const elsewhere = fake.host.replace('localhost', '127.0.0.1')
    const login = { SEALWRIGHT_USERNAME: 'ci', SEALWRIGHT_PASSWORD: 'secret-of-ci' }
    const args = ['verify', '--signatures-in', `${elsewhere}/signatures`, reference]
    expect((await json(2, args, { env: login })).error.message).toContain('several registries')
    const config = JSON.parse(await readFile(self.config, 'utf8'))
    const registries = { [fake.host]: { signaturesIn: `${elsewhere}/signatures` } }
    await writeFile(self.config, JSON.stringify({ ...config, registries }))
    expect((await json(2, ['verify', reference], { env: login })).error.message).toContain(
      'several registries',
    )
    expect(fake.requests).toEqual([])
  })

  it.each([
    ['registry.example/app:v1', 'names one artifact'],
    [`registry.example/app@sha256:${'0'.repeat(64)}`, 'names one artifact'],
    ['oci:layout:v1', 'names one artifact'],
    ['oci-archive:-', 'cannot hold signatures'],
    ['oci:', 'names no path'],
    ['signatures', 'is not a repository'],
    ['./file', 'is not a repository'],
  ])('%s cannot hold signatures', async (text, message) => {
    expect(() => parseSignaturesIn(text)).toThrow(message)
    const self = await program()
    await writeFile(self.path('config.json'), JSON.stringify({ registries: { h: { signaturesIn: text } } }))
    const { error } = await self.json(2, ['key', 'list', '--config', self.path('config.json')])
    expect(error.message).toContain('config.json:1:')
    expect(error.message).toContain(message)
  })
})
