import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { blobPath, MANIFEST, putBlob, readLayoutIndex } from '../services/image.ts'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { orasProgram } from '../services/peers.ts'
import { succeed } from '../services/run.ts'
import { scratch } from '../services/scratch.ts'
import { need, type Skips } from '../services/tool.ts'

/**
 * An index of images in a layout, with all that travels with one, none of it made by us: notation signed the index, each
 * image and the SBOM, which oras attached to the index. Beside it stands a tag as cosign made them before it used referrers.
 */
export interface Shipment {
  /** The directory; the index is tagged `v1`, each image by its architecture. */
  readonly layout: string
  readonly index: string
  readonly images: readonly string[]
  readonly sbom: string
  /** By what they sign: the digests of two signatures of the index, and one each of the images and of the SBOM. */
  readonly signatures: ReadonlyMap<string, readonly string[]>
  /** The tag of cosign's, and the manifest it names. */
  readonly tagged: { readonly tag: string; readonly digest: string }
  /** All blobs, manifests among them, that hang on the index by links; sorted. */
  readonly linked: readonly string[]
  /** All blobs that hang on the index, by links or by the tag; sorted. */
  readonly all: readonly string[]
  /** A trust directory under which every signature is valid, for notation and for us. */
  readonly trust: string
}

const INDEX = 'application/vnd.oci.image.index.v1+json'
const PLATFORMS = ['amd64', 'arm64'] as const
export const SBOM = '{"spdxVersion":"SPDX-2.3"}'

export async function makeShipment(context: Skips): Promise<Shipment> {
  const oras = need(context, await orasProgram())
  const directory = await scratch('shipment')
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'signer', root, { type: 'EC-P256' })
  const notation = await notationHome(context, { keys: [key], trust: { acme: [root.certificatePath] } })
  await notation.writePolicy(trustEverywhere('acme'))
  const layout = join(directory, 'layout')
  const { index, images } = await makeIndex(directory, layout)

  const signatures = new Map<string, string[]>()
  const sign = async (digest: string, format: 'jws' | 'cose') => {
    const before = new Set(await blobsIn(layout))
    const args = ['sign', '--oci-layout', '--signature-format', format, `${layout}@${digest}`]
    const { code, stderr } = await notation.run(args)
    if (code !== 0) throw new Error(`notation ${args.join(' ')} ended with ${code}\n${stderr}`)
    const made = (await blobsIn(layout)).filter(each => !before.has(each))
    for (const each of made) {
      const text = await readFile(blobPath(layout, each), 'utf8').catch(() => '')
      if (text.includes('"subject"')) signatures.set(digest, [...(signatures.get(digest) ?? []), each])
    }
  }
  for (const format of ['jws', 'cose'] as const) await sign(index, format)
  for (const image of images) await sign(image, 'jws')
  await writeFile(join(directory, 'sbom.json'), SBOM)
  const attach = ['attach', '--oci-layout', '--artifact-type', 'application/spdx+json', '--format', 'json']
  const attached = await succeed(oras, [...attach, `${layout}@${index}`, 'sbom.json:application/spdx+json'], {
    cwd: directory,
  })
  const sbom = JSON.parse(attached).digest as string
  await sign(sbom, 'cose')
  const linked = await blobsIn(layout)
  const tagged = await putOldSignature(layout, images[0]!)
  const all = await blobsIn(layout)
  return { layout, index, images, sbom, signatures, tagged, linked, all, trust: notation.config }
}

/** The digests of the blobs of a layout, sorted. */
export async function blobsIn(layout: string): Promise<readonly string[]> {
  const names = await readdir(join(layout, 'blobs', 'sha256'))
  return names.map(name => `sha256:${name}`).toSorted()
}

async function makeIndex(
  directory: string,
  layout: string,
): Promise<{ readonly index: string; readonly images: readonly string[] }> {
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true })
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const manifests: Listed[] = []
  for (const architecture of PLATFORMS) {
    const image = await makePlatform(directory, layout, architecture)
    await list(layout, image, architecture) // oras names nothing in a layout that is not listed at the top
    manifests.push({ ...image, platform: { os: 'linux', architecture } })
  }
  const index = await putJson(layout, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests })
  await list(layout, index, 'v1')
  return { index: index.digest, images: manifests.map(({ digest }) => digest) }
}

interface Described {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

interface Listed extends Described {
  readonly platform: { readonly os: string; readonly architecture: string }
}

/** An image that other programs take as one: its layer is a tar with a file. */
async function makePlatform(directory: string, layout: string, architecture: string): Promise<Described> {
  const file = `hello-${architecture}`
  await writeFile(join(directory, file), `${crypto.randomUUID()}\n`)
  const tar = join(directory, `${file}.tar`)
  await succeed('tar', ['-cf', tar, '-C', directory, file])
  const bytes = await readFile(tar)
  const layer = await put(layout, 'application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(bytes))
  const diff = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  const config = await putJson(layout, 'application/vnd.oci.image.config.v1+json', {
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [diff] },
  })
  return putJson(layout, MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] })
}

/** What `cosign sign` of version 2 left beside an image, as to its form. */
async function putOldSignature(layout: string, image: string): Promise<Shipment['tagged']> {
  const payload = JSON.stringify({ critical: { image: { 'docker-manifest-digest': image } }, optional: null })
  const layer = await put(layout, 'application/vnd.dev.cosign.simplesigning.v1+json', Buffer.from(payload))
  const config = await putJson(layout, 'application/vnd.oci.image.config.v1+json', {
    architecture: '',
    os: '',
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  })
  const manifest = await putJson(layout, MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config,
    layers: [layer],
  })
  const tag = `${image.replace(':', '-')}.sig`
  await list(layout, manifest, tag)
  return { tag, digest: manifest.digest }
}

function putJson(layout: string, mediaType: string, value: object): Promise<Described> {
  return put(layout, mediaType, Buffer.from(JSON.stringify(value)))
}

async function put(layout: string, mediaType: string, bytes: Uint8Array): Promise<Described> {
  return { mediaType, digest: await putBlob(layout, bytes), size: bytes.length }
}

async function list(layout: string, manifest: Described, tag: string): Promise<void> {
  const index = await readLayoutIndex(layout)
  index.manifests.push({ ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } })
  await writeFile(join(layout, 'index.json'), JSON.stringify(index))
}
