import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Images, layouts and registry uploads written by hand, so that what our own client stores and finds is compared with
 * something that is not our client.
 */
export interface Image {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  /** Every blob by digest, the manifest among them. */
  readonly blobs: ReadonlyMap<string, Uint8Array>
}

export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** A small image unlike any other. */
export function makeImage(): Image {
  const layer = randomBytes(64)
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  )
  const describe = (mediaType: string, bytes: Uint8Array) => ({
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: describe('application/vnd.oci.image.config.v1+json', config),
      layers: [describe('application/vnd.oci.image.layer.v1.tar', layer)],
    }),
  )
  const blobs = new Map([layer, config, manifest].map(bytes => [digestOf(bytes), bytes] as const))
  return { ...describe(MANIFEST, manifest), blobs }
}

/** Adds an image to a layout directory, which is made if need be. */
export async function putIntoLayout(directory: string, image: Image, tag?: string): Promise<void> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true })
  for (const bytes of image.blobs.values()) await putBlob(directory, bytes)
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const index = await readLayoutIndex(directory)
  const { mediaType, digest, size } = image
  const annotations = tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }
  index.manifests.push({ mediaType, digest, size, ...annotations })
  await writeFile(join(directory, 'index.json'), JSON.stringify(index))
}

export interface LayoutIndex {
  readonly schemaVersion: 2
  readonly manifests: {
    readonly mediaType: string
    readonly digest: string
    readonly size: number
    readonly artifactType?: string
    readonly annotations?: Record<string, string>
  }[]
}

export async function readLayoutIndex(directory: string): Promise<LayoutIndex> {
  const text = await readFile(join(directory, 'index.json'), 'utf8').catch(() => undefined)
  return text === undefined ? { schemaVersion: 2, manifests: [] } : JSON.parse(text)
}

export function blobPath(directory: string, digest: string): string {
  return join(directory, 'blobs', ...digest.split(':'))
}

export async function putBlob(directory: string, bytes: Uint8Array): Promise<string> {
  const digest = digestOf(bytes)
  await writeFile(blobPath(directory, digest), bytes)
  return digest
}

/** Uploads an image with plain requests. `headers`: authorization, where the registry wants it. */
export async function pushImage(
  url: string,
  repository: string,
  image: Image,
  tag: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const [digest, bytes] of image.blobs)
    if (digest !== image.digest) await pushBlob(url, repository, bytes, headers)
  const manifest = image.blobs.get(image.digest)!
  await pushManifest(url, repository, tag, manifest, image.mediaType, headers)
}

async function pushBlob(
  url: string,
  repository: string,
  bytes: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const started = await fetch(`${url}/v2/${repository}/blobs/uploads/`, { method: 'POST', headers })
  await expectStatus(started, 202)
  const location = new URL(started.headers.get('location') ?? '', url)
  location.searchParams.set('digest', digestOf(bytes))
  const body = new Uint8Array(bytes)
  await expectStatus(await fetch(location, { method: 'PUT', headers, body }), 201)
}

async function pushManifest(
  url: string,
  repository: string,
  reference: string,
  bytes: Uint8Array,
  mediaType: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const target = `${url}/v2/${repository}/manifests/${reference}`
  const withType = { ...headers, 'content-type': mediaType }
  await expectStatus(
    await fetch(target, { method: 'PUT', headers: withType, body: new Uint8Array(bytes) }),
    201,
  )
}

/** The bytes of a manifest, and the digest that the registry names it by; `undefined` if there is none. */
export async function pullManifest(
  url: string,
  repository: string,
  reference: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly bytes: Uint8Array; readonly digest: string } | undefined> {
  const accept = `${MANIFEST}, application/vnd.oci.image.index.v1+json`
  const response = await fetch(`${url}/v2/${repository}/manifests/${reference}`, {
    headers: { ...headers, accept },
  })
  if (response.status === 404) return void (await response.arrayBuffer())
  await expectStatus(response, 200)
  const bytes = new Uint8Array(await response.arrayBuffer())
  return { bytes, digest: digestOf(bytes) }
}

async function expectStatus(response: Response, status: number): Promise<void> {
  if (response.status !== status)
    throw new Error(
      `${response.url} answered ${response.status} instead of ${status}: ${await response.text()}`,
    )
  if (response.body !== null && status !== 200) await response.arrayBuffer()
}
