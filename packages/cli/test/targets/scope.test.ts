import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeIndexLayout, makeLayout } from '../image.ts'
import { program } from '../program.ts'

const SCOPE = 'registry.example/app'

/** A manifest in a file and its detached signature; the policy is for one repository. */
async function ready(make = makeLayout) {
  const self = await program()
  const { digest } = await make(self.path('image'), 'v1')
  await self.expect(0, ['init', 'me', '--scope', SCOPE])
  await self.expect(0, ['sign', '--signature', 'app.sig', 'oci:image'])
  const manifest = await readFile(join(self.path('image'), 'blobs', ...digest.split(':')))
  await writeFile(self.path('manifest.json'), manifest)
  return { ...self, digest, manifest }
}

describe('verify --scope', () => {
  it('judges a layout and an archive as a repository', async () => {
    const { expect: run, path } = await ready()
    await run(0, ['sign', 'oci:image'])
    const { execFileSync } = await import('node:child_process')
    execFileSync('tar', ['-C', path('image'), '-cf', path('app.tar'), '.'])
    for (const target of ['oci:image', 'oci-archive:app.tar']) {
      await run(0, ['verify', '--offline', '--scope', SCOPE, target])
      await run(4, ['verify', '--offline', '--scope', 'registry.example/other', target])
      await run(4, ['verify', '--offline', target])
    }
  })

  it('judges a manifest in a file as an artifact of a repository, and its envelope is named as it is', async () => {
    const { json, expect: run, digest, path } = await ready()
    const apart = ['--offline', '--scope', SCOPE, '--signature', 'app.sig']
    const { targets } = await json(0, ['verify', ...apart, './manifest.json'])
    const envelope = createHash('sha256')
      .update(await readFile(path('app.sig')))
      .digest('hex')
    expect(targets[0]).toMatchObject({
      verdict: 'verified',
      resolved: `./manifest.json@${digest}`,
      policy: { statement: 'me' },
      signatures: [{ digest: `sha256:${envelope}` }],
    })
    await run(4, ['verify', '--scope', 'registry.example/other', '--signature', 'app.sig', './manifest.json'])
    const layout = await json(0, ['verify', ...apart, 'oci:image'])
    expect(layout.targets[0].signatures).toMatchObject([{ digest: `sha256:${envelope}` }])
  })

  it('finds the envelope beside the manifest, and takes the manifest from stdin', async () => {
    const { expect: run, json, manifest, path } = await ready()
    const scoped = ['verify', '--scope', SCOPE]
    const unsigned = await json(1, [...scoped, './manifest.json'])
    expect(unsigned.targets[0].reason.code).toBe('UNSIGNED')
    await writeFile(path('manifest.json.jws.sig'), await readFile(path('app.sig')))
    await run(0, [...scoped, './manifest.json'])
    await run(0, [...scoped, '--signature', 'app.sig', '-'], { stdin: manifest })
  })

  it('judges an index in a file, and lists what it names', async () => {
    const { json } = await ready(path => makeIndexLayout(path, ['linux/amd64', 'linux/arm64']))
    const args = ['verify', '--scope', SCOPE, '--signature', 'app.sig', './manifest.json']
    const { targets } = await json(0, args)
    expect(targets[0].manifests[0].platform).toBe('linux/amd64')
  })

  it('refuses a manifest that was changed, by as little as a space', async () => {
    const { json, manifest, path } = await ready()
    await writeFile(path('manifest.json'), `${manifest} `)
    const args = ['verify', '--scope', SCOPE, '--signature', 'app.sig', './manifest.json']
    expect((await json(1, args)).targets[0].reason.code).toBe('TAMPERED')
  })

  it('takes the signature of a manifest as a file for none of the artifact', async () => {
    const { json, expect: run } = await ready()
    await run(0, ['sign', '--signature', 'file.sig', './manifest.json'])
    const args = ['verify', '--scope', SCOPE, '--signature', 'file.sig', './manifest.json']
    const { reason } = (await json(1, args)).targets[0]
    expect(reason).toMatchObject({ code: 'TAMPERED', why: expect.stringContaining('octet-stream') })
  })

  it('has no effect on a file that is not a manifest', async () => {
    const { json, path } = await ready()
    await writeFile(path('app.tgz'), 'the bytes of a release')
    await writeFile(path('both.json'), '{"schemaVersion":2,"config":{},"layers":[],"manifests":[]}')
    for (const file of ['./app.tgz', './both.json']) {
      const { error } = await json(2, ['verify', '--scope', SCOPE, '--signature', 'app.sig', file])
      expect(error.message).toBe(`--scope has no effect on ${file}`)
      expect(error.fix).toContain('--statement')
    }
  })

  it('and --statement are about different things', async () => {
    const { json } = await ready()
    const args = ['verify', '--scope', SCOPE, '--statement', 'me', './manifest.json']
    expect((await json(2, args)).error.message).toContain('cannot be used together')
  })
})
