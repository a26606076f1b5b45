import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { makeIndexLayout } from '../../packages/cli/test/image.ts'
import { makeImage, pullManifest, pushImage } from '../services/image.ts'
import { notationHome } from '../services/notation.ts'
import { orasProgram } from '../services/peers.ts'
import { startDistribution, startDockerRegistry, startOlareg } from '../services/registries.ts'
import { run } from '../services/run.ts'
import type { Server } from '../services/server.ts'
import { shared } from '../services/shared.ts'
import { need, type Skips } from '../services/tool.ts'
import { programHome } from './program.ts'

const timeout = 900_000 // the first run builds the registries

const REGISTRIES: readonly (readonly [string, (context: Skips) => Promise<Server>])[] = [
  ['olareg, with the referrers API', shared(startOlareg)],
  ['distribution 3, without it', shared(context => startDistribution(context))],
  ['docker-registry 2.8, without it', shared(context => startDockerRegistry(context))],
]
const signer = shared(async context => {
  const program = await programHome(context)
  await program.expect(0, ['init', 'me', '--scope', '*'])
  return program
})

interface SignDocument {
  readonly targets: readonly { readonly resolved: string; readonly outcome: string }[]
}

describe.for(REGISTRIES)('in %s', { timeout }, ([, start]) => {
  test('a signature lies in a repository that does not hold what it signs', async context => {
    const program = await signer(context)
    const server = await start(context)
    const image = makeImage()
    const name = `app-${crypto.randomUUID()}`
    await pushImage(server.url, name, image, 'v1')
    const reference = `${server.host}/${name}:v1`
    const apart = ['--signatures-in', `${server.host}/signatures/${name}`]
    await program.expect(1, ['verify', ...apart, reference])
    await program.expect(0, ['sign', ...apart, reference])
    await program.expect(0, ['sign', '--format', 'cose', ...apart, reference])
    const { document } = await program.json(['verify', '--all', ...apart, reference])
    expect(document).toMatchObject({
      targets: [{ verdict: 'verified', signatures: [{ format: 'jws' }, { format: 'cose' }] }],
    })
    await program.expect(1, ['verify', reference])
    expect(await pullManifest(server.url, `signatures/${name}`, image.digest)).toBeUndefined()
    const listed = await program.expect(0, ['list', ...apart, reference])
    expect(listed.stdout.match(/vnd\.cncf\.notary\.signature/g)).toHaveLength(2)
    // Brought together by a copy, they are found by everybody.
    await program.expect(0, ['copy', ...apart, reference, `${server.host}/whole/${name}:v1`])
    const notation = await notationHome(context, { config: program.trust })
    expect(await notation.run(['verify', `${server.host}/whole/${name}@${image.digest}`])).toMatchObject({
      code: 0,
    })
  })

  test('an envelope made elsewhere is attached, and oras and notation find it', async context => {
    const oras = need(context, await orasProgram())
    const program = await signer(context)
    const server = await start(context)
    const image = makeImage()
    const name = `app-${crypto.randomUUID()}`
    await pushImage(server.url, name, image, 'v1')
    const reference = `${server.host}/${name}@${image.digest}`
    const signature = join(program.home, `${name}.sig`)
    await program.expect(0, ['sign', '--signature', signature, reference])
    await program.expect(1, ['verify', reference])
    await program.expect(0, ['attach', reference, signature])
    const env = { ...process.env, DOCKER_CONFIG: program.docker }
    const found = await run(oras, ['discover', '--plain-http', '--format', 'json', reference], { env })
    expect(JSON.parse(found.stdout).referrers).toMatchObject([
      { artifactType: 'application/vnd.cncf.notary.signature' },
    ])
    const notation = await notationHome(context, { config: program.trust })
    expect(await notation.run(['verify', reference])).toMatchObject({ code: 0 })
  })

  test('every manifest of an index is signed, twice at the same time, and notation verifies each', async context => {
    const program = await signer(context)
    const server = await start(context)
    const name = `app-${crypto.randomUUID()}`
    const layout = join(program.home, name)
    const { below, digest } = await makeIndexLayout(layout, ['linux/amd64', 'linux/arm64'])
    const reference = `${server.host}/${name}:v1`
    await program.expect(0, ['copy', `oci:${layout}:v1`, reference])
    const formats = ['jws', 'cose'].map(format =>
      program.expect(0, ['sign', '--recursive', '--concurrency', '8', '--format', format, reference]),
    )
    await Promise.all(formats)
    const notation = await notationHome(context, { config: program.trust })
    for (const each of new Set([digest, ...below])) {
      const target = `${server.host}/${name}@${each}`
      const { document } = await program.json(['verify', '--all', target])
      const { targets } = document as { targets: { signatures: { verdict: string }[] }[] }
      expect(targets[0]!.signatures.map(({ verdict }) => verdict)).toEqual(['verified', 'verified'])
      expect(await notation.run(['verify', target])).toMatchObject({ code: 0 })
    }
    const { document } = await program.json(['sign', '--recursive', reference])
    const outcomes = (document as SignDocument).targets.map(({ outcome }) => outcome)
    expect(new Set(outcomes)).toEqual(new Set(['unchanged']))
  })

  test('a batch of twenty images is signed eight at a time; the second run finds it done', async context => {
    const program = await signer(context)
    const server = await start(context)
    const name = `batch-${crypto.randomUUID()}`
    const tags = Array.from({ length: 20 }, (_, index) => `v${index}`)
    for (const tag of tags) await pushImage(server.url, name, makeImage(), tag)
    const list = join(program.home, `${name}.txt`)
    await writeFile(list, tags.map(tag => `${server.host}/${name}:${tag}\n`).join(''))
    // What an interrupted run left behind.
    await program.expect(0, ['sign', ...tags.slice(0, 5).map(tag => `${server.host}/${name}:${tag}`)])
    const outcomes = async () => {
      const { code, document } = await program.json(['sign', '--targets', list, '--concurrency', '8'])
      expect(code).toBe(0)
      return (document as SignDocument).targets.map(({ outcome }) => outcome)
    }
    expect(await outcomes()).toEqual(tags.map((_, index) => (index < 5 ? 'unchanged' : 'signed')))
    expect(await outcomes()).toEqual(tags.map(() => 'unchanged'))
    const verified = await program.expect(0, ['verify', '-q', '--targets', list])
    expect(verified.stdout.trim().split('\n')).toHaveLength(20)
  })
})
