import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { FakeRegistry, type FakeRegistryOptions } from '../../oci-registry/test/fake-registry.ts'
import { makeLayout } from './image.ts'
import type { Program } from './program.ts'

/** A registry that holds one image under the tag v1 of `app`. */
export async function registryWith(self: Program, options: FakeRegistryOptions = {}) {
  const fake = await FakeRegistry.start(options)
  onTestFinished(() => fake[Symbol.asyncDispose]())
  const { digest } = await makeLayout(self.path('source'), 'v1')
  const repository = fake.repository('app')
  const blobs = join(self.path('source'), 'blobs', 'sha256')
  for (const name of await readdir(blobs)) {
    const bytes = await readFile(join(blobs, name))
    const isManifest = digest.endsWith(name)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(name)
    if (isManifest)
      repository.manifests.set(digest, { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes })
    else repository.blobs.set(`sha256:${name}`, bytes)
  }
  repository.tags.set('v1', digest)
  return {
    fake,
    repository,
    digest,
    reference: `${fake.host}/app:v1`,
    resolved: `${fake.host}/app@${digest}`,
  }
}
