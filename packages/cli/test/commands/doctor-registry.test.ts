import { referrersTag } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { INDEX, madeJson } from '../../../oci/test/artifacts.ts'
import type { FakeRegistryOptions } from '../../../oci-registry/test/fake-registry.ts'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

async function examined(options: FakeRegistryOptions = {}) {
  const self = await program()
  const made = await registryWith(self, options)
  await self.json(0, ['init', 'me', '--scope', '*'])
  const target = async (code: number, ...more: readonly string[]) => {
    const { targets } = await self.json(code, ['doctor', made.reference, ...more])
    const [found] = targets
    const checks = Object.fromEntries(
      found.checks.map(({ check, ...rest }: { check: string }) => [check, rest]),
    )
    return { ...found, checks }
  }
  return { self, ...made, target }
}

describe('doctor, of a target in a registry,', () => {
  it('says who we are, how signatures are found, and what we may do; it leaves no trace', async () => {
    const { fake, target, resolved } = await examined({ auth: { scheme: 'bearer', users: { ci: 'p' } } })
    const before = JSON.stringify([...fake.repository('app').tags])
    const found = await target(0)
    expect(found).toMatchObject({
      resolved,
      referrers: 'api',
      checks: {
        registry: { outcome: 'ok' },
        login: { outcome: 'ok', detail: `no credentials were found for ${fake.host}` },
        push: { outcome: 'warning' },
        delete: { outcome: 'ok', detail: expect.stringContaining('by us') },
      },
    })
    const { uploads, tags } = fake.repository('app')
    expect(uploads.open).toBe(0)
    expect(JSON.stringify([...tags])).toBe(before)
  })

  it.each([
    [{ deletes: false }, 'nothing can be deleted'],
    [{}, 'can be deleted'],
  ] as const)('with %j says whether signatures can be deleted', async (options, detail) => {
    const { target } = await examined(options)
    expect((await target(0)).checks.delete.detail).toContain(detail)
  })

  it('finds signatures that the list has lost, and lists them again with --fix', async () => {
    const { self, fake, reference, digest, target } = await examined({ referrersApi: false })
    expect((await target(0)).checks.list).toMatchObject({
      outcome: 'ok',
      detail: expect.stringContaining('0 found'),
    })
    await self.json(0, ['sign', reference])
    await self.json(0, ['sign', '--again', '--format', 'cose', reference])
    const { tags, manifests } = fake.repository('app')
    const empty = madeJson(INDEX, { manifests: [] })
    manifests.set(empty.descriptor.digest, { mediaType: INDEX, bytes: Buffer.from(empty.bytes) })
    tags.set(referrersTag(digest), empty.descriptor.digest)
    await self.json(0, ['verify', reference])

    const lost = await target(1)
    expect(lost.checks.list).toMatchObject({
      outcome: 'fault',
      detail: expect.stringContaining('are not listed'),
      fix: expect.stringContaining('--fix'),
    })
    expect(tags.get(referrersTag(digest))).toBe(empty.descriptor.digest)
    expect((await target(0, '--fix')).checks.list.detail).toContain('mended: 2 found')
    const list = JSON.parse(manifests.get(tags.get(referrersTag(digest))!)!.bytes.toString())
    expect(list.manifests).toHaveLength(2)
    expect((await target(0)).checks.list).toMatchObject({
      outcome: 'ok',
      detail: '2 found, and listed as they are',
    })
  })

  it('warns where tags are not listed, and where no list can be kept', async () => {
    const hidden = await examined({ referrersApi: false })
    hidden.fake.faults.push({ path: '/tags/list', answer: { status: 403 } })
    expect((await hidden.target(0)).checks.referrers).toMatchObject({ outcome: 'warning' })
    const gitlab = await examined({ referrersApi: false, gitlab: true })
    expect((await gitlab.target(0)).checks.list.outcome).toBe('ok')
    await gitlab.self.json(0, ['sign', gitlab.reference])
    expect((await gitlab.target(0)).checks.list).toMatchObject({ outcome: 'warning' })
  })

  it('reports a registry that cannot be asked as a fault', async () => {
    const { self, fake, target } = await examined()
    fake.faults.push({ path: '/manifests/', answer: { status: 403 } })
    expect((await target(1)).checks.registry).toMatchObject({
      outcome: 'fault',
      detail: expect.stringContaining('ACCESS_DENIED'),
    })
    const text = await self.expect(1, ['doctor', `${fake.host}/app:v1`])
    expect(text.stdout).toContain(`${fake.host}/app:v1`)
  })

  it.each([
    [['doctor', '--fix'], '--fix'],
    [['doctor', 'oci:layout'], 'sealwright list oci:layout'],
    [['doctor', './app.tgz'], 'sealwright list ./app.tgz'],
    [['doctor', '--offline', 'registry.example/app'], '--offline'],
    [['doctor', 'release', '--ca-file', 'x'], 'leave it out'],
  ])('refuses %j with the fix', async (args, fix) => {
    const { error } = await (await program()).json(2, args)
    expect(error.fix).toContain(fix)
  })
})
