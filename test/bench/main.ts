import { type Figure, keepsBound } from './measure.ts'

// Ratios against a peer in the same run: medians of interleaved pairs with their spread. Run it on a quiet machine,
// after a build: it measures what is in dist.

const GROUPS: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  start: async () => (await import('./start.ts')).startFigures(),
  sealing: async () => (await import('./sealing.ts')).sealingFigures(),
  verifying: async () => (await import('./verifying.ts')).verifyingFigures(),
  blob: async () => (await import('./blob.ts')).blobFigures(),
  copy: async () => (await import('./copying.ts')).copyFigures(),
  list: async () => (await import('./listing.ts')).listFigures(),
  'verify-many': async () => (await import('./verifying-many.ts')).verifyManyFigures(),
  'verify-lasting': async () => (await import('./verifying-lasting.ts')).verifyLastingFigures(),
  timestamp: async () => (await import('./timestamps.ts')).timestampFigures(),
  policy: async () => (await import('./requirements.ts')).requirementFigures(),
  stores: async () => (await import('./stores.ts')).storeFigures(),
  soak: async () => (await import('./stores.ts')).soakFigures(),
}

/** Only when it is asked for: it takes minutes and compares nothing. */
const ON_DEMAND = ['soak']

const asked = process.argv.slice(2)
const unknown = asked.filter(name => !Object.hasOwn(GROUPS, name))
if (unknown.length > 0) {
  console.error(`no such group: ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}`)
  process.exit(2)
}

let missed = 0
console.log(row('figure', 'median', 'middle half', 'bound', ''))
for (const [name, figures] of Object.entries(GROUPS)) {
  if (asked.length > 0 ? !asked.includes(name) : ON_DEMAND.includes(name)) continue
  for (const figure of await figures()) {
    const kept = keepsBound(figure)
    if (!kept) missed++
    console.log(print(figure, kept))
  }
}
process.exitCode = missed === 0 ? 0 : 1

function print({ name, median, spread, bound, unit }: Figure, kept: boolean): string {
  const limit = bound === undefined ? '' : 'atMost' in bound ? `≤ ${bound.atMost}` : `≥ ${bound.atLeast}`
  const middle = spread.map(value => value.toFixed(2)).join(' – ')
  const verdict = bound === undefined ? '' : kept ? 'ok' : 'MISSED'
  return row(name, `${median.toFixed(2)} ${unit}`, middle, limit, verdict)
}

function row(name: string, median: string, spread: string, bound: string, verdict: string): string {
  return [name.padEnd(60), median.padStart(10), spread.padStart(18), bound.padStart(9), verdict]
    .join('  ')
    .trimEnd()
}
