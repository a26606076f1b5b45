import { defineConfig } from 'rolldown'

/** Stores that a user installs beside the program; imported when their scheme is first used. */
const STORES = /^@sealwright\/provider-(?!file$)/

export default defineConfig({
  input: { main: 'src/main.ts' },
  platform: 'node',
  // The oldest Node of package.json: `await using` is lowered for it.
  transform: { target: 'node22.22' },
  external: STORES,
  resolve: {
    // The sources of the workspace, so that nothing has to be built before.
    conditionNames: ['@sealwright/source', 'import', 'node', 'default'],
  },
  output: {
    dir: 'dist',
    cleanDir: true,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: true },
  },
})
