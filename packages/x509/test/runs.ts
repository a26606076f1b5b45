/** Number of runs of a property over mutated or generated input. */
export const RUNS: number = Number(process.env.SEALWRIGHT_FUZZ_RUNS ?? 20_000)

/** For the million runs of a nightly test: a run takes less than a millisecond. */
export const TIMEOUT: { readonly timeout: number } = { timeout: 30_000 + 2 * RUNS }
