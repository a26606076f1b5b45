import { execFileSync } from 'node:child_process'
import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeIndexLayout, makeLayout } from '../image.ts'
import { program } from '../program.ts'

const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/arm/v7']

async function ready() {
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', '*'])
  return { ...self, index: await makeIndexLayout(self.path('image'), PLATFORMS, { cache: true }) }
}

interface Target {
  readonly reference: string
  readonly resolved: string
  readonly outcome: string
  readonly index?: string
  readonly platform?: string
}

describe('sign --recursive', () => {
  it('signs an index, every manifest in it, what a builder attests of them, and indexes in it', async () => {
    const { json, expect: run, index } = await ready()
    const { targets } = (await json(0, ['sign', '--recursive', 'oci:image:v1'])) as { targets: Target[] }
    const [whole, ...below] = targets
    expect(whole).toMatchObject({
      reference: 'oci:image:v1',
      resolved: `oci:image@${index.digest}`,
      outcome: 'signed',
    })
    expect(whole).not.toHaveProperty('index')
    expect(below.map(({ resolved }) => resolved).toSorted()).toEqual(
      index.below.map(digest => `oci:image@${digest}`).toSorted(),
    )
    expect(new Set(below.map(target => target.index))).toEqual(new Set([whole?.resolved]))
    const platforms = below.flatMap(({ platform }) => platform ?? [])
    expect(platforms).toEqual(PLATFORMS.flatMap(platform => [platform, 'unknown/unknown']))
    for (const { resolved } of targets) await run(0, ['verify', resolved])
  })

  it('changes nothing the second time, and adds what is missing', async () => {
    const { json, index, path } = await ready()
    await json(0, ['sign', `oci:image@${index.below[0]}`])
    const { targets } = await json(0, ['sign', '--recursive', 'oci:image'])
    const outcomes = targets.map(({ outcome }: Target) => outcome)
    expect(outcomes.filter((outcome: string) => outcome === 'unchanged')).toHaveLength(1)
    const before = (await stat(path('image', 'index.json'))).mtimeMs
    const again = await json(0, ['sign', '--recursive', 'oci:image:v1'])
    expect(new Set(again.targets.map(({ outcome }: Target) => outcome))).toEqual(new Set(['unchanged']))
    expect((await stat(path('image', 'index.json'))).mtimeMs).toBe(before)
  })

  it('keeps the signatures of several signers apart', async () => {
    const { json, expect: run } = await ready()
    await run(0, ['init', 'other', '--scope', '*'])
    for (const key of ['me', 'other', 'me', 'other'])
      await run(0, ['sign', '-k', key, '--recursive', 'oci:image:v1'])
    const { targets } = await json(0, ['sign', '--recursive', 'oci:image:v1'])
    for (const { resolved } of targets as Target[])
      expect((await json(0, ['verify', '--all', resolved])).targets[0].signatures).toHaveLength(2)
  })

  it('is -q the reference that was named alone', async () => {
    const { expect: run, index } = await ready()
    const { stdout } = await run(0, ['sign', '-q', '--recursive', 'oci:image:v1'])
    expect(stdout).toBe(`oci:image@${index.digest}\n`)
  })

  it('says what would be signed in a dry run, and signs nothing', async () => {
    const { json, path, index } = await ready()
    const before = await readFile(path('image', 'index.json'), 'utf8')
    const { targets } = await json(0, ['sign', '--dry-run', '--recursive', 'oci:image:v1'])
    expect(targets.map(({ outcome }: Target) => outcome)).toEqual(
      Array.from({ length: index.below.length + 1 }, () => 'wouldSign'),
    )
    expect(await readFile(path('image', 'index.json'), 'utf8')).toBe(before)
  })

  it('names what is not there, and signs the rest', async () => {
    const { json, path, index } = await ready()
    const gone = index.below[2] as string
    await rm(join(path('image'), 'blobs', ...gone.split(':')))
    const { targets, error } = await json(2, ['sign', '--recursive', 'oci:image:v1'])
    const failed = targets.filter(({ outcome }: Target) => outcome === 'failed')
    expect(failed).toMatchObject([{ reference: `oci:image@${gone}`, error: { code: 'NOT_FOUND' } }])
    expect(error.why).toContain('left behind')
    expect(targets.filter(({ outcome }: Target) => outcome === 'signed')).toHaveLength(index.below.length)
  })

  it('signs what is in archives, several at the same time', async () => {
    const { json, expect: run, path, index } = await ready()
    await makeLayout(path('both'), 'v1', 'v2')
    for (const name of ['image', 'both'])
      execFileSync('tar', ['-C', path(name), '-cf', path(`${name}.tar`), '.'])
    const targets = ['oci-archive:both.tar:v1', 'oci-archive:image.tar', 'oci-archive:both.tar:v2']
    for (const concurrency of ['1', '4']) {
      const args = ['sign', '--recursive', '--concurrency', concurrency, ...targets]
      const { targets: signed } = await json(0, [...args, ...(concurrency === '4' ? ['--again'] : [])])
      expect(signed).toHaveLength(index.below.length + 3)
      expect(new Set(signed.map(({ outcome }: Target) => outcome))).toEqual(new Set(['signed']))
    }
    for (const target of [...targets, `oci-archive:image.tar@${index.below[0]}`])
      await run(0, ['verify', target])
    expect(execFileSync('tar', ['-tf', path('image.tar')], { encoding: 'utf8' })).toContain('index.json')
  })

  it('signs an image alone as without it', async () => {
    const { json, path } = await ready()
    const { digest } = await makeLayout(path('single'), 'v1')
    const { targets } = await json(0, ['sign', '--recursive', 'oci:single:v1'])
    expect(targets).toMatchObject([{ resolved: `oci:single@${digest}`, outcome: 'signed' }])
  })
})

describe('verify of an index', () => {
  it('judges the index itself, and lists what comes with it', async () => {
    const { json, expect: run, index } = await ready()
    await run(0, ['sign', 'oci:image:v1'])
    const { targets } = await json(0, ['verify', 'oci:image:v1'])
    const digests = targets[0].manifests.map(({ digest }: { digest: string }) => digest)
    expect(new Set(digests)).toEqual(new Set(index.below.slice(0, -1)))
    expect(targets[0].manifests[0]).toMatchObject({ platform: 'linux/amd64' })
    const { stdout } = await run(0, ['verify', 'oci:image:v1'])
    expect(stdout).toContain('linux/amd64, unknown/unknown, linux/arm64, linux/arm/v7')
    expect(stdout).toContain('signatures of their own were not looked at')
    await run(1, ['verify', `oci:image@${index.below[0]}`])
  })
})
