import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { blobPath, type Image, MANIFEST, putBlob, readLayoutIndex } from '../services/image.ts'
import { notationHome, trustEverywhere } from '../services/notation.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import { attachToLayout, forge, goodClaims } from './forge.ts'
import { verifyOurselves } from './ours.ts'
import { inLayout, type LayoutPlace } from './places.ts'

// How a signature is stored beside an image, right and wrong: whether notation and we find it and take it.

const JOSE = 'application/jose+json'
const SIGNATURE = 'application/vnd.cncf.notary.signature'
const EMPTY = 'application/vnd.oci.empty.v1+json'
const ARTIFACT_MANIFEST = 'application/vnd.oci.artifact.manifest.v1+json'

interface Stored {
  readonly directory: string
  readonly image: Image
  /** A good JWS over the image. */
  readonly envelope: Uint8Array
}

interface Case {
  readonly title: string
  readonly acceptedBy: 'both' | 'neither' | 'us'
  readonly store: (stored: Stored) => Promise<void>
}

interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

async function blob(directory: string, mediaType: string, bytes: Uint8Array): Promise<Descriptor> {
  return { mediaType, digest: await putBlob(directory, bytes), size: bytes.length }
}

/** Stores a manifest of the usual form, changed, and lists it in the index. */
function manifest(
  change: (usual: Record<string, unknown>, stored: Stored) => unknown,
  type = MANIFEST,
): Case['store'] {
  return async stored => {
    const { directory, image, envelope } = stored
    const usual = {
      schemaVersion: 2,
      mediaType: type,
      config: await blob(directory, SIGNATURE, Buffer.from('{}')),
      layers: [await blob(directory, JOSE, envelope)],
      subject: { mediaType: image.mediaType, digest: image.digest, size: image.size },
    }
    const text = Buffer.from(JSON.stringify(change(usual, stored)))
    const index = await readLayoutIndex(directory)
    index.manifests.push(await blob(directory, type, text))
    await writeFile(join(directory, 'index.json'), JSON.stringify(index))
  }
}

const first = (list: unknown) => (list as readonly Descriptor[])[0]!

const CASES: readonly Case[] = [
  { title: 'in the usual form', acceptedBy: 'both', store: manifest(usual => usual) },
  {
    title: 'with an empty config and an artifact type, which notation v1 finds in registries only',
    acceptedBy: 'us',
    store: manifest(usual => ({
      ...usual,
      artifactType: SIGNATURE,
      config: { ...(usual.config as Descriptor), mediaType: EMPTY },
    })),
  },
  {
    title: 'in an artifact manifest of the image specification 1.1-rc',
    acceptedBy: 'both',
    store: manifest(
      ({ layers, subject }) => ({
        mediaType: ARTIFACT_MANIFEST,
        artifactType: SIGNATURE,
        blobs: layers,
        subject,
      }),
      ARTIFACT_MANIFEST,
    ),
  },
  {
    title: 'with the config of an image',
    acceptedBy: 'neither',
    store: manifest(usual => ({
      ...usual,
      config: { ...(usual.config as Descriptor), mediaType: 'application/vnd.oci.image.config.v1+json' },
    })),
  },
  { title: 'without a subject', acceptedBy: 'neither', store: manifest(({ subject: _, ...rest }) => rest) },
  { title: 'without a layer', acceptedBy: 'neither', store: manifest(usual => ({ ...usual, layers: [] })) },
  {
    title: 'with two layers',
    acceptedBy: 'neither',
    store: manifest(usual => ({ ...usual, layers: [first(usual.layers), first(usual.layers)] })),
  },
  {
    title: 'with a layer of a type that is not an envelope',
    acceptedBy: 'neither',
    store: manifest(usual => ({ ...usual, layers: [{ ...first(usual.layers), mediaType: 'text/plain' }] })),
  },
  {
    title: 'as JWS under the media type of COSE',
    acceptedBy: 'neither',
    store: manifest(usual => ({
      ...usual,
      layers: [{ ...first(usual.layers), mediaType: 'application/cose' }],
    })),
  },
  {
    title: 'with a layer that is not as long as its descriptor says',
    acceptedBy: 'neither',
    store: manifest(usual => ({ ...usual, layers: [{ ...first(usual.layers), size: 5 }] })),
  },
  {
    title: 'with a layer that has other bytes than its digest says',
    acceptedBy: 'neither',
    store: async stored => {
      await manifest(usual => usual)(stored)
      const digest = await putBlob(stored.directory, stored.envelope)
      await writeFile(blobPath(stored.directory, digest), Buffer.from(stored.envelope).reverse())
    },
  },
  {
    title: 'with a layer that is missing',
    acceptedBy: 'neither',
    store: async stored => {
      await manifest(usual => usual)(stored)
      await rm(blobPath(stored.directory, await putBlob(stored.directory, stored.envelope)))
    },
  },
  {
    title: 'for a subject of another size',
    acceptedBy: 'neither',
    store: manifest(usual => ({ ...usual, subject: { ...(usual.subject as Descriptor), size: 1 } })),
  },
  {
    title: 'for a subject of another media type',
    acceptedBy: 'neither',
    store: manifest(usual => ({
      ...usual,
      subject: { ...(usual.subject as Descriptor), mediaType: 'text/plain' },
    })),
  },
  {
    title: 'behind one that is junk',
    acceptedBy: 'both',
    store: async stored => {
      await attachToLayout(stored.directory, stored.image, 'jws', Buffer.from('junk'))
      await manifest(usual => usual)(stored)
    },
  },
  {
    title: 'with annotations of other programs',
    acceptedBy: 'both',
    store: manifest(usual => ({ ...usual, annotations: { 'com.example.a': 'b' } })),
  },
  {
    title: 'with a thumbprint annotation that names other certificates',
    acceptedBy: 'both',
    store: manifest(usual => ({
      ...usual,
      annotations: { 'io.cncf.notary.x509chain.thumbprint#S256': JSON.stringify(['00'.repeat(32)]) },
    })),
  },
]

const world = shared(async context => {
  const directory = await scratch('storage')
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'signer', root, { type: 'EC-P256' })
  const notation = await notationHome(context, { trust: { acme: [root.certificatePath] } })
  await notation.writePolicy(trustEverywhere('acme'))
  return { ...notation, key }
})

const WHO = {
  both: 'notation and we take',
  neither: 'notation and we refuse',
  us: 'we take and notation misses',
}

test.for(CASES.map(each => ({ ...each, who: WHO[each.acceptedBy] })))(
  '$who a signature stored $title',
  { timeout: 900_000 },
  async ({ acceptedBy, store }, context) => {
    const { run, config, key } = await world(context)
    const place: LayoutPlace = await inLayout()
    const envelope = await forge('jws', await goodClaims(place.image, key), key)
    await store({ directory: place.directory, image: place.image, envelope })
    const theirs = await run(['verify', ...place.verifyFlags, place.target])
    const ours = await verifyOurselves(place, config).catch(error => ({ verdict: error }))
    const accepted = { notation: theirs.code === 0, us: ours.verdict === 'verified' }
    expect(accepted, JSON.stringify({ theirs, ours }, null, 2)).toEqual({
      notation: acceptedBy === 'both',
      us: acceptedBy !== 'neither',
    })
  },
)
