import { walkGraph } from '@sealwright/oci'
import { httpFetch, registry } from '@sealwright/oci-registry'
import { orasProgram } from '../services/peers.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { succeed } from '../services/run.ts'
import { need } from '../services/tool.ts'
import { type Figure, pairs, timed } from './measure.ts'
import { mustHave } from './must-have.ts'
import { putImage, putReferrers } from './signed-image.ts'

const REFERRERS = 1000
const PAIRS_OF_LISTINGS = 7

/**
 * The tree of all that refers to an image, as `list` shows it: in a registry with the referrers API, and in one without. We
 * list in this process; of oras its start is subtracted, as long as it takes at that moment.
 */
export async function listFigures(): Promise<readonly Figure[]> {
  const oras = need(mustHave, await orasProgram())
  const figures: Figure[] = []
  for (const [kind, start] of [
    ['referrers API', startOlareg],
    ['fallback tag', startDistribution],
  ] as const) {
    await using server = await start(mustHave)
    const name = `${server.host}/app`
    const fetch = httpFetch()
    const store = registry(name, { fetch })
    const image = await putImage(store, 'v1', { layers: 1, layerBytes: 100 })
    await putReferrers(store, `${server.url}/v2/app`, image, REFERRERS)
    const figure = await pairs(
      () =>
        timed(async () => {
          let found = 0
          const fresh = registry(name)
          for await (const { role } of walkGraph(fresh, await fresh.resolve('v1'), { asListed: true }))
            if (role === 'referrer') found++
          if (found !== REFERRERS) throw new Error(`we find ${found}`)
        }),
      async () => {
        const start = await timed(() => succeed(oras, ['version']))
        return (await timed(() => succeed(oras, ['discover', '--format', 'json', `${name}:v1`]))) - start
      },
      (ours, theirs) => theirs / ours,
      PAIRS_OF_LISTINGS,
    )
    figures.push({
      name: `oras discover / list of 1,000 referrers, ${kind}`,
      ...figure,
      bound: { atLeast: 1 },
      unit: '×',
    })
  }
  return figures
}
