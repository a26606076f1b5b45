import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Program, program } from '../../packages/cli/test/program.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { orasProgram } from '../services/peers.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { succeed } from '../services/run.ts'
import { shared } from '../services/shared.ts'
import { startTimestampAuthority } from '../services/timestamp-authority.ts'
import { need, type Skips } from '../services/tool.ts'
import { type Cosign, cosignHome } from './cosign-home.ts'
import { makeIdentities } from './identities.ts'

const timeout = 900_000 // the first run builds the programs and makes the keys

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))
const identities = shared(makeIdentities)
const REGISTRIES = { 'with the referrers API': olareg, 'without it': distribution } as const

/** Keys that both sides sign with. */
const KEYS = ['EC-P256', 'EC-P384', 'RSA-2048'] as const
type KeyName = (typeof KEYS)[number]

const keys = shared(async context => {
  const cosign = await cosignHome(context)
  const { leaves } = await identities(context)
  const imported: Record<string, { keyPath: string; publicPath: string }> = {}
  for (const name of KEYS) imported[name] = await cosign.importKey(name.toLowerCase(), leaves[name].keyPath)
  return { cosign, of: (name: KeyName) => imported[name]! }
})

const SLSA = {
  buildDefinition: { buildType: 'https://ci.example/build/v1', externalParameters: { ref: 'main' } },
  runDetails: { builder: { id: 'https://ci.example/runner' }, metadata: { invocationId: '42' } },
}
const SPDX = { spdxVersion: 'SPDX-2.3', name: 'app', SPDXID: 'SPDXRef-DOCUMENT', packages: [] }

interface Scene {
  readonly self: Program
  readonly cosign: Cosign
  readonly cosignKey: { readonly keyPath: string; readonly publicPath: string }
  /** For us: `-k` and the chain. */
  readonly key: string
  readonly chain: string
  readonly target: string
  readonly host: string
}

/** An image in a registry, a predicate of each kind in files, and one key on both sides. */
async function scene(context: Skips, where: keyof typeof REGISTRIES, name: KeyName): Promise<Scene> {
  const server = await REGISTRIES[where](context)
  const { cosign, of } = await keys(context)
  const { leaves } = await identities(context)
  const image = makeImage()
  const repository = `app-${randomUUID()}`
  await pushImage(server.url, repository, image, 'v1')
  const self = await program()
  await writeFile(self.path('slsa.json'), JSON.stringify(SLSA))
  await writeFile(self.path('spdx.json'), JSON.stringify(SPDX))
  const host = server.host.replace('127.0.0.1', 'localhost')
  return {
    self,
    cosign,
    cosignKey: of(name),
    key: `file:${leaves[name].keyPath}`,
    chain: leaves[name].chainPath,
    target: `${host}/${repository}@${image.digest}`,
    host,
  }
}

describe.for(Object.keys(REGISTRIES) as (keyof typeof REGISTRIES)[])(
  'in a registry %s',
  { timeout },
  where => {
    test.for(KEYS)(
      'cosign verifies what we attest with %s, and refuses another key',
      async (name, context) => {
        const { self, cosign, cosignKey, key, target } = await scene(context, where, name)
        const { targets } = await self.json(0, [
          'attest',
          '-k',
          key,
          '--type',
          'slsa',
          '--predicate',
          'slsa.json',
          target,
        ])
        expect(targets[0]).toMatchObject({ outcome: 'attested', resolved: target })
        const { publicPath } = cosignKey
        const given = { publicPath, target, ...(name === 'EC-P384' ? { hash: 'sha384' } : {}) }
        const verified = await cosign.verify({ ...given, type: 'slsaprovenance1' })
        expect(verified, verified.stderr).toMatchObject({ code: 0 })
        const envelope = JSON.parse(verified.stdout)
        const statement = JSON.parse(Buffer.from(envelope.payload, 'base64').toString())
        expect(statement).toMatchObject({
          _type: 'https://in-toto.io/Statement/v1',
          predicateType: 'https://slsa.dev/provenance/v1',
          subject: [{ digest: { sha256: target.slice(-64) } }],
          predicate: SLSA,
        })
        expect(await cosign.verify(given)).toMatchObject({ code: 0 })
        expect((await cosign.verify({ ...given, type: 'spdxjson' })).code).not.toBe(0)
        const other = (await keys(context)).of(name === 'EC-P256' ? 'EC-P384' : 'EC-P256').publicPath
        expect((await cosign.verify({ ...given, publicPath: other, type: 'slsaprovenance1' })).code).not.toBe(
          0,
        )
      },
    )

    test.for(KEYS.flatMap(name => [[name, false] as const, [name, true] as const]))(
      'we verify what cosign attests with %s (under its old tag: %s)',
      async ([name, old], context) => {
        const { self, cosign, cosignKey, key, chain, target } = await scene(context, where, name)
        await self.expect(0, ['sign', '-k', key, '--cert-chain', chain, target])
        const missing = await self.json(4, [
          'verify',
          '-k',
          cosignKey.publicPath,
          '--attestation',
          'spdx',
          target,
        ])
        expect(missing.targets[0]).toMatchObject({ verdict: 'denied', reason: { code: 'ATTESTATION' } })
        const predicatePath = self.path('spdx.json')
        const made = await cosign.attest({ ...cosignKey, type: 'spdxjson', predicatePath, target, old })
        expect(made, made.stderr).toMatchObject({ code: 0 })
        const { targets } = await self.json(0, [
          'verify',
          '-k',
          cosignKey.publicPath,
          '--attestation',
          'spdx',
          target,
        ])
        expect(targets[0]).toMatchObject({
          verdict: 'verified',
          attestations: {
            met: ['https://spdx.dev/Document'],
            judged: [{ verdict: 'verified', format: old ? 'dsse' : 'sigstore-bundle' }],
          },
        })
        const other = (await keys(context)).of(name === 'EC-P256' ? 'EC-P384' : 'EC-P256').publicPath
        await self.expect(1, ['verify', '-k', other, '--attestation', 'spdx', target])
      },
    )

    test('what cosign attests alone counts under its key, and its signatures are named where ours are missing', async context => {
      const { self, cosign, cosignKey, target } = await scene(context, where, 'EC-P256')
      const judge = ['verify', '-k', cosignKey.publicPath, '--attestation', 'spdx', target]
      await self.expect(1, judge)
      expect(await cosign.sign({ ...cosignKey, target, old: true })).toMatchObject({ code: 0 })
      expect((await self.expect(1, judge)).stderr).toMatch(
        /has no Notary Project signature; found .*1 cosign signature/,
      )
      const predicatePath = self.path('spdx.json')
      expect(await cosign.attest({ ...cosignKey, type: 'spdxjson', predicatePath, target })).toMatchObject({
        code: 0,
      })
      await self.expect(0, judge)
      await self.expect(1, ['verify', '-k', cosignKey.publicPath, target])
    })

    test('a key without a certificate counts under the policy where a signature brings its chain', async context => {
      const { self, cosign, cosignKey, key, chain, target } = await scene(context, where, 'EC-P256')
      const { root } = await identities(context)
      await self.expect(0, ['sign', '-k', key, '--cert-chain', chain, target])
      const predicatePath = self.path('slsa.json')
      expect(
        await cosign.attest({ ...cosignKey, type: 'slsaprovenance1', predicatePath, target }),
      ).toMatchObject({ code: 0 })
      const judged = ['verify', '--trusted-cert', root.certificatePath, '--attestation', 'slsa', target]
      const { targets } = await self.json(0, judged)
      expect(targets[0].attestations.judged).toMatchObject([
        {
          verdict: 'verified',
          signer: { subject: expect.stringContaining('EC-P256'), trustStore: 'ca:given' },
        },
      ])
    })

    test('oras lists what we attest', async context => {
      const oras = need(context, await orasProgram())
      const { self, key, target } = await scene(context, where, 'EC-P256')
      const { targets } = await self.json(0, [
        'attest',
        '-k',
        key,
        '--type',
        'spdx',
        '--predicate',
        'spdx.json',
        target,
      ])
      const listed = JSON.parse(await succeed(oras, ['discover', '--plain-http', '--format', 'json', target]))
      expect(listed.referrers).toMatchObject([
        {
          digest: targets[0].attestation.digest,
          artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
          annotations: {
            'dev.sigstore.bundle.content': 'dsse-envelope',
            'dev.sigstore.bundle.predicateType': 'https://spdx.dev/Document',
          },
        },
      ])
    })

    test('we list and inspect all that cosign leaves, in new forms and old', async context => {
      const { self, cosign, cosignKey, target } = await scene(context, where, 'EC-P256')
      const digest = target.slice(target.indexOf('@') + 1)
      const predicatePath = self.path('slsa.json')
      for (const old of [false, true]) {
        const signed = await cosign.sign({ ...cosignKey, target, old })
        expect(signed, signed.stderr).toMatchObject({ code: 0 })
        const attested = await cosign.attest({
          ...cosignKey,
          type: 'slsaprovenance1',
          predicatePath,
          target,
          old,
        })
        expect(attested, attested.stderr).toMatchObject({ code: 0 })
      }
      const tag = digest.replace(':', '-')
      const { referrers } = await self.json(0, ['list', target])
      expect(
        referrers
          .map(({ kind, tag, predicateType }: Record<string, unknown>) => [kind, tag, predicateType])
          .toSorted(),
      ).toEqual(
        [
          ['signature', null, 'https://sigstore.dev/cosign/sign/v1'],
          ['attestation', null, 'https://slsa.dev/provenance/v1'],
          ['signature', `${tag}.sig`, null],
          ['attestation', `${tag}.att`, null],
        ].toSorted(),
      )
      const { signatures } = await self.json(0, ['inspect', target])
      const bundles = signatures.filter(({ format }: { format: string }) => format === 'sigstore-bundle')
      expect(bundles).toHaveLength(2)
      for (const bundle of bundles) {
        expect(bundle).toMatchObject({
          version: '0.3',
          tag: null,
          fault: null,
          keys: [expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/)],
          statement: { subjects: [{ digest: { sha256: digest.slice('sha256:'.length) } }] },
        })
      }
      const of = (format: string) => signatures.find((one: { format: string }) => one.format === format)
      expect(of('simple-signing')).toMatchObject({
        kind: 'signature',
        tag: `${tag}.sig`,
        signs: digest,
        payloadType: 'cosign container image signature',
        fault: null,
      })
      expect(of('dsse')).toMatchObject({
        kind: 'attestation',
        tag: `${tag}.att`,
        fault: null,
        statement: {
          predicateType: 'https://slsa.dev/provenance/v1',
          summary: { builder: 'https://ci.example/runner', 'build type': 'https://ci.example/build/v1' },
        },
      })
      const { stdout } = await self.expect(0, ['inspect', target])
      expect(stdout).toContain('    builder    https://ci.example/runner')
      const raw = await self.expect(0, [
        'inspect',
        '--raw',
        '--signature',
        of('simple-signing').digest,
        target,
      ])
      expect(JSON.parse(raw.stdout).critical.image).toEqual({ 'docker-manifest-digest': digest })
    })
  },
)

test.for(KEYS)(
  'cosign verifies the timestamp of what we attest with %s, and refuses that of a stranger',
  { timeout },
  async (name, context) => {
    const { self, cosign, cosignKey, key, target } = await scene(context, 'with the referrers API', name)
    await using authority = await startTimestampAuthority()
    await using stranger = await startTimestampAuthority()
    const attesting = ['attest', '-k', key, '--type', 'slsa', '--predicate', 'slsa.json']
    const { publicPath } = cosignKey
    const hash = name === 'EC-P384' ? { hash: 'sha384' } : {}
    const given = { publicPath, target, type: 'slsaprovenance1', ...hash }
    await self.json(0, [...attesting, target])
    expect((await cosign.verify({ ...given, authority })).code).not.toBe(0)
    const { url, rootPath } = authority
    await self.json(0, [...attesting, '--timestamp', url, '--timestamp-root', rootPath, target])
    const verified = await cosign.verify({ ...given, authority })
    expect(verified, verified.stderr).toMatchObject({ code: 0 })
    expect((await cosign.verify({ ...given, authority: stranger })).code).not.toBe(0)
  },
)
