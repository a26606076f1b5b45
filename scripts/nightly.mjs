// npm run test:nightly: npm test with a million runs of every property and the tests that take minutes.
process.env.SEALWRIGHT_FUZZ_RUNS ??= '1000000'
process.env.SEALWRIGHT_SLOW_TESTS ??= '1'
await import('./test.mjs')
