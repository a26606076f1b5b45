// npm run test:nightly: npm test with a million runs of every property.
process.env.SEALWRIGHT_FUZZ_RUNS ??= '1000000'
await import('./test.mjs')
