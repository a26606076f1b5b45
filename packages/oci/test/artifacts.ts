import { createHash, randomBytes } from 'node:crypto'
import type { ArtifactStore, Descriptor } from '../src/index.ts'

/** A content with its descriptor, made without the library under test. */
export interface Made {
  readonly descriptor: Descriptor
  readonly bytes: Uint8Array
}

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const INDEX = 'application/vnd.oci.image.index.v1+json'
export const SIGNATURE = 'application/vnd.cncf.notary.signature'
const EMPTY = 'application/vnd.oci.empty.v1+json'

export function made(mediaType: string, content: Uint8Array | string, algorithm = 'sha256'): Made {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const digest = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
  return { descriptor: { mediaType, digest, size: bytes.byteLength }, bytes }
}

export function madeJson(mediaType: string, members: Record<string, unknown>): Made {
  return made(mediaType, JSON.stringify({ schemaVersion: 2, mediaType, ...members }))
}

export interface MadeImage {
  readonly image: Made
  readonly blobs: readonly Made[]
}

/** An image with a config and a layer, like no other. */
export function madeImage(layerBytes = 2000): MadeImage {
  const config = made(
    'application/vnd.oci.image.config.v1+json',
    JSON.stringify({ os: 'linux', id: randomBytes(8).toString('hex') }),
  )
  const layer = made('application/vnd.oci.image.layer.v1.tar', randomBytes(layerBytes))
  const image = madeJson(MANIFEST, { config: config.descriptor, layers: [layer.descriptor] })
  return { image, blobs: [config, layer] }
}

/** A signature manifest in the form that tagged notations write, or in that of the specification. */
export function madeSignature(
  subject: Descriptor,
  form: 'config-type' | 'artifact-type' = 'config-type',
  annotations: Record<string, string> = { signer: randomBytes(4).toString('hex') },
): MadeImage {
  const config = made(form === 'config-type' ? SIGNATURE : EMPTY, '{}')
  const envelope = made('application/jose+json', JSON.stringify({ payload: randomBytes(6).toString('hex') }))
  const image = madeJson(MANIFEST, {
    ...(form === 'artifact-type' ? { artifactType: SIGNATURE } : {}),
    config: config.descriptor,
    layers: [envelope.descriptor],
    subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    annotations,
  })
  return { image, blobs: [config, envelope] }
}

export async function pushImage(
  store: ArtifactStore,
  { image, blobs }: MadeImage,
  tag?: string,
): Promise<Descriptor> {
  for (const { descriptor, bytes } of blobs) await store.push(descriptor, bytes)
  await store.push(image.descriptor, image.bytes)
  if (tag !== undefined) await store.tag(image.descriptor, tag)
  return image.descriptor
}

export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export async function list<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const item of items) found.push(item)
  return found
}

/** A stream of small pieces. */
export async function* pieces(bytes: Uint8Array, size = 700): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += size) yield bytes.subarray(start, start + size)
}
