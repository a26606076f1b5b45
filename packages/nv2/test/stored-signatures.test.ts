import { type Descriptor, digestOf, emptyConfig, formatManifest, MediaTypes, memory } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { envelope, testSigner } from '../../core/test/envelope-signing.ts'
import { type Nv2Content, nv2, nv2Jwt, nv2Signatures, pushNv2 } from '../src/index.ts'

const signer = testSigner('EC-P256', 'ES256')
const described = (bytes: Uint8Array, mediaType: string): Descriptor => ({
  mediaType,
  digest: digestOf('sha256', bytes),
  size: bytes.length,
})

/** A store with one image, and how to sign it. */
async function image(annotations: Readonly<Record<string, string>> = {}) {
  const store = memory()
  const bytes = formatManifest({
    kind: 'image',
    mediaType: MediaTypes.manifest,
    config: emptyConfig,
    layers: [],
    annotations,
  })
  const manifest = described(bytes, MediaTypes.manifest)
  await store.push(emptyConfig, Buffer.from('{}'))
  await store.push(manifest, bytes)
  const content: Nv2Content = manifest
  return { store, manifest, content }
}

async function listed(...[store, manifest]: Parameters<typeof nv2Signatures>) {
  const found = []
  for await (const stored of nv2Signatures(store, manifest)) found.push(stored)
  return found
}

describe('an nv2 signature in a store', () => {
  it('is listed with the bytes that were pushed, in either form', async () => {
    const { store, manifest, content } = await image()
    const json = envelope(nv2, content, {}, signer)
    const token = envelope(nv2Jwt, content, {}, signer)
    for (const bytes of [token, json]) {
      expect(await pushNv2(store, manifest, bytes)).toMatchObject({ existed: false })
      expect(await pushNv2(store, manifest, bytes)).toMatchObject({ existed: true })
    }
    const found = await listed(store, manifest)
    expect(found.map(stored => 'bytes' in stored && Buffer.from(stored.bytes).toString())).toEqual([
      Buffer.from(json).toString(),
      Buffer.from(token).toString(),
    ])
  })

  it('is not pushed to another manifest', async () => {
    const { content } = await image()
    const other = await image({ another: 'image' })
    const bytes = envelope(nv2, content, {}, signer)
    await expect(pushNv2(other.store, other.manifest, bytes)).rejects.toMatchObject({ code: 'VALIDATION' })
    expect(await listed(other.store, other.manifest)).toEqual([])
  })

  it('of another manifest, or one that cannot be read, is listed with its fault', async () => {
    const { store, manifest } = await image()
    const other = await image({ another: 'image' })
    const signatures = [Buffer.from('not a signature'), envelope(nv2, other.content, {}, signer)]
    for (const bytes of signatures) {
      const config = described(bytes, nv2.mediaType)
      const artifact = formatManifest({
        kind: 'image',
        mediaType: MediaTypes.manifest,
        config,
        layers: [],
        subject: manifest,
      })
      await store.push(config, bytes)
      await store.push(described(artifact, MediaTypes.manifest), artifact)
    }
    const faults = (await listed(store, manifest)).map(stored => 'fault' in stored && stored.fault)
    expect(faults.toSorted()).toEqual([
      expect.stringMatching(/^nv2 envelope: /),
      expect.stringContaining(`over ${other.manifest.digest}`),
    ])
  })
})
