import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { programHome } from '../e2e/program.ts'
import { makeImage, pushImage, putIntoLayout, readLayoutIndex } from '../services/image.ts'
import { craneProgram, skopeoProgram } from '../services/peers.ts'
import { startOlareg } from '../services/registries.ts'
import { succeed } from '../services/run.ts'
import { shared } from '../services/shared.ts'
import { need, type Skips } from '../services/tool.ts'

const timeout = 900_000 // the first run builds the registry

const SCOPE = 'registry.example/app'
const olareg = shared(startOlareg)

/** A user after `init`, in whose folder other programs put an image. */
async function reader(context: Skips) {
  const program = await programHome(context)
  await program.expect(0, ['init', 'me', '--scope', SCOPE])
  return program
}

/** The row of the README's table: what `made` made is signed and verified by the reference that the table gives. */
async function signsAndVerifies(
  { expect: run }: Awaited<ReturnType<typeof reader>>,
  reference: string,
  digest: string,
): Promise<void> {
  await run(0, ['sign', reference])
  const { stdout } = await run(0, ['verify', '-q', '--scope', SCOPE, reference])
  expect(stdout.trim()).toMatch(new RegExp(`@${digest}$`))
}

describe('an image is signed and verified as it was made by', { timeout }, () => {
  test('crane pull --format=oci', async context => {
    const crane = need(context, await craneProgram())
    const server = await olareg(context)
    const image = makeImage()
    await pushImage(server.url, 'crane', image, 'v1')
    const program = await reader(context)
    await succeed(crane, ['pull', '--insecure', '--format=oci', `${server.host}/crane:v1`, 'app'], {
      cwd: program.home,
    })
    await signsAndVerifies(program, 'oci:app', image.digest)
  })

  test('skopeo copy … oci:app:v1', async context => {
    const skopeo = need(context, await skopeoProgram())
    const image = makeImage()
    const program = await reader(context)
    await putIntoLayout(join(program.home, 'source'), image, 'v1')
    await succeed(skopeo, ['copy', '--insecure-policy', 'oci:source:v1', 'oci:app:v1'], {
      cwd: program.home,
    })
    // skopeo compresses the layer, so this is another manifest.
    const { manifests } = await readLayoutIndex(join(program.home, 'app'))
    await signsAndVerifies(program, 'oci:app:v1', manifests[0]!.digest)
  })

  // No Docker and no podman runs in the tests: these are what their versions write, made by hand.
  test('docker save of Docker 25 and later', async context => {
    const image = makeImage()
    const program = await reader(context)
    const folder = join(program.home, 'save')
    await putIntoLayout(folder, image, 'v1')
    await named(folder, { 'io.containerd.image.name': 'docker.io/library/app:v1' })
    await writeFile(join(folder, 'manifest.json'), '[{"Config":"x","RepoTags":["app:v1"],"Layers":[]}]')
    await writeFile(join(folder, 'repositories'), '{"app":{"v1":"x"}}')
    await succeed('tar', ['-cf', join(program.home, 'app.tar'), '-C', folder, '.'])
    await signsAndVerifies(program, 'oci-archive:app.tar', image.digest)
  })

  test('docker buildx build --output type=oci, which gives no tag and adds an attestation', async context => {
    const image = makeImage()
    const attestation = makeImage()
    const program = await reader(context)
    const folder = join(program.home, 'build')
    await putIntoLayout(folder, image)
    await putIntoLayout(folder, attestation)
    const { manifests } = await readLayoutIndex(folder)
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [
          { ...manifests[0], platform: { os: 'linux', architecture: 'amd64' } },
          {
            ...manifests[1],
            annotations: {
              'vnd.docker.reference.digest': image.digest,
              'vnd.docker.reference.type': 'attestation-manifest',
            },
            platform: { os: 'unknown', architecture: 'unknown' },
          },
        ],
      }),
    )
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    const index = {
      mediaType: 'application/vnd.oci.image.index.v1+json',
      digest,
      size: bytes.length,
      blobs: new Map([...image.blobs, ...attestation.blobs, [digest, bytes]]),
    }
    const output = join(program.home, 'output')
    await putIntoLayout(output, index)
    await succeed('tar', ['-cf', join(program.home, 'app.tar'), '-C', output, '.'])
    await signsAndVerifies(program, 'oci-archive:app.tar', digest)
  })

  test('podman save --format oci-dir, which gives the whole name as the tag', async context => {
    const image = makeImage()
    const program = await reader(context)
    await putIntoLayout(join(program.home, 'app'), image, 'localhost/app:v1')
    await signsAndVerifies(program, 'oci:app', image.digest)
  })
})

async function named(folder: string, annotations: Record<string, string>): Promise<void> {
  const index = await readLayoutIndex(folder)
  const manifests = index.manifests.map(each => ({
    ...each,
    annotations: { ...each.annotations, ...annotations },
  }))
  await writeFile(join(folder, 'index.json'), JSON.stringify({ ...index, manifests }))
}
