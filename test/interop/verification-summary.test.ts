import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Program, program } from '../../packages/cli/test/program.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { shared } from '../services/shared.ts'
import type { Skips } from '../services/tool.ts'
import { type Cosign, cosignHome } from './cosign-home.ts'
import { makeIdentities } from './identities.ts'

const timeout = 900_000 // the first run builds the programs and makes the keys

const VSA = 'https://slsa.dev/verification_summary/v1'
const REGISTRIES = {
  'with the referrers API': shared(startOlareg),
  'without it': shared(context => startDistribution(context)),
} as const
const identities = shared(makeIdentities)
const cosignShared = shared(cosignHome)

interface Scene {
  readonly self: Program
  readonly cosign: Cosign
  /** For us: the key that signs summaries, `-k`. */
  readonly key: string
  /** The same for cosign, and one that signs nothing. */
  readonly publicPath: string
  readonly otherPath: string
}

/** A policy for a repository and for files, and a key for summaries on both sides. */
async function scene(context: Skips, repository: string): Promise<Scene> {
  const cosign = await cosignShared(context)
  const { leaves } = await identities(context)
  const self = await program()
  await self.expect(0, ['init', 'me', '--scope', repository])
  const files = ['policy', 'init', '--name', 'files', '--statement-for-files', '--global']
  await self.expect(0, [...files, '--trust-store', 'ca:me', '--trusted-identity', '*'])
  const { keyPath } = leaves['EC-P256']
  const name = `vsa-${randomUUID()}`
  const { publicPath } = await cosign.importKey(name, keyPath)
  const { publicPath: otherPath } = await cosign.importKey(`other-${name}`, leaves['EC-P384'].keyPath)
  return { self, cosign, key: `file:${keyPath}`, publicPath, otherPath }
}

describe.for(Object.keys(REGISTRIES) as (keyof typeof REGISTRIES)[])(
  'the summary of an image in a registry %s',
  { timeout },
  where => {
    test('is accepted by cosign and by verify --attestation vsa', async context => {
      const server = await REGISTRIES[where](context)
      const image = makeImage()
      const name = `app-${randomUUID()}`
      await pushImage(server.url, name, image, 'v1')
      const repository = `${server.host.replace('127.0.0.1', 'localhost')}/${name}`
      const { self, cosign, key, publicPath, otherPath } = await scene(context, repository)
      const target = `${repository}@${image.digest}`

      // First of an image that nobody signed: cosign finds a sound attestation, which says FAILED.
      const failed = await self.json(1, ['verify', '--report-key', key, `${repository}:v1`])
      expect(failed.targets[0].summary).toMatchObject({ result: 'FAILED', error: null })
      await self.expect(1, ['verify', '-k', publicPath, '--attestation', 'vsa', target])

      await self.expect(0, ['sign', '-k', 'me', target])
      const passed = await self.json(0, ['verify', '--report-key', key, `${repository}:v1`])
      expect(passed.targets[0].summary).toMatchObject({ result: 'PASSED', error: null })
      expect(passed.targets[0].summary.stored.as).toBe(where === 'without it' ? 'tag' : 'referrers API')
      const verified = await cosign.verify({ publicPath, target, type: VSA })
      expect(verified, verified.stderr).toMatchObject({ code: 0 })
      const results = verified.stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(Buffer.from(JSON.parse(line).payload, 'base64').toString()))
      expect(results.map(({ predicate }) => predicate.verificationResult).toSorted()).toContain('PASSED')
      for (const { predicateType, subject } of results) {
        expect(predicateType).toBe(VSA)
        expect(subject).toMatchObject([{ digest: { sha256: image.digest.slice('sha256:'.length) } }])
      }
      expect((await cosign.verify({ publicPath: otherPath, target, type: VSA })).code).not.toBe(0)
      expect((await cosign.verify({ publicPath, target, type: 'slsaprovenance1' })).code).not.toBe(0)
      await self.expect(0, ['verify', '-k', publicPath, '--attestation', 'vsa', target])
      await self.expect(1, ['verify', '-k', otherPath, '--attestation', 'vsa', target])
    })
  },
)

test('the summary of a file is accepted by cosign', { timeout }, async context => {
  const { self, cosign, key, publicPath, otherPath } = await scene(context, 'registry.example/app')
  await writeFile(self.path('app.tgz'), 'a release')
  await writeFile(self.path('other.tgz'), 'another')
  await self.expect(0, ['sign', '-k', 'me', './app.tgz'])
  await self.expect(0, ['verify', '--report-key', key, '--report-bundle', 'vsa.json', './app.tgz'])
  const given = { bundlePath: self.path('vsa.json'), type: VSA }
  const file = self.path('app.tgz')
  const verified = await cosign.verifyBlobAttestation({ ...given, publicPath, file })
  expect(verified, verified.stderr).toMatchObject({ code: 0 })
  const refused = [
    { ...given, publicPath: otherPath, file },
    { ...given, publicPath, file: self.path('other.tgz') },
    { ...given, publicPath, file, type: 'slsaprovenance1' },
  ]
  for (const one of refused) expect((await cosign.verifyBlobAttestation(one)).code).not.toBe(0)
})
