import { type ArtifactStore, type Descriptor, MediaTypes, memory } from '@sealwright/oci'
import { describe } from '../src/signature-manifest.ts'

/** A memory store with one image under the tag `v1`. */
export async function imageStore(): Promise<{ artifacts: ArtifactStore; image: Descriptor }> {
  const artifacts = memory()
  const image = await pushImage(artifacts, 'v1')
  return { artifacts, image }
}

export async function pushImage(store: ArtifactStore, tag: string): Promise<Descriptor> {
  const config = Buffer.from('{}')
  const configDescriptor = describe('application/vnd.oci.image.config.v1+json', config)
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaTypes.manifest,
      config: configDescriptor,
      layers: [],
      annotations: { tag },
    }),
  )
  const descriptor = describe(MediaTypes.manifest, manifest)
  await store.push(configDescriptor, config)
  await store.push(descriptor, manifest)
  await store.tag(descriptor, tag)
  return descriptor
}

/** Attaches a document of some type, as other tools do. */
export async function attachDocument(
  store: ArtifactStore,
  subject: Descriptor,
  members: object,
): Promise<Descriptor> {
  const layer = Buffer.from('{"any":"thing"}')
  const config = Buffer.from('{}')
  const layerDescriptor = describe('application/json', layer)
  const empty = describe('application/vnd.oci.empty.v1+json', config)
  await store.push(layerDescriptor, layer)
  await store.push(empty, config)
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MediaTypes.manifest,
      config: empty,
      layers: [layerDescriptor],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      ...members,
    }),
  )
  const descriptor = describe(MediaTypes.manifest, manifest)
  await store.push(descriptor, manifest)
  return descriptor
}
