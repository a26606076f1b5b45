/** How often a property is tried. */
export const RUNS = Number(process.env.SEALWRIGHT_FUZZ_RUNS ?? 20_000)
