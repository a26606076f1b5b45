import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@sealwright/source'] },
  ssr: { resolve: { conditions: ['@sealwright/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // Most tests wait for programs that they started: use every core, not all but one.
    maxWorkers: '100%',
    // A property may take 10 ms a run; what takes longer hangs.
    testTimeout: Math.max(60_000, 10 * Number(process.env.SEALWRIGHT_FUZZ_RUNS ?? 2000)),
    hookTimeout: 120_000,
  },
})
