import { openSigner } from '@sealwright/core'
import type { Figure } from '../measure.ts'
import { atOnce, ours } from './compare.ts'
import { algorithmOf, type Subject } from './subject.ts'

const SIGNATURES = 100_000
/** V8's young generation and the allocator's arenas reach their size in the first 15,000: that is not a leak. */
const WARM_UP = 20_000
const CONCURRENCY = 64
const MEGABYTE = 1e6

/** A signer that lives long: its memory and its handles stay as they are. */
export async function soakFigures(store: string, subject: Subject): Promise<readonly Figure[]> {
  const key = 'P-256'
  await using signer = await openSigner(subject.provider, subject.reference(key), {
    algorithm: algorithmOf(key),
  })
  await atOnce(CONCURRENCY, WARM_UP, () => ours(signer))
  const before = await resting()
  await atOnce(CONCURRENCY, SIGNATURES, () => ours(signer))
  const after = await resting()
  const grown = (after.rss - before.rss) / MEGABYTE
  const handles = after.handles - before.handles
  const name = `${store}, 100,000 signatures`
  return [
    { name: `${name}: memory`, median: grown, spread: [grown, grown], bound: { atMost: 50 }, unit: 'MB' },
    {
      name: `${name}: handles`,
      median: handles,
      spread: [handles, handles],
      bound: { atMost: 0 },
      unit: 'more',
    },
  ]
}

/** After a pause, in which whatever ends by itself has ended. */
async function resting(): Promise<{ readonly rss: number; readonly handles: number }> {
  await new Promise(resolve => setTimeout(resolve, 500))
  globalThis.gc?.()
  return { rss: process.memoryUsage.rss(), handles: process.getActiveResourcesInfo().length }
}
