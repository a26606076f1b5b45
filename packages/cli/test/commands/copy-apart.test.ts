import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FakeRegistry, type FakeRegistryOptions } from '../../../oci-registry/test/fake-registry.ts'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

/** A signed image in a layout, and a registry whose signatures are kept apart, as the configuration says. */
async function configured(place: (host: string) => string, options: FakeRegistryOptions = {}) {
  const self = await program()
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const { digest } = await makeLayout(self.path('image'), 'v1')
  await self.json(0, ['init', 'me', '--scope', '*'])
  await self.json(0, ['sign', 'oci:image:v1'])
  const config = JSON.parse(await readFile(self.config, 'utf8'))
  const registries = { [fake.host]: { signaturesIn: place(fake.host) } }
  await writeFile(self.config, JSON.stringify({ ...config, registries }))
  return { ...self, fake, digest, app: `${fake.host}/app`, apart: `${fake.host}/signatures` }
}

/** Of contents of a document, those of one place. */
const at = (contents: readonly { readonly place?: string }[], place?: string) =>
  contents.filter(content => content.place === place)

describe('copy to a registry for which the configuration keeps signatures apart', () => {
  it.each([
    ['with the referrers API', true],
    ['without it', false],
  ])('brings them there, where verify finds them, %s', async (_, referrersApi) => {
    const {
      json,
      expect: run,
      fake,
      app,
      apart,
      digest,
    } = await configured(host => `${host}/signatures`, {
      referrersApi,
    })
    const first = await json(0, ['copy', 'oci:image:v1', app])
    expect(first.to).toEqual({
      reference: app,
      resolved: `${app}@${digest}`,
      tags: ['v1'],
      signaturesIn: apart,
    })
    expect(at(first.copied)).toHaveLength(3)
    expect(at(first.copied, apart)).toHaveLength(3)
    expect([...fake.repository('app').manifests.keys()]).toEqual([digest])
    expect([...fake.repository('app').tags.keys()]).toEqual(['v1'])
    expect(fake.repository('signatures').tags.has('v1')).toBe(false)
    await run(0, ['verify', `${app}:v1`])
    const beside = await json(1, ['verify', '--signatures-in', 'none', `${app}:v1`])
    expect(beside.targets[0].reason.code).toBe('UNSIGNED')

    const again = await json(0, ['copy', 'oci:image:v1', app])
    expect(again.copied).toEqual([])
    expect(at(again.skipped)).toHaveLength(3)
    expect(at(again.skipped, apart)).toHaveLength(3)
    const text = await run(0, ['copy', 'oci:image:v1', app])
    expect(text.stdout).toContain(`unchanged: ${app}@${digest}\n  tag: v1\n  signatures: ${apart}\n`)
  })

  it('completes at one place what the other has, and says what is missing in a dry run that writes nothing', async () => {
    const { json, expect: run, fake, app, apart } = await configured(host => `${host}/signatures`)
    await json(0, ['copy', '--signatures-in', 'none', '--only', 'sbom', 'oci:image:v1', app])
    const before = fake.requests.length
    const dry = await json(0, ['copy', '--dry-run', 'oci:image:v1', app])
    expect(dry).toMatchObject({ dryRun: true, to: { signaturesIn: apart } })
    expect([at(dry.copied), at(dry.skipped, apart)]).toEqual([[], []])
    expect(at(dry.copied, apart)).toHaveLength(3)
    expect(fake.requests.slice(before).every(({ method }) => ['GET', 'HEAD'].includes(method))).toBe(true)
    const none = await json(0, ['copy', '--only', 'sbom', 'oci:image:v1', app])
    expect(none.copied).toEqual([])
    await run(1, ['verify', `${app}:v1`])
    const rest = await json(0, ['copy', '--only', 'signature', 'oci:image:v1', app])
    expect(rest.copied).toEqual(dry.copied)
    await run(0, ['verify', `${app}:v1`])
  })

  it('brings them into a layout that is made for them', async () => {
    const { json, expect: run, path, app, fake } = await configured(() => 'oci:../signatures')
    expect((await json(0, ['copy', '--dry-run', 'oci:image:v1', app])).copied).toHaveLength(6)
    await expect(readFile(path('signatures', 'index.json'))).rejects.toThrow('ENOENT')
    const { to } = await json(0, ['copy', 'oci:image:v1', app])
    expect(to.signaturesIn).toBe(`oci:${path('signatures')}`)
    expect(fake.repository('app').manifests.size).toBe(1)
    await run(0, ['verify', `${app}:v1`])
    // And out again, from both places.
    await run(0, ['copy', `${app}:v1`, 'oci:out'])
    await run(0, ['verify', 'oci:out:v1'])
  })

  it('reads from where --signatures-in says and writes where the configuration says; none is for both', async () => {
    const { json, expect: run, app, apart, fake } = await configured(host => `${host}/signatures`)
    await json(0, ['copy', '--only', 'sbom', 'oci:image:v1', 'oci:bare'])
    await json(0, ['sign', '--signatures-in', 'oci:of-bare', 'oci:bare:v1'])
    const { to } = await json(0, ['copy', '--signatures-in', 'oci:of-bare', 'oci:bare:v1', app])
    expect(to.signaturesIn).toBe(apart)
    await run(0, ['verify', `${app}:v1`])
    const other = `${fake.host}/other`
    const beside = await json(0, ['copy', '--signatures-in', 'none', 'oci:image:v1', other])
    expect(beside.to).not.toHaveProperty('signaturesIn')
    expect(fake.repository('other').manifests.size).toBe(2)
    await run(0, ['verify', '--signatures-in', 'none', `${other}:v1`])
  })

  it('takes over within the registry what it has, from wherever the source keeps it', async () => {
    const { json, expect: run, app, apart, fake } = await configured(host => `${host}/signatures`)
    await json(0, ['copy', 'oci:image:v1', app])
    const onward = await json(0, ['copy', `${app}:v1`, `${fake.host}/onward`])
    expect(at(onward.mounted)).toHaveLength(2)
    expect(at(onward.skipped, apart)).toHaveLength(3)
    await run(0, ['verify', `${fake.host}/onward:v1`])
    const elsewhere = ['--signatures-in', `${fake.host}/of-more`]
    await json(0, ['sign', ...elsewhere, '--again', '--format', 'cose', `${app}:v1`])
    const more = await json(0, ['copy', ...elsewhere, `${app}:v1`, `${fake.host}/onward`])
    // The envelope; the empty config is there.
    expect(at(more.mounted, apart)).toHaveLength(1)
  })

  it('leaves behind, and names with its place, what that place refuses', async () => {
    const { json, expect: run, app, apart, fake, digest } = await configured(host => `${host}/signatures`)
    fake.faults.push({ method: 'PUT', path: '/v2/signatures/manifests/', answer: { status: 403 } })
    const { left, copied } = await json(3, ['copy', 'oci:image:v1', app])
    expect(left).toMatchObject([{ place: apart, error: { code: 'ACCESS_DENIED' } }])
    expect(at(copied)).toHaveLength(3)
    expect(fake.repository('app').tags.get('v1')).toBe(digest)
    const { stderr } = await run(3, ['copy', 'oci:image:v1', app])
    expect(stderr).toContain(`, for ${apart}`)
  })
})
