/** Number of runs of a property over mutated or generated input. */
export const RUNS: number = Number(process.env.SEALWRIGHT_FUZZ_RUNS ?? 20_000)
