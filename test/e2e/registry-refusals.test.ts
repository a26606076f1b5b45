import { describe, expect, test } from 'vitest'
import { makeIndexLayout } from '../../packages/cli/test/image.ts'
import { program } from '../../packages/cli/test/program.ts'
import { makeImage, pushImage } from '../services/image.ts'
import { startDistribution, startDockerRegistry } from '../services/registries.ts'
import { shared } from '../services/shared.ts'

const timeout = 900_000 // the first run builds the registries

const distribution = shared(context => startDistribution(context))
const dockerRegistry = shared(context => startDockerRegistry(context))

test('distribution 3 refuses an index that lists a blob, and the program names that blob and a way out', {
  timeout,
}, async context => {
  const { host } = await distribution(context)
  const { json, path } = await program()
  const { below } = await makeIndexLayout(path('image'), ['linux/amd64'], { cache: true })
  const { error } = await json(2, ['copy', 'oci:image:v1', `${host}/cache`])
  expect(error.code).toBe('VALIDATION')
  expect(error.why).toMatch(
    /lists sha256:[0-9a-f]{64}, a blob \(application\/vnd\.buildkit\.cacheconfig\.v0\)/,
  )
  for (const digest of below) expect(error.why).not.toContain(digest)
  expect(error.fix).toContain('its images can be brought one at a time')
  await json(0, ['copy', '--platform', 'linux/amd64', 'oci:image:v1', `${host}/cache`])
})

describe.for([
  ['distribution 2.8', dockerRegistry],
  ['distribution 3', distribution],
] as const)('%s', { timeout }, ([, start]) => {
  test('refuses a list that names what was deleted, which doctor mends for a whole repository', async context => {
    const { host, url } = await start(context)
    const { json } = await program()
    await json(0, ['init', 'me', '--scope', '*'])
    const name = `app-${crypto.randomUUID()}`
    const repository = `${host}/${name}`
    await pushImage(url, name, makeImage(), 'v1')
    const signed = await json(0, ['sign', `${repository}:v1`])
    // As a program does that knows nothing of lists.
    const deleted = await fetch(`${url}/v2/${name}/manifests/${signed.targets[0].signature.digest}`, {
      method: 'DELETE',
    })
    expect(deleted.status).toBe(202)

    const { error } = await json(2, ['sign', `${repository}:v1`])
    expect(error.why).toContain(signed.targets[0].signature.digest)
    expect(error.fix).toContain(`sealwright doctor ${repository}@sha256:`)
    const mended = await json(0, ['doctor', repository, '--fix'])
    expect(JSON.stringify(mended.targets[0].checks)).toContain('mended: 1 found')
    await json(0, ['verify', `${repository}:v1`])
    await json(0, ['sign', `${repository}:v1`])
  })
})
