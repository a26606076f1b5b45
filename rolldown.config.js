import { readFileSync } from 'node:fs'
import { defineConfig } from 'rolldown'
import { workerFiles } from './scripts/worker-files.mjs'

// How every library is built, from its own folder: one file for each entry of package.json and a few for what several
// entries share. docs/decisions/0003 says why. Declarations are tsc's.

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))

/** One file for all that entries share, but for what would load another package with it. */
function sharedChunk(id, context) {
  const needsPackage = context
    .getModuleInfo(id)
    .importedIds.some(imported => /^(?!node:)[^./]/.test(imported))
  return needsPackage ? undefined : 'shared'
}

export default defineConfig({
  input: Object.fromEntries(
    Object.values(exports).map(({ '@sealwright/source': source, default: built }) => [
      built.slice('./dist/'.length, -'.js'.length),
      source,
    ]),
  ),
  platform: 'node',
  // The oldest Node of the packages: `await using` is lowered for it.
  transform: { target: 'node22.22' },
  // Its own sources only: every import of another package stays one. What the lowering needs is not a package of ours.
  external: id => /^[^./]/.test(id) && !id.includes('@oxc-project'),
  plugins: [workerFiles],
  output: {
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    codeSplitting: { groups: [{ name: sharedChunk, debugName: 'shared', minShareCount: 2 }] },
  },
})
