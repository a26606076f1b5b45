import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { openSigner, seal } from '@sealwright/core'
import { notaryJws, signArtifact } from '@sealwright/notary'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { fileKeys } from '@sealwright/provider-file'
import { parseCertificates } from '@sealwright/x509'
import type { Identity } from '../services/certificates.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'

/** Puts an image into a store: its layers are random, as compressed ones look. */
export async function putImage(
  store: ArtifactStore,
  tag: string,
  { layers, layerBytes }: { readonly layers: number; readonly layerBytes: number },
): Promise<Descriptor> {
  const pushed: Descriptor[] = []
  for (let layer = 0; layer < layers; layer++)
    pushed.push(await put(store, 'application/vnd.oci.image.layer.v1.tar+gzip', randomBytes(layerBytes)))
  // Programs that copy images take the digests of unpacked layers as they are written here.
  const diffs = pushed.map(({ digest }) => digest)
  const config = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: diffs },
  }
  const described = await put(store, 'application/vnd.oci.image.config.v1+json', json(config))
  const manifest = { schemaVersion: 2, mediaType: MANIFEST, config: described, layers: pushed }
  const image = await put(store, MANIFEST, json(manifest))
  await store.tag(image, tag)
  return image
}

/**
 * Attaches many small things to an image, by bare requests: a registry with the referrers API lists them itself, in one
 * without it their list is stored as clients keep it.
 *
 * @param url - Of the repository in the API: `http://127.0.0.1:5000/v2/app`.
 */
export async function putReferrers(
  store: ArtifactStore,
  url: string,
  { mediaType, digest, size }: Descriptor,
  count: number,
): Promise<void> {
  const artifactType = 'application/vnd.example.note'
  const config = await put(store, 'application/vnd.oci.empty.v1+json', Buffer.from('{}'))
  const layers = [await put(store, 'text/plain', Buffer.from('note'))]
  const subject = { mediaType, digest, size }
  const manifests: Descriptor[] = []
  let isListed = true
  for (let id = 0; id < count; id++) {
    const annotations = { id: String(id) }
    const bytes = json({
      schemaVersion: 2,
      mediaType: MANIFEST,
      artifactType,
      config,
      layers,
      subject,
      annotations,
    })
    const described = describe(MANIFEST, bytes)
    const { headers } = await putManifest(url, described.digest, MANIFEST, bytes)
    isListed &&= headers.has('oci-subject')
    manifests.push({ ...described, artifactType, annotations })
  }
  if (isListed) return
  const list = json({ schemaVersion: 2, mediaType: INDEX, manifests })
  await putManifest(url, digest.replace(':', '-'), INDEX, list)
}

async function putManifest(
  url: string,
  reference: string,
  mediaType: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Response> {
  const headers = { 'content-type': mediaType }
  const response = await fetch(`${url}/manifests/${reference}`, { method: 'PUT', headers, body: bytes })
  if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response
}

/** Signs images with one key, each as often as it is called. */
export async function signerOf({ keyPath, chainPath }: Identity): Promise<{
  readonly sign: (artifacts: ArtifactStore, image: Descriptor) => Promise<void>
  readonly [Symbol.asyncDispose]: () => PromiseLike<void>
}> {
  const signer = await openSigner(fileKeys(), `file:${keyPath}`, {
    algorithm: notaryJws.envelope.algorithmFor,
  })
  const certificates = parseCertificates(await readFile(chainPath), chainPath).map(({ der }) => der)
  return {
    sign: async (artifacts, image) => {
      const attributes = { signingTime: new Date() }
      await signArtifact({ artifacts }, image.digest, notaryJws, content =>
        seal(notaryJws.envelope, content, signer, { attributes, certificates }),
      )
    },
    [Symbol.asyncDispose]: () => signer[Symbol.asyncDispose](),
  }
}

async function put(store: ArtifactStore, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  const descriptor = describe(mediaType, bytes)
  await store.push(descriptor, bytes)
  return descriptor
}

function describe(mediaType: string, bytes: Uint8Array): Descriptor {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  return { mediaType, digest, size: bytes.length }
}

function json(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value))
}
