import { existsSync } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, rename, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

interface Home extends Program {
  readonly store: string
  /** The certificate that the store holds. */
  readonly file: string
}

/** A signed image, trusted by ca:me. */
async function ready(): Promise<Home> {
  const self = await program()
  await makeLayout(self.path('image'), 'v1')
  await self.expect(0, ['init', 'me', '--scope', '*'])
  await self.expect(0, ['sign', 'oci:image:v1'])
  const store = join(self.trust, 'truststore/x509/ca/me')
  const [name] = await readdir(store)
  return { ...self, store, file: join(store, name as string) }
}

/** The user of tests may be root, who may read everything. */
async function asNobody<T>({ home }: Program, run: () => Promise<T>): Promise<T> {
  const uid = process.geteuid!()
  if (uid !== 0) return run()
  await chmod(home, 0o755)
  process.seteuid!(65_534)
  try {
    return await run()
  } finally {
    process.seteuid!(uid)
  }
}

const BROKEN: Readonly<Record<string, (home: Home) => Promise<unknown>>> = {
  'a foreign file': ({ store }) => writeFile(join(store, 'README'), 'our roots'),
  'a folder': ({ store }) => mkdir(join(store, 'old')),
  'a linked certificate': async ({ file, path }) => {
    await rename(file, path('real.crt'))
    await symlink(path('real.crt'), file)
  },
  'a linked store': async ({ store, path }) => {
    await rename(store, path('real'))
    await symlink(path('real'), store)
  },
  'no store': async ({ store, file }) => {
    await unlink(file)
    await rename(store, `${store}-renamed`)
  },
}

describe('a trust store that cannot be used', () => {
  it.each(Object.entries(BROKEN))('%s: verify cannot tell, and every tool sees it', async (name, breakIt) => {
    const self = await ready()
    const { json, expect: run } = self
    await json(0, ['verify', 'oci:image:v1'])
    await breakIt(self)
    const { targets, error } = await json(2, ['verify', 'oci:image:v1'])
    expect(targets[0]).toMatchObject({ verdict: 'unknown' })
    expect(error).toMatchObject({ code: 'VALIDATION', message: 'trust store ca:me cannot be used' })
    expect(error.fix).not.toMatch(/fingerprint/)
    const { policies } = await json(1, ['policy', 'check'])
    expect(policies[0].faults[0].message).toContain('trust store ca:me')
    const { checks } = await json(1, ['doctor'])
    expect(
      checks.some(({ check, outcome }: Record<string, string>) => check === 'policy' && outcome === 'fault'),
    ).toBe(true)
    if (name === 'no store') return
    const { stores } = await json(0, ['cert', 'list'])
    expect(stores[0].fault).toEqual(expect.any(String))
    expect((await run(0, ['cert', 'show', 'ca:me'])).stdout).toContain('fit for the store  no')
  })

  it.each(['a foreign file', 'a folder', 'a linked certificate', 'a linked store'])(
    '%s: cert remove --all takes it away',
    async name => {
      const self = await ready()
      await BROKEN[name]!(self)
      await self.json(2, ['cert', 'remove', 'ca:me', '--all'])
      await self.json(0, ['cert', 'remove', 'ca:me', '--all', '-y'])
      await expect(lstat(self.store)).rejects.toMatchObject({ code: 'ENOENT' })
      // What a link points at belongs to others.
      if (name === 'a linked certificate') expect(existsSync(self.path('real.crt'))).toBe(true)
      if (name === 'a linked store') expect(await readdir(self.path('real'))).toHaveLength(1)
      await self.expect(0, ['cert', 'add', 'ca:me', 'config/keys/me.crt'])
      await self.json(0, ['verify', 'oci:image:v1'])
    },
  )

  it('is mended by name, or by fingerprint beside what is foreign', async () => {
    const self = await ready()
    const { json, store } = self
    await writeFile(join(store, 'README'), 'our roots')
    const [{ fingerprint }] = (await json(0, ['cert', 'list', 'ca:me'])).stores[0].certificates
    expect((await json(0, ['cert', 'remove', 'ca:me', fingerprint])).removed).toHaveLength(1)
    expect((await json(0, ['cert', 'remove', 'ca:me', 'README'])).entries).toEqual(['README'])
    expect(existsSync(store)).toBe(false)
  })

  it('is named by cert add, which adds all the same; into a link nothing is added', async () => {
    const self = await ready()
    const { expect: run, json, store, path } = self
    await writeFile(join(store, 'README'), 'our roots')
    const { stderr } = await run(0, ['cert', 'add', 'ca:me', 'config/keys/me.crt'])
    expect(stderr).toContain('nothing can be verified by ca:me: README: ')
    await symlink(store, join(self.trust, 'truststore/x509/ca/alias'))
    const { error } = await json(2, ['cert', 'add', 'ca:alias', 'config/keys/me.crt'])
    expect(error.message).toBe('trust store ca:alias cannot be used')
    expect(path).toBeDefined()
  })

  it('takes a linked certificate for none, and puts the real one in its place', async () => {
    const self = await ready()
    await BROKEN['a linked certificate']!(self)
    expect((await self.json(0, ['cert', 'add', 'ca:me', 'config/keys/me.crt'])).added).toHaveLength(1)
    await self.json(0, ['verify', 'oci:image:v1'])
  })

  it('hides no other store, and does not matter where no policy names it', async () => {
    const self = await ready()
    const { json, trust, file } = self
    const other = join(trust, 'truststore/x509/ca/a-broken')
    await mkdir(other)
    await writeFile(join(other, '.DS_Store'), 'x')
    await mkdir(join(trust, 'truststore/x509/tsa/time'), { recursive: true })
    await copyFile(file, join(trust, 'truststore/x509/tsa/time/root.crt'))
    await json(0, ['verify', 'oci:image:v1'])
    await json(0, ['policy', 'check'])
    const { stores } = await json(0, ['cert', 'list'])
    expect(stores.map(({ store, fault }: Record<string, string | null>) => [store, fault === null])).toEqual([
      ['ca:a-broken', false],
      ['ca:me', true],
      ['tsa:time', true],
    ])
    const { checks } = await json(0, ['doctor'])
    expect(checks).toContainEqual(
      expect.objectContaining({
        check: 'trust',
        outcome: 'warning',
        detail: expect.stringContaining('.DS_Store'),
      }),
    )
  })

  it('that may not be read is exit 5 for verify, and one line of what the tools list', async ctx => {
    if (process.seteuid === undefined) return ctx.skip('rights of this system are not those of POSIX')
    const self = await ready()
    const { json, store, trust, file } = self
    await mkdir(join(trust, 'truststore/x509/ca/zz'))
    await copyFile(file, join(trust, 'truststore/x509/ca/zz/root.crt'))
    await chmod(store, 0)
    for (const open of [
      self.trust,
      join(trust, 'truststore'),
      join(trust, 'truststore/x509'),
      self.path('image'),
      join(trust, 'truststore/x509/ca'),
      self.path('config'),
    ])
      await chmod(open, 0o755)
    await chmod(join(trust, 'trustpolicy.json'), 0o644)
    await chmod(self.path('config', 'config.json'), 0o644)
    await asNobody(self, async () => {
      expect((await json(5, ['verify', 'oci:image:v1'])).error.code).toBe('ACCESS_DENIED')
      const { stores } = await json(0, ['cert', 'list'])
      expect(stores).toMatchObject([
        { store: 'ca:me', fault: 'cannot be read: the file system denies access (EACCES)' },
        { store: 'ca:zz', fault: null },
      ])
      expect((await json(1, ['policy', 'check'])).policies[0].faults[0].message).toContain('EACCES')
      expect((await json(5, ['cert', 'remove', 'ca:me', '--all', '-y'])).error.fix).toContain(store)
    })
    await chmod(join(trust, 'truststore/x509/ca'), 0)
    await asNobody(self, async () => {
      expect((await json(5, ['cert', 'list'])).error.message).toContain('cannot be listed')
      expect((await json(5, ['verify', 'oci:image:v1'])).error.code).toBe('ACCESS_DENIED')
    })
  })
})

describe('--policy FILE', () => {
  it('does not read the policy of the directory, which may be broken', async () => {
    const { json, path, trust } = await ready()
    await rename(join(trust, 'trustpolicy.json'), path('mine.json'))
    await symlink(path('mine.json'), join(trust, 'trustpolicy.json'))
    await json(2, ['verify', 'oci:image:v1'])
    await json(0, ['verify', '--policy', 'mine.json', 'oci:image:v1'])
  })
})
