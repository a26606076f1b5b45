import { cp, readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { makeIndexLayout, makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'
import { registryWith } from '../registry-with.ts'

/** A layout, a copy of it, and the envelope that was made over the one where the other is not. */
async function ready(...flags: string[]) {
  const self = await program()
  const { digest } = await makeLayout(self.path('inside'), 'v1', 'v2')
  await cp(self.path('inside'), self.path('outside'), { recursive: true })
  await self.expect(0, ['init', 'me', '--scope', '*'])
  await self.expect(0, ['sign', ...flags, '--signature', 'app.sig', 'oci:inside:v1'])
  return { ...self, digest }
}

/** No key and no trust: a home of somebody else's. */
async function stranger(self: Program): Promise<Program> {
  const other = await program()
  await cp(self.path('outside'), other.path('outside'), { recursive: true })
  await cp(self.path('app.sig'), other.path('app.sig'))
  return other
}

describe('attach', () => {
  it.each(['jws', 'cose'])('adds an envelope (%s) that was made elsewhere, without a key', async format => {
    const self = await ready('--format', format, '-m', 'build=42')
    const other = await stranger(self)
    const attached = await other.json(0, ['attach', 'oci:outside:v1', 'app.sig'])
    expect(attached).toMatchObject({
      reference: 'oci:outside:v1',
      resolved: `oci:outside@${self.digest}`,
      outcome: 'attached',
      signature: { format, algorithm: 'ES256', metadata: { build: '42' } },
      stored: { as: 'layout', path: null },
    })
    await other.expect(2, ['verify', 'oci:outside:v1'])
    await cp(self.trust, other.trust, { recursive: true })
    const { targets } = await other.json(0, ['verify', 'oci:outside:v1'])
    expect(targets[0].signatures).toMatchObject([{ digest: attached.signature.digest, format }])
    const { signatures } = await other.json(0, ['inspect', 'oci:outside:v1'])
    expect(signatures).toHaveLength(1)
    const raw = await other.expect(0, ['inspect', '--raw', 'oci:outside:v1'])
    if (format === 'jws') expect(raw.stdout).toBe(await readFile(self.path('app.sig'), 'utf8'))
  })

  it('changes nothing the second time, from stdin either', async () => {
    const { json, expect: run, path } = await ready()
    const first = await json(0, ['attach', 'oci:outside:v1', 'app.sig'])
    const before = (await stat(path('outside', 'index.json'))).mtimeMs
    const stdin = await readFile(path('app.sig'))
    const again = await json(0, ['attach', 'oci:outside:v1', '-'], { stdin })
    expect(again).toMatchObject({ outcome: 'unchanged', signature: first.signature, stored: null })
    expect((await stat(path('outside', 'index.json'))).mtimeMs).toBe(before)
    expect((await run(0, ['attach', 'oci:outside:v1', 'app.sig'])).stdout).toContain('nothing to do')
    expect((await run(0, ['attach', '-q', 'oci:outside:v1', 'app.sig'])).stdout).toBe(`${first.resolved}\n`)
  })

  it('makes what signing in place makes', async () => {
    const { json, expect: run } = await ready()
    await run(0, ['attach', 'oci:outside:v1', 'app.sig'])
    const { targets } = await json(0, ['sign', 'oci:outside:v1'])
    expect(targets[0].outcome).toBe('unchanged')
  })

  it('adds the signature of an index to the index, and says where it belongs if it is of something else', async () => {
    const { json, expect: run, path } = await ready()
    const index = await makeIndexLayout(path('index'), ['linux/amd64'])
    await run(0, ['sign', '--signature', 'index.sig', 'oci:index:v1'])
    const { error } = await json(2, ['attach', `oci:index@${index.below[0]}`, 'index.sig'])
    expect(error.message).toContain('index.sig does not sign')
    expect(error.why).toContain(index.digest)
    expect(error.fix).toContain(`sealwright attach oci:index@${index.digest} index.sig`)
    expect((await json(0, ['attach', 'oci:index:v1', 'index.sig'])).outcome).toBe('attached')
  })

  it('refuses an envelope of another artifact, a damaged one, and what is none; nothing is stored', async () => {
    const { json, path, digest } = await ready()
    const before = await readFile(path('outside', 'index.json'), 'utf8')
    const other = await json(2, ['attach', 'oci:outside:v2', 'app.sig'])
    expect(other.error).toMatchObject({ code: 'VALIDATION', why: expect.stringContaining(digest) })
    const envelope = JSON.parse(await readFile(path('app.sig'), 'utf8'))
    const payload = JSON.parse(Buffer.from(envelope.payload, 'base64url').toString())
    payload.targetArtifact.size++
    envelope.payload = Buffer.from(JSON.stringify(payload)).toString('base64url')
    await writeFile(path('damaged.sig'), JSON.stringify(envelope))
    expect((await json(2, ['attach', 'oci:outside:v1', 'damaged.sig'])).error.why).toContain('does not hold')
    await writeFile(path('none.sig'), 'nonsense')
    await json(2, ['attach', 'oci:outside:v1', 'none.sig'])
    await writeFile(path('empty.sig'), '')
    await json(2, ['attach', 'oci:outside:v1', 'empty.sig'])
    expect(await readFile(path('outside', 'index.json'), 'utf8')).toBe(before)
  })

  it('says that a signature has expired, and attaches it all the same', async () => {
    const { expect: run } = await ready('--expiry', '1h')
    const now = new Date(Date.now() + 2 * 3600 * 1000)
    const { stderr } = await run(0, ['attach', 'oci:outside:v1', 'app.sig'], { now })
    expect(stderr).toMatch(/warning: app\.sig expired at /)
  })

  it('keeps a signature beside the one that is there', async () => {
    const { json, expect: run } = await ready()
    await run(0, ['init', 'other', '--scope', '*'])
    await run(0, ['sign', '-k', 'other', 'oci:outside:v1'])
    await run(0, ['attach', 'oci:outside:v1', 'app.sig'])
    expect((await json(0, ['verify', '--all', 'oci:outside:v1'])).targets[0].signatures).toHaveLength(2)
  })

  it.each([
    ['with the referrers API', true, 'referrers API'],
    ['without it', false, 'tag'],
  ] as const)('puts it into a registry %s', async (_title, referrersApi, stored) => {
    const self = await program()
    const { reference, resolved } = await registryWith(self, { referrersApi })
    await self.expect(0, ['init', 'me', '--scope', '*'])
    await self.expect(0, ['sign', '--signature', 'app.sig', 'oci:source:v1'])
    const attached = await self.json(0, ['attach', reference, 'app.sig'])
    expect(attached).toMatchObject({ resolved, stored: { as: stored } })
    expect((await self.json(0, ['attach', reference, 'app.sig'])).outcome).toBe('unchanged')
    await self.json(0, ['verify', reference])
  })

  it.each([
    [['attach', './app.tgz', 'app.sig'], 'nothing is attached to a file'],
    [['attach', 'oci-archive:-', 'app.sig'], 'has no place for a signature'],
    [['attach', 'oci:outside:v1', 'nosuch.sig'], 'nosuch.sig'],
    [['attach', 'oci:outside:nosuch', 'app.sig'], 'nosuch'],
    [['attach', 'oci-archive:-', '-', '--signatures-in', 'oci:other'], 'stdin cannot be read twice'],
    [['attach', 'oci:outside:v1'], 'sealwright attach needs ENVELOPE'],
  ])('%s is a wrong call', async (args, message) => {
    const { json } = await ready()
    expect((await json(2, args)).error.message).toContain(message)
  })
})
