import { generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeLayout } from '../image.ts'
import { type Program, program } from '../program.ts'

const SIGN = 'https://sigstore.dev/cosign/sign/v1'

/** A key on P-256 in `key.pem`, and an image in a layout. */
async function scene(): Promise<Program & { readonly digest: string }> {
  const self = await program()
  await writeKey(self, 'key.pem', generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  const { digest } = await makeLayout(self.path('image'), 'v1')
  return { ...self, digest }
}

function writeKey(self: Program, name: string, { privateKey }: ReturnType<typeof generateKeyPairSync>) {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  return writeFile(self.path(name), pem, { mode: 0o600 })
}

const signAs = (format: string, ...more: string[]) => [
  'sign',
  '-k',
  'file:key.pem',
  '--format',
  format,
  ...more,
]

/** The bundle under the manifest of a signature, by hand. */
async function statementOf(self: Program, manifest: string) {
  const blob = async (digest: string) =>
    JSON.parse(await readFile(join(self.path('image'), 'blobs', digest.replace(':', '/')), 'utf8'))
  const { dsseEnvelope } = await blob((await blob(manifest)).layers[0].digest)
  return JSON.parse(Buffer.from(dsseEnvelope.payload, 'base64').toString())
}

describe('sign --format sigstore', () => {
  it('signs the statement of cosign with what -m says, once, and again when told', async () => {
    const self = await scene()
    const sign = signAs('sigstore', '-m', 'env=prod', 'oci:image:v1')
    expect((await self.json(0, [...sign, '--dry-run'])).targets[0]).toMatchObject({ outcome: 'wouldSign' })
    const { targets } = await self.json(0, sign)
    expect(targets[0]).toMatchObject({
      outcome: 'signed',
      resolved: `oci:image@${self.digest}`,
      signature: { format: 'sigstore', algorithm: 'ES256', subject: null, metadata: { env: 'prod' } },
      stored: { as: 'layout', path: null },
    })
    expect(await statementOf(self, targets[0].signature.digest)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: self.digest.slice(7) }, annotations: { env: 'prod' } }],
      predicateType: SIGN,
      predicate: {},
    })
    expect((await self.json(0, sign)).targets[0]).toMatchObject({ outcome: 'unchanged' })
    const other = await self.json(0, signAs('sigstore', '-m', 'env=dev', 'oci:image:v1'))
    expect(other.targets[0]).toMatchObject({ outcome: 'signed' })
    expect((await self.json(0, [...sign, '--again'])).targets[0]).toMatchObject({ outcome: 'signed' })
  })

  it.each<[string, string[]]>([
    ['a best-by time', ['--expiry', '30d', 'oci:image:v1']],
    ['stapled evidence', ['--staple', 'oci:image:v1']],
    ['a form of the manifest', ['--manifest', 'artifact-type', 'oci:image:v1']],
    ['a detached envelope', ['--signature', 'out.sig', 'oci:image:v1']],
    ['the manifests of an index', ['--recursive', 'oci:image:v1']],
    ['a file', ['./key.pem']],
    ['a scope of nothing', ['--batch-privacy', 'all', 'oci:image:v1']],
  ])('refuses %s', async (_, args) => {
    const self = await scene()
    for (const format of ['sigstore', 'simplesigning']) await self.expect(2, signAs(format, ...args))
  })

  it('refuses a batch of another format', async () => {
    const self = await scene()
    await self.expect(2, signAs('simplesigning', '--batch', 'oci:image:v1'))
    await self.expect(2, ['sign', '-k', 'file:key.pem', '--batch', 'oci:image:v1'])
  })

  it('refuses keys whose signatures cosign does not verify', async () => {
    const self = await scene()
    await writeKey(self, 'ed.pem', generateKeyPairSync('ed25519'))
    const sign = ['sign', '-k', 'file:ed.pem', 'oci:image:v1', '--format']
    const { stderr } = await self.run([...sign, 'sigstore'])
    expect(stderr).toContain('cosign does not verify Ed25519 in the format sigstore')
    await self.expect(0, [...sign, 'simplesigning'])
  })
})

describe('sign --format simplesigning', () => {
  it('adds to the tag of cosign, once for each key and annotation', async () => {
    const self = await scene()
    await writeKey(self, 'other.pem', generateKeyPairSync('ec', { namedCurve: 'P-384' }))
    const sign = signAs('simplesigning', 'oci:image:v1')
    const first = await self.json(0, sign)
    expect(first.targets[0]).toMatchObject({ outcome: 'signed', stored: { as: 'tag', path: null } })
    expect((await self.json(0, sign)).targets[0]).toMatchObject({
      outcome: 'unchanged',
      signature: { digest: first.targets[0].signature.digest },
    })
    await self.expect(0, ['sign', '-k', 'file:other.pem', '--format', 'simplesigning', 'oci:image:v1'])
    await self.expect(0, [...sign, '-m', 'a=b'])
    const { signatures } = await self.json(0, ['inspect', 'oci:image:v1'])
    expect(signatures.map(({ format, signs }: Record<string, unknown>) => [format, signs])).toEqual(
      Array(3).fill(['simple-signing', self.digest]),
    )
  })
})

describe('--batch', () => {
  /** Images in two layouts, which are two repositories. */
  async function images(count: number) {
    const self = await scene()
    const tags = Array.from({ length: count }, (_, index) => `v${index}`)
    for (const [name, half] of [
      ['one', tags.slice(0, count / 2)],
      ['two', tags.slice(count / 2)],
    ] as const)
      await makeLayout(self.path(name), ...half)
    const targets = tags.map((tag, index) => `oci:${index < count / 2 ? 'one' : 'two'}:${tag}`)
    await writeFile(self.path('images.txt'), `${targets.join('\n')}\n`)
    return { self, targets }
  }

  it.each([
    [undefined, 2],
    ['repository', 2],
    ['all', 1],
  ])('with --batch-privacy %s signs the images of two layouts %i times', async (privacy, operations) => {
    const { self } = await images(4)
    const scope = privacy === undefined ? [] : ['--batch-privacy', privacy]
    const log = self.path('audit.log')
    const batch = [...signAs('sigstore', '--batch', ...scope), '--audit-log', log, '--targets', 'images.txt']
    const { targets } = await self.json(0, batch)
    expect(targets.map(({ outcome }: { outcome: string }) => outcome)).toEqual(Array(4).fill('signed'))
    const lines = (await readFile(log, 'utf8')).trim().split('\n')
    expect(lines).toHaveLength(operations)
    await self.json(0, batch)
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(operations)
  })

  it('signs what is there, and names what is not', async () => {
    const { self, targets } = await images(4)
    const { targets: done } = await self.json(2, signAs('sigstore', '--batch', ...targets, 'oci:one:missing'))
    expect(done.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      ...Array(4).fill('signed'),
      'failed',
    ])
    expect(done[4].error).toMatchObject({ code: 'NOT_FOUND' })
  })

  it('of attest makes one statement about all targets of a list', async () => {
    const { self } = await images(4)
    await writeFile(self.path('review.json'), '{"result":"passed"}')
    const log = self.path('audit.log')
    const attest = ['attest', '-k', 'file:key.pem', '--type', 'https://example.org/review/v1']
    const batch = ['--predicate', 'review.json', '--batch', '--batch-privacy', 'all', '--audit-log', log]
    const { targets } = await self.json(0, [...attest, ...batch, '--targets', 'images.txt'])
    expect(targets.map(({ outcome }: { outcome: string }) => outcome)).toEqual(Array(4).fill('attested'))
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(1)
    await self.expect(2, [...attest, '--predicate', 'review.json', '--batch-privacy', 'all', 'oci:one:v0'])
  })
})
