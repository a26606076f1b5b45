// npm run test:nightly: npm test with a million runs of every property, two hours of mutants for the parsers and all that is
// slow to build, then 100,000 signatures with one signer of each key store.
process.env.SEALWRIGHT_FUZZ_RUNS ??= '1000000'
process.env.SEALWRIGHT_FUZZ_SECONDS ??= '7200'
process.env.SEALWRIGHT_SLOW_TESTS ??= '1'
await import('./test.mjs')

const { program, run } = await import('./workspace.mjs')
const { code } = await run(program('node'), ['test/bench/main.ts', 'soak'], { show: true })
if (code !== 0) process.exitCode = 1
