import { join } from 'node:path'
import { createVerifier, trustDirectory } from '@sealwright/notary'
import { type ArtifactStore, type Descriptor, layoutDirectory } from '@sealwright/oci'
import { httpFetch, registry } from '@sealwright/oci-registry'
import { type Identity, makeAuthority, makeLeaf } from '../services/certificates.ts'
import { type Notation, notationHome, trustEverywhere } from '../services/notation.ts'
import { startOlareg } from '../services/registries.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { type Figure, pairs, timed } from './measure.ts'
import { mustHave } from './must-have.ts'
import { putImage, signerOf } from './signed-image.ts'

const IMAGES = 1000
/** How many of ours are under way at the same time. */
const AT_ONCE = 16
const THEIRS = 10
const PAIRS_OF_LOOPS = 5

/** Where one of the images is, for us and for notation. */
interface Place {
  readonly artifacts: ArtifactStore
  readonly scope: string
  readonly target: string
}

/**
 * A thousand signed images, each its own, in one process; against a loop of a shell over some of them. In a layout they lie
 * together, in a registry each in a repository of its own, as applications do.
 */
export async function verifyManyFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const key = await makeLeaf(directory, 'p256', root, { type: 'EC-P256' })
  const notation = await notationHome(mustHave, { trust: { acme: [root.certificatePath] } })
  await notation.writePolicy(trustEverywhere('acme'))
  await using server = await startOlareg(mustHave)
  const fetch = httpFetch()
  const target = join(directory, 'layout')
  const scope = 'local/app'
  const inLayout = async () => {
    const artifacts = await layoutDirectory(target, { create: true })
    return () => ({ artifacts, scope, target })
  }
  const inRegistry = async () => (index: number) => {
    const name = `${server.host}/app-${index}`
    return { artifacts: registry(name, { fetch }), scope: name, target: name }
  }
  const figures = [
    await compare('layout', inLayout, ['--oci-layout', '--scope', scope], notation, key),
    await compare('registry', inRegistry, [], notation, key),
  ]
  await removeScratch(directory)
  return figures
}

async function compare(
  kind: string,
  open: () => Promise<(index: number) => Place>,
  flags: readonly string[],
  notation: Notation,
  key: Identity,
): Promise<Figure> {
  const filled = await open()
  const images = await fill(filled, key)
  const trust = await trustDirectory(notation.config)
  const figure = await pairs(
    () =>
      timed(async () => {
        const verifier = await createVerifier({ trust })
        const placeOf = await open()
        let next = 0
        const work = async () => {
          while (next < IMAGES) {
            const index = next++
            const { artifacts, scope } = placeOf(index)
            const { verdict } = await verifier.verify({ artifacts, reference: images[index]!.digest, scope })
            if (verdict !== 'verified') throw new Error(`we say ${verdict}`)
          }
        }
        await Promise.all(Array.from({ length: AT_ONCE }, work))
      }),
    () =>
      timed(async () => {
        for (const [index, { digest }] of images.slice(0, THEIRS).entries()) {
          const { code, stderr } = await notation.run([
            'verify',
            ...flags,
            `${filled(index).target}@${digest}`,
          ])
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

async function fill(placeOf: (index: number) => Place, key: Identity): Promise<readonly Descriptor[]> {
  await using signer = await signerOf(key)
  const images: Descriptor[] = []
  const work = async (storeOf: (index: number) => ArtifactStore) => {
    for (let index = 0; index < IMAGES; index++) {
      const store = storeOf(index)
      const image = await putImage(store, `v${index}`, { layers: 1, layerBytes: 64 })
      await signer.sign(store, image)
      images.push(image)
    }
  }
  // A layout is written once, not again for each of them.
  const { artifacts } = placeOf(0)
  if (artifacts.batch === undefined) await work(index => placeOf(index).artifacts)
  else await artifacts.batch(store => work(() => store))
  return images
}
