import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Program, program } from '../../packages/cli/test/program.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import { startTimestampAuthority } from '../services/timestamp-authority.ts'
import type { Skips } from '../services/tool.ts'
import { cosignHome } from './cosign-home.ts'
import { makeIdentities } from './identities.ts'

const timeout = 900_000 // the first run builds the programs and makes the keys

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))
const identities = shared(makeIdentities)
const cosigns = shared(cosignHome)
const REGISTRIES = { 'with the referrers API': olareg, 'without it': distribution } as const
const KEYS = ['EC-P256', 'EC-P384', 'EC-P521', 'RSA-2048'] as const
/** Where cosign assumes another hash than the curve's. */
const HASHES: Readonly<Record<string, string>> = { 'EC-P384': 'sha384', 'EC-P521': 'sha512' }

const imported = shared(async context => {
  const cosign = await cosigns(context)
  const { leaves } = await identities(context)
  const paths: Record<string, { keyPath: string; publicPath: string }> = {}
  for (const name of KEYS) paths[name] = await cosign.importKey(name.toLowerCase(), leaves[name].keyPath)
  return paths
})

interface Scene {
  readonly self: Program
  readonly repository: string
  readonly push: (tag: string) => Promise<string>
}

async function scene(context: Skips, where: keyof typeof REGISTRIES): Promise<Scene> {
  const server = await REGISTRIES[where](context)
  const repository = `app-${randomUUID()}`
  const host = server.host.replace('127.0.0.1', 'localhost')
  const push = async (tag: string) => {
    const image = makeImage()
    await pushImage(server.url, repository, image, tag)
    return `${host}/${repository}@${image.digest}`
  }
  return { self: await program(), repository: `${host}/${repository}`, push }
}

describe.for(Object.keys(REGISTRIES) as (keyof typeof REGISTRIES)[])(
  'in a registry %s',
  { timeout },
  where => {
    test.for(
      KEYS.flatMap(name => (['sigstore', 'simplesigning'] as const).map(format => [name, format] as const)),
    )(
      'cosign verifies what we sign with %s as %s, with its annotations, and refuses all else',
      async ([name, format], context) => {
        const { self, push } = await scene(context, where)
        const cosign = await cosigns(context)
        const { leaves } = await identities(context)
        const paths = await imported(context)
        const [target, unsigned] = [await push('v1'), await push('v2')]
        const sign = ['sign', '--format', format, '-k', `file:${leaves[name].keyPath}`, '-m', 'env=prod']
        const { targets } = await self.json(0, [...sign, target])
        expect(targets[0]).toMatchObject({
          outcome: 'signed',
          resolved: target,
          signature: { format, signingTime: null, metadata: { env: 'prod' } },
        })
        const hash = HASHES[name]
        const given = { ...paths[name]!, old: format === 'simplesigning', ...(hash ? { hash } : {}) }
        const verified = await cosign.verify({ ...given, target, annotation: 'env=prod' })
        expect(verified, verified.stderr).toMatchObject({ code: 0 })
        expect((await cosign.verify({ ...given, target, annotation: 'env=dev' })).code).not.toBe(0)
        expect((await cosign.verify({ ...given, target: unsigned })).code).not.toBe(0)
        const other = paths[name === 'EC-P256' ? 'EC-P384' : 'EC-P256']!
        expect((await cosign.verify({ ...given, ...other, target })).code).not.toBe(0)
        const again = await self.json(0, [...sign, target])
        expect(again.targets[0]).toMatchObject({
          outcome: 'unchanged',
          signature: { digest: targets[0].signature.digest },
        })
        const { signatures } = await self.json(0, ['inspect', target])
        expect(signatures).toHaveLength(1)
        expect(signatures[0]).toMatchObject({ fault: null })
      },
    )

    test('what cosign signed in its older form stays beside ours, whoever comes first', async context => {
      const { self, push } = await scene(context, where)
      const cosign = await cosigns(context)
      const { leaves } = await identities(context)
      const paths = await imported(context)
      const sign = (target: string) =>
        self.expect(0, [
          'sign',
          '--format',
          'simplesigning',
          '-k',
          `file:${leaves['EC-P256'].keyPath}`,
          target,
        ])
      const theirs = (target: string) => cosign.sign({ ...paths['RSA-2048']!, target, old: true })
      const [first, second] = [await push('v1'), await push('v2')]
      await sign(first)
      expect(await theirs(first)).toMatchObject({ code: 0 })
      expect(await theirs(second)).toMatchObject({ code: 0 })
      await sign(second)
      for (const target of [first, second]) {
        for (const name of ['EC-P256', 'RSA-2048'] as const) {
          const verified = await cosign.verify({ ...paths[name]!, target, old: true })
          expect(verified, verified.stderr).toMatchObject({ code: 0 })
        }
        expect((await self.json(0, ['inspect', target])).signatures).toHaveLength(2)
      }
    })

    test('four programs that sign at the same time lose no signature', async context => {
      const { self, push } = await scene(context, where)
      const { leaves } = await identities(context)
      const target = await push('v1')
      const keys = ['EC-P256', 'EC-P384', 'EC-P521', 'RSA-2048'] as const
      const others = await Promise.all(keys.slice(1).map(() => program()))
      await Promise.all(
        [self, ...others].map((one, index) =>
          one.expect(0, [
            'sign',
            '--format',
            'simplesigning',
            '-k',
            `file:${leaves[keys[index]!].keyPath}`,
            target,
          ]),
        ),
      )
      expect((await self.json(0, ['inspect', target])).signatures).toHaveLength(keys.length)
    })

    test('one signature is over every image of a batch, and none that is not in it', async context => {
      const { self, push, repository } = await scene(context, where)
      const cosign = await cosigns(context)
      const { leaves } = await identities(context)
      const paths = await imported(context)
      const images: string[] = []
      for (let index = 0; index < 12; index++) images.push(await push(`v${index}`))
      const unlisted = await push('unlisted')
      await writeFile(self.path('images.txt'), `# all\n${images.join('\n')}\n${repository}:v0\n`)
      const key = `file:${leaves['EC-P256'].keyPath}`
      const batch = [
        'sign',
        '--format',
        'sigstore',
        '--batch',
        '--audit-log',
        self.path('audit.log'),
        '-k',
        key,
      ]
      // Three of them were signed before: an interrupted batch goes on with the rest.
      await self.json(0, ['sign', '--format', 'sigstore', '-k', key, ...images.slice(0, 3)])
      const { targets } = await self.json(0, [...batch, '--targets', 'images.txt'])
      expect(targets.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
        ...Array(3).fill('unchanged'),
        ...Array(9).fill('signed'),
        'unchanged',
      ])
      expect((await readFile(self.path('audit.log'), 'utf8')).trim().split('\n')).toHaveLength(1)
      for (const target of [images[0]!, images[3]!, images[11]!]) {
        const verified = await cosign.verify({ ...paths['EC-P256']!, target })
        expect(verified, verified.stderr).toMatchObject({ code: 0 })
        const judge = ['verify', '-k', paths['EC-P256']!.publicPath]
        await self.expect(0, [...judge, '--attestation', 'https://sigstore.dev/cosign/sign/v1', target])
      }
      expect((await cosign.verify({ ...paths['EC-P256']!, target: unlisted })).code).not.toBe(0)
      const again = await self.json(0, [...batch, '--targets', 'images.txt'])
      expect(again.targets.every(({ outcome }: { outcome: string }) => outcome === 'unchanged')).toBe(true)
    })

    test('one attestation is about every image of a batch', async context => {
      const { self, push } = await scene(context, where)
      const cosign = await cosigns(context)
      const { leaves } = await identities(context)
      const { publicPath } = (await imported(context))['RSA-2048']!
      const images = [await push('v1'), await push('v2'), await push('v3')]
      await writeFile(self.path('vuln.json'), '{"scanner":{"uri":"https://scanner.example"}}')
      const type = 'https://cosign.sigstore.dev/attestation/vuln/v1'
      const attest = [
        'attest',
        '-k',
        `file:${leaves['RSA-2048'].keyPath}`,
        '--type',
        type,
        '--predicate',
        'vuln.json',
      ]
      const { targets } = await self.json(0, [...attest, '--batch', ...images])
      expect(targets.map(({ outcome }: { outcome: string }) => outcome)).toEqual(Array(3).fill('attested'))
      for (const target of images) {
        const verified = await cosign.verify({ publicPath, target, type })
        expect(verified, verified.stderr).toMatchObject({ code: 0 })
        await self.expect(0, ['verify', '-k', publicPath, '--attestation', type, target])
      }
    })
  },
)

test.for(['sigstore', 'simplesigning'] as const)(
  'cosign verifies the timestamp of what we sign as %s, and refuses that of a stranger',
  { timeout },
  async (format, context) => {
    const { self, push } = await scene(context, 'with the referrers API')
    const cosign = await cosigns(context)
    const { leaves } = await identities(context)
    const { publicPath } = (await imported(context))['EC-P256']!
    await using authority = await startTimestampAuthority()
    await using stranger = await startTimestampAuthority()
    const target = await push('v1')
    const stamped = ['--timestamp', authority.url, '--timestamp-root', authority.rootPath]
    const sign = ['sign', '--format', format, '-k', `file:${leaves['EC-P256'].keyPath}`, ...stamped, target]
    const { targets } = await self.json(0, sign)
    expect(targets[0]).toMatchObject({ outcome: 'signed', signature: { timestamp: { url: authority.url } } })
    const given = { publicPath, target, old: format === 'simplesigning' }
    const verified = await cosign.verify({ ...given, authority })
    expect(verified, verified.stderr).toMatchObject({ code: 0 })
    expect((await cosign.verify({ ...given, authority: stranger })).code).not.toBe(0)
    expect((await self.json(0, sign)).targets[0]).toMatchObject({ outcome: 'unchanged' })
  },
)
