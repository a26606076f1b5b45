import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { SealwrightError } from '@sealwright/core'
import { digestOf, MediaTypes, type TarFile } from '@sealwright/oci'
import type { DockerImage, DockerLayer } from './docker-archive.ts'
import { goGzip } from './go-gzip/gzip.ts'

const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/**
 * The manifest that `docker push` makes of an image built on this machine, byte for byte, as the prototype's
 * docker-generate made it: schema 2, the layers compressed by Go's gzip, the JSON with Docker's spaces.
 *
 * @throws {@link SealwrightError} `INTEGRITY` for a layer or configuration that is not the one it is said to be.
 */
export async function dockerManifest(
  tar: TarFile,
  { config, layers }: DockerImage,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const described = []
  for (const layer of layers) described.push(await describeLayer(tar, layer, signal))
  const manifest = {
    schemaVersion: 2,
    mediaType: MediaTypes.dockerManifest,
    config: {
      mediaType: CONFIG,
      size: config.bytes.length,
      digest: assertNamed(config.entry.name, digestOf('sha256', config.bytes)),
    },
    layers: described,
  }
  return Buffer.from(JSON.stringify(manifest, undefined, 3))
}

async function describeLayer(tar: TarFile, { entry, diffId }: DockerLayer, signal: AbortSignal) {
  const plain = createHash('sha256')
  const packed = createHash('sha256')
  let size = 0
  for await (const chunk of goGzip(hashed(unpacked(tar.read(entry)), plain, signal))) {
    packed.update(chunk)
    size += chunk.length
  }
  const found = `sha256:${plain.digest('hex')}`
  if (found !== diffId) {
    throw new SealwrightError('INTEGRITY', `the layer ${entry.name} is not the one of the image`, {
      why: `it is ${found}, and the configuration says ${diffId}`,
      fix: 'write the archive again: docker save NAME',
    })
  }
  return { mediaType: LAYER, size, digest: `sha256:${packed.digest('hex')}` }
}

/** Files are named by their hash, in every form of the archive. */
function assertNamed(name: string, digest: string): string {
  const hex = /([0-9a-f]{64})(?:\.json)?$/.exec(name)?.[1]
  if (hex === undefined || digest === `sha256:${hex}`) return digest
  throw new SealwrightError('INTEGRITY', `the configuration ${name} is not the one of the image`, {
    why: `it is ${digest}`,
    fix: 'write the archive again: docker save NAME',
  })
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  hash: ReturnType<typeof createHash>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    hash.update(chunk)
    yield chunk
  }
}

/** A layer as a tar: other programs put compressed ones into archives, and Docker unpacks them when it loads those. */
async function* unpacked(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { value: first, done } = await chunks.next()
  if (done) return
  async function* all(): AsyncGenerator<Uint8Array> {
    yield first as Uint8Array
    yield* chunks
  }
  const isGzip = first[0] === 0x1f && first[1] === 0x8b
  yield* isGzip ? (Readable.from(all()).compose(createGunzip()) as AsyncIterable<Uint8Array>) : all()
}
