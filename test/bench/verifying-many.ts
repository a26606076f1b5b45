import { join } from 'node:path'
import { createVerifier, trustDirectory } from '@sealwright/notary'
import { type ArtifactStore, type Descriptor, httpFetch, layoutDirectory, registry } from '@sealwright/oci'
import { type Identity, makeAuthority, makeLeaf } from '../services/certificates.ts'
import { type Notation, notationHome, trustEverywhere } from '../services/notation.ts'
import { startOlareg } from '../services/registries.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { type Figure, pairs, timed } from './measure.ts'
import { mustHave } from './must-have.ts'
import { putImage, signerOf } from './signed-image.ts'

const IMAGES = 1000
/** How many of ours are under way at the same time, as with `--targets`. */
const AT_ONCE = 8
const THEIRS = 20
const PAIRS_OF_LOOPS = 5

/** A thousand signed images, each its own, in one process; against a loop of a shell over some of them. */
export async function verifyManyFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'p256', root, { type: 'EC-P256' })
  const notation = await notationHome(mustHave, { trust: { acme: [root.certificatePath] } })
  await notation.writePolicy(trustEverywhere('acme'))
  await using server = await startOlareg(mustHave)
  const name = `${server.host}/app`
  const fetch = httpFetch()
  const layout = join(directory, 'layout')
  const figures = [
    await compare('registry', notation, key, {
      store: () => registry(name, { fetch }),
      scope: name,
      flags: [],
      target: name,
    }),
    await compare('layout', notation, key, {
      store: () => layoutDirectory(layout, { create: true }),
      scope: 'local/app',
      flags: ['--oci-layout', '--scope', 'local/app'],
      target: layout,
    }),
  ]
  await removeScratch(directory)
  return figures
}

interface Place {
  readonly store: () => ArtifactStore | Promise<ArtifactStore>
  readonly scope: string
  /** What notation is told. */
  readonly flags: readonly string[]
  readonly target: string
}

async function compare(kind: string, notation: Notation, key: Identity, place: Place): Promise<Figure> {
  const images = await fill(await place.store(), key)
  const trust = await trustDirectory(notation.config)
  const figure = await pairs(
    () =>
      timed(async () => {
        const verifier = await createVerifier({ trust })
        const artifacts = await place.store()
        const waiting = [...images]
        const work = async () => {
          for (let image = waiting.pop(); image !== undefined; image = waiting.pop()) {
            const reference = image.digest
            const { verdict } = await verifier.verify({ artifacts, reference, scope: place.scope })
            if (verdict !== 'verified') throw new Error(`we say ${verdict}`)
          }
        }
        await Promise.all(Array.from({ length: AT_ONCE }, work))
      }),
    () =>
      timed(async () => {
        for (const { digest } of images.slice(0, THEIRS)) {
          const { code, stderr } = await notation.run(['verify', ...place.flags, `${place.target}@${digest}`])
          if (code !== 0) throw new Error(stderr)
        }
      }),
    (ours, theirs) => IMAGES / ours / (THEIRS / theirs),
    PAIRS_OF_LOOPS,
  )
  return {
    name: `1,000 images verified / loop of notation verify, ${kind}`,
    ...figure,
    bound: { atLeast: 10 },
    unit: '×',
  }
}

async function fill(store: ArtifactStore, key: Identity): Promise<readonly Descriptor[]> {
  await using signer = await signerOf(key)
  const images: Descriptor[] = []
  for (let count = 0; count < IMAGES; count++) {
    const image = await putImage(store, `v${count}`, { layers: 1, layerBytes: 64 })
    await signer.sign(store, image)
    images.push(image)
  }
  return images
}
