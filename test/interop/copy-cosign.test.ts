import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { copyGraph } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { expect, test } from 'vitest'
import { makeImage, pushImage } from '../services/image.ts'
import { cosignProgram } from '../services/peers.ts'
import { startDockerRegistry, startOlareg } from '../services/registries.ts'
import { succeed } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { need, type Skips } from '../services/tool.ts'

const timeout = 900_000 // the first run builds cosign

/** cosign with a key of its own, without a log. */
const cosigning = shared(async (context: Skips) => {
  const cosign = need(context, await cosignProgram())
  const cwd = await scratch('cosign')
  const env = { ...process.env, HOME: cwd, DOCKER_CONFIG: join(cwd, 'docker'), COSIGN_PASSWORD: '' }
  const run = (...args: readonly string[]) => succeed(cosign, args, { cwd, env })
  await run('generate-key-pair')
  await run('signing-config', 'create', '--out', 'signing.json')
  await run('trusted-root', 'create', '--out', 'root.json')
  await writeFile(join(cwd, 'predicate.json'), '{"builder":{"id":"https://builder.example"}}')
  return { run }
})

const KEY = ['--key', 'cosign.key']
const BUNDLE = ['--signing-config', 'signing.json', '--trusted-root', 'root.json']
const OLD = ['--use-signing-config=false', '--tlog-upload=false', '--new-bundle-format=false']
const PUBLIC = ['--key', 'cosign.pub', '--insecure-ignore-tlog=true']

test.for([
  ['as bundles that refer to it', BUNDLE, ['--trusted-root', 'root.json']],
  ['under tags made of its digest', OLD, ['--new-bundle-format=false']],
] as const)(
  'cosign verifies what it signed and attested, %s, after we copied it to an older registry',
  { timeout },
  async ([, signing, verifying], context) => {
    const { run } = await cosigning(context)
    await using from = await startOlareg(context)
    await using to = await startDockerRegistry(context)
    const image = makeImage()
    await pushImage(from.url, 'app', image, 'v1')
    const signed = `${from.host}/app@${image.digest}`
    await run('sign', '-y', ...KEY, ...signing, signed)
    const predicate = ['--type', 'slsaprovenance1', '--predicate', 'predicate.json']
    await run('attest', '-y', ...KEY, ...signing, ...predicate, signed)
    const copied = `${to.host}/elsewhere@${image.digest}`
    await expect(run('verify', ...PUBLIC, ...verifying, copied)).rejects.toThrow()

    const report = await copyGraph(registry(`${from.host}/app`), 'v1', registry(`${to.host}/elsewhere`))

    expect(report.left).toEqual([])
    await run('verify', ...PUBLIC, ...verifying, copied)
    await run('verify-attestation', ...PUBLIC, ...verifying, '--type', 'slsaprovenance1', copied)
  },
)
