import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

/** The arguments of the command that a fix names behind its words. */
function referenceIn(fix: string): string {
  return fix.slice(fix.indexOf('oci:'))
}

describe('a layout whose tags are whole names, as podman writes them', () => {
  it('is named with them, and a registry takes the tag in them', async () => {
    const self = await program()
    const { fake, repository } = await registryWith(self)
    await makeLayout(self.path('one'), 'localhost/app:1.0')
    const { resolved } = await self.json(0, ['list', 'oci:one:localhost/app:1.0'])
    expect(resolved).toMatch(/^oci:one@sha256:/)
    await self.json(0, ['copy', 'oci:one', `${fake.host}/app`])
    await self.json(0, ['copy', 'oci:one:localhost/app:1.0', `${fake.host}/app`])
    expect([...repository.tags.keys()].sort()).toEqual(['1.0', 'v1'])
    await self.json(0, ['copy', 'oci:one', 'oci-archive:one.tar'])
    await self.json(0, ['list', 'oci-archive:one.tar:localhost/app:1.0'])
  })

  it('names in its fixes what the next command takes', async () => {
    const self = await program()
    await makeLayout(self.path('two'), 'localhost/app:1.0', 'localhost/app:2.0')
    const { error } = await self.json(2, ['list', 'oci:two'])
    await self.json(0, ['list', referenceIn(error.fix)])
    const missing = await self.json(2, ['list', 'oci:two:v9'])
    expect(missing.error.why).toContain('localhost/app:1.0, localhost/app:2.0')
    await self.json(0, ['list', referenceIn(missing.error.fix)])
  })

  it('asks for a tag where the name has none', async () => {
    const self = await program()
    const { fake } = await registryWith(self)
    await makeLayout(self.path('one'), 'localhost/app')
    await self.json(0, ['list', 'oci:one:localhost/app'])
    const before = fake.requests.length
    const { error } = await self.json(2, ['copy', 'oci:one', `${fake.host}/app`])
    expect(error.fix).toContain(`${fake.host}/app:TAG`)
    expect(fake.requests.slice(before).filter(({ method }) => method === 'PUT')).toEqual([])
  })
})

it('names digests where two images have the same tag', async () => {
  const self = await program()
  await makeLayout(self.path('three'), 'latest', 'b')
  const path = self.path('three', 'index.json')
  await writeFile(path, (await readFile(path, 'utf8')).replace('"b"', '"latest"'))
  for (const reference of ['oci:three', 'oci:three:latest']) {
    const { error } = await self.json(2, ['list', reference])
    expect(error.fix).toContain('@sha256:')
    await self.json(0, ['list', referenceIn(error.fix)])
  }
})

describe('a folder that is not a layout', () => {
  it('is named where docker save wrote it before version 25', async () => {
    const self = await program()
    await mkdir(self.path('saved'))
    await writeFile(self.path('saved', 'manifest.json'), '[]')
    execFileSync('tar', ['-cf', self.path('saved.tar'), '-C', self.path('saved'), '.'])
    for (const reference of ['oci-archive:saved.tar', 'oci:saved']) {
      const { error } = await self.json(2, ['list', reference])
      expect(error.why).toContain('docker-archive')
      expect(error.fix).toContain('skopeo copy')
    }
  })

  it('is named where the layout lies in a folder', async () => {
    const self = await program()
    await makeLayout(self.path('outer', 'image'), 'v1')
    execFileSync('tar', ['-cf', self.path('outer.tar'), '-C', self.path('outer'), 'image'])
    const inDirectory = await self.json(2, ['list', 'oci:outer:v1'])
    expect(inDirectory.error.why).toContain('the layout lies in image/')
    await self.json(0, ['list', `${referenceIn(inDirectory.error.fix)}:v1`])
    const inArchive = await self.json(2, ['list', 'oci-archive:outer.tar:v1'])
    expect(inArchive.error.why).toContain('the layout lies in image/')
    expect(inArchive.error.fix).toContain('tar -cf layout.tar -C image .')
  })
})

it('says that a layout or an archive is not there, and where it was looked for', async () => {
  const { json, path } = await program()
  const fix = 'check the spelling of the path'
  expect((await json(2, ['list', 'oci:nosuch'])).error).toMatchObject({
    code: 'NOT_FOUND',
    message: `there is no OCI image layout ${path('nosuch')}`,
    fix,
  })
  expect((await json(2, ['list', 'oci-archive:no.tar'])).error).toMatchObject({ code: 'NOT_FOUND', fix })
})
