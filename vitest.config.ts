import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@sealwright/source'] },
  ssr: { resolve: { conditions: ['@sealwright/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
