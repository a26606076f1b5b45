import { referrersTag } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

/** An image with two signatures. */
async function signed(self: Program, reference: string): Promise<readonly string[]> {
  await self.json(0, ['init', 'me', '--scope', '*'])
  await self.json(0, ['sign', reference])
  await self.json(0, ['sign', '--again', '--format', 'cose', reference])
  return listed(self, reference)
}

async function listed(self: Program, reference: string): Promise<readonly string[]> {
  const { referrers } = await self.json(0, ['list', reference])
  return referrers.map(({ digest }: { digest: string }) => digest)
}

describe.each([
  ['a registry with the referrers API', true],
  ['a registry without it', false],
])('delete, from %s,', (_, referrersApi) => {
  it('takes one signature away, then all, and says when there is nothing left to do', async () => {
    const self = await program()
    const { fake, reference, resolved, digest } = await registryWith(self, { referrersApi })
    const [first = '', second = ''] = await signed(self, reference)
    const dry = await self.json(0, ['delete', reference, '--all', '--dry-run'])
    expect(dry.manifests.map((one: { outcome: string }) => one.outcome)).toEqual([
      'wouldDelete',
      'wouldDelete',
    ])
    expect(await listed(self, reference)).toHaveLength(2)

    const one = await self.json(0, ['delete', reference, '--signature', first, '-y'])
    expect(one).toMatchObject({
      resolved,
      changed: true,
      manifests: [{ digest: first, of: digest, kind: 'signature', outcome: 'deleted' }],
    })
    expect(await listed(self, reference)).toEqual([second])
    const again = await self.json(0, ['delete', reference, '--signature', first, '-y'])
    expect(again).toMatchObject({ changed: false, manifests: [{ digest: first, outcome: 'absent' }] })

    await self.json(0, ['delete', reference, '--all', '-y'])
    expect(await listed(self, reference)).toEqual([])
    expect((await self.expect(0, ['delete', reference, '--all'])).stdout).toContain('nothing to do')
    const { tags, manifests } = fake.repository('app')
    const index = tags.get(referrersTag(digest))
    expect([...tags.keys()].sort()).toEqual(referrersApi ? ['v1'] : [referrersTag(digest), 'v1'])
    if (index) expect(JSON.parse(manifests.get(index)!.bytes.toString()).manifests).toEqual([])
    await self.json(1, ['verify', reference])
  })
})

describe('delete', () => {
  it('asks first, and deletes nothing without a yes', async () => {
    const self = await program()
    const { reference } = await registryWith(self)
    await signed(self, reference)
    expect((await self.json(2, ['delete', reference, '--all'])).error.fix).toContain('-y')
    await self.expect(2, ['delete', reference, '--all'], { answers: ['n'] })
    expect(self.asked.at(-1)).toContain('delete 2 manifests')
    expect(await listed(self, reference)).toHaveLength(2)
    await self.expect(0, ['delete', reference, '--all'], { answers: ['y'] })
    expect(await listed(self, reference)).toEqual([])
  })

  it('deletes referrers of a signature with it, and keeps what is not a signature', async () => {
    const self = await program()
    const { reference } = await registryWith(self)
    const [signature = ''] = await signed(self, reference)
    const nested = reference.replace(':v1', `@${signature}`)
    await self.json(0, ['sign', nested])
    const { manifests } = await self.json(0, ['delete', reference, '--signature', signature, '-y'])
    expect(manifests).toHaveLength(2)
    expect(manifests[0]).toMatchObject({ of: signature, outcome: 'deleted' })
    expect(manifests[1]).toMatchObject({ digest: signature, outcome: 'deleted' })
    await self.json(2, ['list', nested])
  })

  it('deletes nothing that does not refer to the target', async () => {
    const self = await program()
    const { reference, digest } = await registryWith(self)
    await signed(self, reference)
    const { error } = await self.json(2, ['delete', reference, '--signature', digest, '-y'])
    expect(error.message).toContain('is not a signature')
    await self.json(0, ['verify', reference])
  })

  it('says what was kept where nothing may be deleted', async () => {
    const self = await program()
    const { reference } = await registryWith(self, { deletes: false })
    await signed(self, reference)
    const { error, manifests } = await self.json(2, ['delete', reference, '--all', '-y'])
    expect(error.code).toBe('UNSUPPORTED')
    expect(manifests.map((one: { outcome: string }) => one.outcome)).toEqual(['kept', 'kept'])
    await self.json(0, ['verify', reference])
  })

  it('takes signatures off an index that names them before a registry deletes them, as zot demands', async () => {
    const self = await program()
    const { fake, reference, digest } = await registryWith(self, { keepsListed: true })
    await self.json(0, ['init', 'me', '--scope', '*'])
    await self.json(0, ['sign', '--referrers', 'tag', reference])
    expect((await self.expect(0, ['doctor', reference])).stdout).toContain('only once no index names it')
    await self.json(0, ['delete', reference, '--all', '-y'])
    expect(await listed(self, reference)).toEqual([])
    const { tags, manifests } = fake.repository('app')
    expect(JSON.parse(manifests.get(tags.get(referrersTag(digest))!)!.bytes.toString()).manifests).toEqual([])
  })

  it('puts a signature back on its list where the registry keeps it for another index', async () => {
    const self = await program()
    const { fake, reference, digest } = await registryWith(self, { keepsListed: true })
    await self.json(0, ['init', 'me', '--scope', '*'])
    await self.json(0, ['sign', '--referrers', 'tag', reference])
    const { tags, manifests } = fake.repository('app')
    tags.set('release', tags.get(referrersTag(digest))!)
    const [signature = ''] = await listed(self, reference)
    const { error } = await self.json(2, ['delete', reference, '--all', '-y'])
    expect(error).toMatchObject({ code: 'UNSUPPORTED' })
    expect(error.fix).toContain(`lists ${signature}`)
    const list = JSON.parse(manifests.get(tags.get(referrersTag(digest))!)!.bytes.toString())
    expect(list.manifests.map((one: { digest: string }) => one.digest)).toEqual([signature])
    await self.json(0, ['verify', reference])
  })

  it.each(['oci:layout:v1', 'oci-archive:app.tar:v1'])('works in %s', async reference => {
    const self = await program()
    await makeLayout(self.path('layout'), 'v1')
    if (reference.startsWith('oci-archive'))
      await self.json(0, ['copy', 'oci:layout:v1', 'oci-archive:app.tar:v1'])
    await signed(self, reference)
    await self.json(0, ['delete', reference, '--all', '-y'])
    expect(await listed(self, reference)).toEqual([])
  })

  it.each([
    [['delete', 'r.example/app:v1'], '--all'],
    [['delete', 'r.example/app:v1', '--all', '--signature', 'x'], '--all'],
    [['delete', 'r.example/app:v1', '--signature', 'x'], 'sealwright list'],
    [['delete', './app.tgz', '--all'], 'remove that file'],
    [['delete', 'oci-archive:-', '--all'], 'oci-archive:FILE'],
    [['delete', 'r.example/app', '--all'], 'sha256:'],
  ])('refuses %j with the fix', async (args, fix) => {
    const { error } = await (await program()).json(2, args)
    expect(error.fix).toContain(fix)
  })
})
