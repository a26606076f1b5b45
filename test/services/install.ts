import * as peers from './peers.ts'

/** Builds every peer and server into the cache, one after another, so that no test waits for a compiler. */
for (const [name, tool] of Object.entries(peers)) {
  const began = performance.now()
  const found = await tool()
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${name}: ${'path' in found ? `${found.path} (${seconds} s)` : found.missing}`)
}
