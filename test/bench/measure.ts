/** One figure: a median over interleaved pairs, the middle half of them, and the bound that it must keep, if there is one. */
export interface Figure {
  readonly name: string
  readonly median: number
  /** First and third quartile. */
  readonly spread: readonly [number, number]
  readonly bound?: { readonly atMost: number } | { readonly atLeast: number } | undefined
  readonly unit: string
}

export const PAIRS = 15

/**
 * Runs `ours` and `peer` in turn, each going first in every other pair so that neither gains from a warm machine, after
 * one pair that does not count. Both return their own milliseconds.
 */
export async function pairs(
  ours: () => Promise<number>,
  peer: () => Promise<number>,
  combine: (ours: number, peer: number) => number,
  count = PAIRS,
): Promise<Pick<Figure, 'median' | 'spread'>> {
  const values: number[] = []
  for (let pair = 0; pair <= count; pair++) {
    const ourTurn = pair % 2 === 0 ? await ours() : undefined
    const theirs = await peer()
    const value = combine(ourTurn ?? (await ours()), theirs)
    if (pair > 0) values.push(value)
  }
  const sorted = values.toSorted((a, b) => a - b)
  return { median: quantile(sorted, 0.5), spread: [quantile(sorted, 0.25), quantile(sorted, 0.75)] }
}

/** Milliseconds that `work` takes. */
export async function timed(work: () => unknown): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

/** Milliseconds of CPU time that `work` takes in this process, in all its threads: what others do meanwhile does not count. */
export async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** A bound is missed only beyond the spread: when even the better quartile misses it. */
export function keepsBound({ spread: [low, high], bound }: Figure): boolean {
  if (bound === undefined) return true
  return 'atMost' in bound ? low <= bound.atMost : high >= bound.atLeast
}

function quantile(sorted: readonly number[], part: number): number {
  const position = (sorted.length - 1) * part
  const below = sorted[Math.floor(position)]!
  const above = sorted[Math.ceil(position)]!
  return below + (above - below) * (position - Math.floor(position))
}
