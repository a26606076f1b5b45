import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@sealwright/source'] },
  ssr: { resolve: { conditions: ['@sealwright/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    // A night's run of a property takes as long as it takes.
    testTimeout: process.env.SEALWRIGHT_SLOW_TESTS ? 4 * 3_600_000 : 60_000,
    hookTimeout: 120_000,
  },
})
