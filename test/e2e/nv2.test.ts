import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'
import { orasProgram } from '../services/peers.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { type RunResult, run } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { need, onPath, type Skips } from '../services/tool.ts'
import { programHome } from './program.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const TYPE = 'application/vnd.cncf.notary.config.v2+json'
const BINS = ['sealwright', 'nv2', 'docker-generatemanifest']

/** A folder with an image and a path to the built programs alone, beside those of the machine. */
async function place(context: Skips) {
  const { home } = await programHome(context)
  const bin = await scratch('bin')
  for (const name of BINS) await symlink(join(ROOT, 'packages', 'cli', 'bin', `${name}.js`), join(bin, name))
  await symlink(process.execPath, join(bin, 'node'))
  const env = {
    PATH: bin + delimiter + (process.env.PATH ?? ''),
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_CACHE_HOME: join(home, 'cache'),
    DOCKER_CONFIG: join(home, 'docker'),
    CI: 'true',
  }
  const tool = async (command: string, ...args: string[]): Promise<RunResult> => {
    const ended = await run(command, args, { cwd: home, env })
    expect(ended.code, `${command} ${args.join(' ')}\n${ended.stdout}${ended.stderr}`).toBe(0)
    return ended
  }
  const { stdout } = await tool('node', join(ROOT, 'scripts', 'layout.mjs'), join(home, 'image'))
  return { home, env, bin, tool, digest: stdout.trim() }
}

test.for([
  ['with the referrers API', startOlareg],
  ['without the referrers API', (context: Skips) => startDistribution(context)],
] as const)(
  'the example walks from a fresh key to the signature in a registry %s and back',
  { timeout: 900_000 },
  async ([, start], context) => {
    const oras = need(context, await orasProgram())
    await using registry = await start(context)
    const { home, env, tool, digest } = await place(context)
    const target = `${registry.host}/net-monitor:v1`
    const { stdout } = await tool('sh', join(ROOT, 'examples', 'nv2.sh'), 'oci:image:v1', target)

    const signature = readFileSync(join(home, 'net-monitor.signature.json'))
    const [pulled] = readdirSync(join(home, 'pulled'))
    expect(readFileSync(join(home, 'pulled', pulled!)).equals(signature)).toBe(true)
    const [signed, verified, artifact, found, again] = stdout.trim().split('\n')
    expect([signed, verified, again]).toEqual([digest, digest, digest])
    expect(`${found!.slice(7)}.nv2`).toBe(pulled)
    expect(JSON.parse(signature.toString()).signed).toMatchObject({
      digest,
      references: ['registry.wabbit-networks.com/net-monitor:v1'],
    })

    // What oras reads back: the artifact with the signature as its config, and the image as it was.
    const fetched = async (...args: string[]) =>
      (await run(oras, [...args, '--plain-http'], { cwd: home, env })).stdout
    const repository = `${registry.host}/net-monitor`
    expect(JSON.parse(await fetched('manifest', 'fetch', `${repository}@${artifact}`))).toMatchObject({
      config: { mediaType: TYPE, digest: found },
      layers: [],
      subject: { digest },
    })
    expect(await fetched('blob', 'fetch', '--output', '-', `${repository}@${found}`)).toBe(
      signature.toString(),
    )
    expect(await fetched('discover', '--format', 'json', target)).toContain(artifact!)
    expect(await fetched('resolve', target)).toContain(digest)
  },
)

test("a signature that oras pushes in the prototype's form is pulled and verified, and none in another form", {
  timeout: 600_000,
}, async context => {
  const program = need(context, await orasProgram())
  await using registry = await startOlareg(context)
  const { home, env, tool, digest } = await place(context)
  const repository = `${registry.host}/app`
  await tool('sealwright', 'copy', 'oci:image:v1', `${repository}:v1`)
  const key = ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-subj', '/CN=a.example', '-keyout', 'a.key']
  await tool('openssl', ...key, '-out', 'a.crt')
  await tool('nv2', 'sign', '-m', 'x509', '-k', 'a.key', '-o', 'a.json', `oci://${repository}:v1`)

  // A referrer of the type that has the signature as a layer: the prototype did not store it so.
  await tool(program, ...['attach', '--plain-http', '--artifact-type', TYPE, `${repository}:v1`, 'a.json'])
  const refused = await run('nv2', ['pull', `oci://${repository}:v1`], { cwd: home, env })
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('its config is not an nv2 signature')

  const signature = readFileSync(join(home, 'a.json'))
  const image = readFileSync(join(home, 'image', 'blobs', 'sha256', digest.slice(7)))
  const { mediaType } = JSON.parse(image.toString()) as { mediaType: string }
  const hex = createHash('sha256').update(signature).digest('hex')
  const artifact = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: TYPE, digest: `sha256:${hex}`, size: signature.length },
    layers: [],
    subject: { mediaType, digest, size: image.length },
  }
  await writeFile(join(home, 'artifact.json'), JSON.stringify(artifact))
  await tool(program, 'blob', 'push', '--plain-http', `${repository}@sha256:${hex}`, 'a.json')
  await tool(program, 'manifest', 'push', '--plain-http', repository, 'artifact.json')
  await tool('nv2', 'pull', '-o', 'pulled', `oci://${repository}:v1`)
  expect(readdirSync(join(home, 'pulled'))).toEqual([`${hex}.nv2`])
  const pulled = join('pulled', `${hex}.nv2`)
  await tool('nv2', 'verify', '-f', pulled, '-c', 'a.crt', `oci://${repository}:v1`)
})

test("Docker's command line lists the plug-in and calls it", { timeout: 300_000 }, async context => {
  const docker = need(context, await onPath('docker'))
  const { home, env, tool, digest } = await place(context)
  const plugins = join(home, 'docker', 'cli-plugins')
  await mkdir(plugins, { recursive: true })
  const script = `#!/bin/sh\nexec node '${join(ROOT, 'packages', 'cli', 'bin', 'docker-generatemanifest.js')}' "$@"\n`
  await writeFile(join(plugins, 'docker-generatemanifest'), script)
  await chmod(join(plugins, 'docker-generatemanifest'), 0o755)
  expect((await run(docker, ['--help'], { cwd: home, env })).stdout).toMatch(/generatemanifest\*/)
  const { stdout } = await tool(docker, 'generatemanifest', 'oci:image:v1')
  expect(stdout).toBe(readFileSync(join(home, 'image', 'blobs', 'sha256', digest.slice(7)), 'utf8'))
})
