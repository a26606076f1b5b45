import { randomBytes } from 'node:crypto'
import { digestOf } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { expect, test } from 'vitest'
import { startCuttingProxy } from '../services/cutting-proxy.ts'
import { startDistribution, startDockerRegistry, startGgcr, startOlareg } from '../services/registries.ts'
import type { Server } from '../services/server.ts'
import type { Skips } from '../services/tool.ts'

const CHUNK = 100_000
/** HEAD, POST, three chunks, the last with PUT, and what is asked again. */
const REQUESTS = 7

test.for([
  ['olareg', startOlareg],
  ['distribution 3', context => startDistribution(context)],
  ['docker-registry 2.8', context => startDockerRegistry(context)],
  ['go-containerregistry', startGgcr],
] satisfies readonly (readonly [string, (context: Skips) => Promise<Server>])[])(
  'a blob in chunks gets to %s whole, whichever connection is cut',
  { timeout: 900_000 },
  async ([, start], context) => {
    await using server = await start(context)
    for (const when of ['before', 'after'] as const) {
      for (let at = 1; at <= REQUESTS; at++) {
        await using proxy = await startCuttingProxy(server, { at, when, strike: () => {} })
        const store = registry(`${proxy.host}/app`, { chunkBytes: CHUNK, retry: { baseDelayMs: 5 } })
        const bytes = randomBytes(3.5 * CHUNK)
        const blob = { mediaType: 'x/y', digest: digestOf('sha256', bytes), size: bytes.byteLength }
        async function* content() {
          for (let from = 0; from < bytes.byteLength; from += 50_000)
            yield bytes.subarray(from, from + 50_000)
        }
        try {
          await store.push(blob, content())
        } catch (error) {
          // A registry that ends an upload in the middle of it is told the whole again, by whoever has it.
          expect(error).toMatchObject({ code: 'UNAVAILABLE' })
          expect(at).toBeGreaterThan(3)
          await store.push(blob, content())
        }
        const stored = await fetch(`${server.url}/v2/app/blobs/${blob.digest}`)
        expect(Buffer.from(await stored.arrayBuffer()).equals(bytes)).toBe(true)
      }
    }
  },
)
