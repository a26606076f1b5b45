import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FakeRegistry, type FakeRegistryOptions } from '../../../oci-registry/test/fake-registry.ts'
import { makeLayout } from '../image.ts'
import { program } from '../program.ts'

/** A program with a signed image in a layout, trusted as `registry.example/app`, and a registry. */
async function signed(options: FakeRegistryOptions = {}) {
  const self = await program()
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const { digest } = await makeLayout(self.path('image'), 'v1')
  await self.json(0, ['init', 'me', '--scope', 'registry.example/app'])
  await self.json(0, ['sign', 'oci:image:v1'])
  return { ...self, fake, digest, app: `${fake.host}/app` }
}

describe('copy', () => {
  it('carries an image and its signature from a layout to a registry, an archive, and a layout again', async () => {
    const { json, fake, app, digest, expect: run } = await signed()
    const first = await json(0, ['copy', 'oci:image:v1', app])
    expect(first).toMatchObject({
      from: { reference: 'oci:image:v1', resolved: `oci:image@${digest}` },
      to: { reference: app, resolved: `${app}@${digest}`, tags: ['v1'] },
      skipped: [],
      mounted: [],
      left: [],
      verification: null,
    })
    expect(first.copied).toHaveLength(6)
    expect(fake.repository('app').tags.get('v1')).toBe(digest)
    await json(0, ['copy', `${app}:v1`, 'oci-archive:app.tar'])
    await json(0, ['copy', 'oci-archive:app.tar', 'oci:again:v2'])
    await json(0, ['verify', '--scope', 'registry.example/app', 'oci:again:v2'])
    expect((await run(0, ['list', 'oci:again:v2'])).stdout).toContain('signature')
  })

  it('done again changes nothing, and says so', async () => {
    const { json, app, expect: run, digest } = await signed()
    await json(0, ['copy', 'oci:image:v1', app])
    const again = await json(0, ['copy', 'oci:image:v1', app])
    expect(again.copied).toEqual([])
    expect(again.skipped).toHaveLength(6)
    expect((await run(0, ['copy', 'oci:image:v1', app])).stdout).toContain(`unchanged: ${app}@${digest}`)
  })

  it('with --dry-run writes nothing', async () => {
    const { json, app, fake } = await signed()
    const document = await json(0, ['copy', '--dry-run', 'oci:image:v1', app])
    expect(document).toMatchObject({ dryRun: true })
    expect(document.copied).toHaveLength(6)
    expect(fake.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([])
  })

  it('with --verify refuses what does not verify, with the exit codes of verify', async () => {
    const { json, app, fake, path } = await signed()
    const scope = ['--scope', 'registry.example/app']
    const good = await json(0, ['copy', '--verify', ...scope, 'oci:image:v1', `${app}:good`])
    expect(good.verification.verdict).toBe('verified')
    await makeLayout(path('unsigned'), 'v1', 'v2')
    const before = fake.requests.length
    const bad = await json(1, ['copy', '--verify', ...scope, 'oci:unsigned:v2', app])
    expect(bad).toMatchObject({ verification: { verdict: 'notVerified', reason: { code: 'UNSIGNED' } } })
    expect(bad.copied).toEqual([])
    // Nothing in the policy speaks for this repository.
    const other = await json(4, ['copy', '--verify', `${app}:good`, 'oci:other'])
    expect(other.verification.verdict).toBe('denied')
    expect(fake.requests.slice(before).every(({ method }) => ['GET', 'HEAD'].includes(method))).toBe(true)
  })

  it('takes of the referrers what it is told to', async () => {
    const { json, app } = await signed()
    expect((await json(0, ['copy', '--only', 'sbom', 'oci:image:v1', app])).copied).toHaveLength(3)
    expect((await json(0, ['copy', '--only', 'signature', 'oci:image:v1', app])).copied).toHaveLength(3)
    expect((await json(2, ['copy', '--only', 'picture', 'oci:image:v1', app])).error.message).toContain(
      'picture',
    )
  })

  it('lists what had to stay behind, and ends with 3', async () => {
    const { json, app, fake, expect: run } = await signed()
    await json(0, ['copy', 'oci:image:v1', app])
    const { blobs, manifests } = fake.repository('app')
    const signature = [...manifests.values()].find(({ bytes }) => bytes.toString().includes('"subject"'))
    const envelope = JSON.parse(signature?.bytes.toString() ?? '').layers[0].digest
    blobs.delete(envelope)
    const document = await json(3, ['copy', `${app}:v1`, 'oci:out'])
    expect(document.left.map(({ digest }: { digest: string }) => digest)).toContain(envelope)
    expect(document.error.code).toBe('NOT_FOUND')
    const { stderr } = await run(3, ['copy', `${app}:v1`, 'oci:out'])
    expect(stderr).toContain(`left behind[NOT_FOUND]: ${envelope}`)
    await run(0, ['list', 'oci:out:v1'])
  })

  it('writes a line for each content where there is no terminal, and none with -q', async () => {
    const { app, expect: run, digest } = await signed()
    const quiet = await run(0, ['copy', '-q', 'oci:image:v1', app])
    expect(quiet).toMatchObject({ stdout: `${app}@${digest}\n`, stderr: '' })
    const { stderr } = await run(0, ['copy', 'oci:image:v1', 'oci:other'])
    expect(
      stderr.split('\n').filter(line => /^copied {3}sha256:[0-9a-f]{12} .*\(\d of 6\)$/.test(line)),
    ).toHaveLength(6)
  })

  it('with --offline goes from one local store to another, and to no registry', async () => {
    const { json, app, fake } = await signed()
    await json(0, ['copy', '--offline', 'oci:image:v1', 'oci-archive:x.tar'])
    expect((await json(2, ['copy', '--offline', 'oci:image:v1', app])).error.message).toContain('--offline')
    expect(fake.requests).toEqual([])
  })

  it('writes an archive to stdout that is read from stdin as it comes', async () => {
    const { json, run, expect: ends, digest, fake, app } = await signed()
    const { code, bytes, stderr } = await run(['copy', 'oci:image:v1', 'oci-archive:-'])
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('oci-archive:-@') })
    for (const stdin of [bytes, gzipSync(bytes)]) {
      const { to } = await json(0, ['copy', 'oci-archive:-', 'oci:through'], { stdin })
      expect(to).toEqual({ reference: 'oci:through', resolved: `oci:through@${digest}`, tags: ['v1'] })
    }
    await json(0, ['verify', '--scope', 'registry.example/app', `oci:through@${digest}`])
    await json(0, ['copy', '--verify', '--scope', 'registry.example/app', 'oci-archive:-:v1', app], {
      stdin: bytes,
    })
    expect(fake.repository('app').tags.get('v1')).toBe(digest)
    const again = await run(['copy', 'oci-archive:-:v1', 'oci-archive:-'], { stdin: bytes })
    expect(again.bytes.equals(bytes)).toBe(true)
    // Cut off: what is there by then is whole, and the run says that not all came.
    const cut = await json(2, ['copy', 'oci-archive:-:v1', 'oci:cut'], { stdin: bytes.subarray(0, -600) })
    expect(cut.error.why).toContain('ends too early')
    expect((await json(2, ['copy', 'oci:image:v1', 'oci-archive:-'])).error.message).toContain('-o json')
    await ends(2, ['copy', 'oci-archive:-', 'oci-archive:-'], { stdin: 'nothing of the kind' })
  })

  it('refuses an invalid source or destination, with the spelling that was meant', async () => {
    const { json } = await signed()
    expect((await json(2, ['copy', './app.tar', 'oci:x'])).error.fix).toContain('oci-archive:./app.tar')
    expect((await json(2, ['copy', 'oci:image:v1', './app.tar'])).error.fix).toContain('oci-archive:app.tar')
    expect((await json(2, ['copy', 'oci:image:v1', 'app.tar'])).error.why).toContain('no host')
    expect((await json(2, ['copy', '--scope', 'a.b/c', 'oci:image:v1', 'oci:x'])).error.fix).toBe(
      'add --verify',
    )
  })

  it('goes by a digest at the destination only if that is what is copied', async () => {
    const { json, app, digest, fake } = await signed()
    await json(0, ['copy', 'oci:image:v1', `${app}@${digest}`])
    expect([...fake.repository('app').tags.keys()]).toEqual([])
    const other = `sha256:${'0'.repeat(64)}`
    expect((await json(2, ['copy', 'oci:image:v1', `${app}@${other}`])).error.why).toContain(digest)
  })
})
