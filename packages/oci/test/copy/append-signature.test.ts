import { isSealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import {
  type ArtifactStore,
  appendTaggedSignature,
  digestOf,
  memory,
  readManifest,
  type TaggedContent,
} from '../../src/index.ts'

const SUBJECT = { digest: `sha256:${'ab'.repeat(32)}` }
const TAG = `sha256-${'ab'.repeat(32)}.sig`
const TYPE = 'application/vnd.dev.cosign.simplesigning.v1+json'

function layer(name: string, size = 0): TaggedContent {
  const bytes = Buffer.from('{}')
  const annotations = { 'dev.cosignproject.cosign/signature': name.padEnd(size, 'x') }
  return { bytes, descriptor: { mediaType: TYPE, digest: digestOf('sha256', bytes), size: 2, annotations } }
}

async function signatures(store: ArtifactStore): Promise<readonly (string | undefined)[]> {
  const manifest = await readManifest(store, await store.resolve(TAG))
  if (manifest.kind !== 'image') throw new Error('not an image')
  return manifest.layers.map(({ annotations }) => annotations?.['dev.cosignproject.cosign/signature'])
}

/** A store in which another client writes just after each of our writes of the tag, as often as told. */
function contested(store: ArtifactStore, other: (round: number) => Promise<void>): ArtifactStore {
  let round = 0
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown
      if (typeof value !== 'function') return value
      if (name !== 'tag' && name !== 'push') return value.bind(target)
      return async (...args: unknown[]) => {
        const result: unknown = await value.apply(target, args)
        const tagged = name === 'tag' || (name === 'push' && (args[2] as { tag?: string })?.tag !== undefined)
        if (tagged && (name === 'tag' || (result as { tagged?: boolean }).tagged)) await other(++round)
        return result
      }
    },
  })
}

describe('appendTaggedSignature', () => {
  it('adds to what is there, once each, in the form that cosign writes', async () => {
    const store = memory()
    for (const name of ['a', 'b', 'a']) await appendTaggedSignature(store, SUBJECT, layer(name))
    expect(await signatures(store)).toEqual(['a', 'b'])
    const manifest = await readManifest(store, await store.resolve(TAG))
    expect(manifest).toMatchObject({ config: { mediaType: 'application/vnd.oci.image.config.v1+json' } })
  })

  it('writes again what another client overwrote, and keeps what that client wrote', async () => {
    const store = memory()
    const foreign = memory()
    await appendTaggedSignature(foreign, SUBJECT, layer('foreign'))
    const named = await foreign.resolve(TAG)
    const overwrite = async (round: number) => {
      if (round > 2) return
      const chunks: Uint8Array[] = []
      for await (const chunk of foreign.fetch(named)) chunks.push(chunk)
      await store.push(named, Buffer.concat(chunks), { tag: TAG, anyway: true })
      await store.tag(named, TAG, { bytes: Buffer.concat(chunks) })
    }
    await appendTaggedSignature(contested(store, overwrite), SUBJECT, layer('ours'))
    expect(await signatures(store)).toEqual(['foreign', 'ours'])
  })

  it('gives up after six writes that others undo', async () => {
    const store = memory()
    const undo = async () => store.delete(await store.resolve(TAG))
    const call = appendTaggedSignature(contested(store, undo), SUBJECT, layer('ours'))
    await expect(call).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  })

  it('refuses a tag that names something else, and one that has no room left', async () => {
    const store = memory()
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/json', digest: digestOf('sha256', Buffer.from('{}')), size: 2 },
        layers: [],
      }),
    )
    const mediaType = 'application/vnd.oci.image.manifest.v1+json'
    const other = { mediaType, digest: digestOf('sha256', bytes), size: bytes.length }
    await store.push(other, bytes, { anyway: true })
    await store.tag(other, TAG, { bytes })
    const refused = await appendTaggedSignature(store, SUBJECT, layer('a')).catch((error: unknown) => error)
    expect(isSealwrightError(refused) && refused.code).toBe('VALIDATION')
    const full = memory()
    for (const name of ['a', 'b', 'c']) await appendTaggedSignature(full, SUBJECT, layer(name, 1_300_000))
    await expect(appendTaggedSignature(full, SUBJECT, layer('d', 1_300_000))).rejects.toMatchObject({
      code: 'VALIDATION',
    })
  })
})
