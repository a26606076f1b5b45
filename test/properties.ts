/** How often each property is tried: 2,000 times by `npm test`, a million times by `npm run test:nightly`. */
export const numRuns: number = Number(process.env.SEALWRIGHT_FUZZ_RUNS ?? 2000)
