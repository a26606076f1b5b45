import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArtifactStore, layoutArchive, layoutDirectory, memory } from '@sealwright/oci'
import { describe, it } from 'vitest'
import { registry } from '../../src/index.ts'
import { expectCopied, fillGraph } from '../copied-graph.ts'
import { FakeRegistry } from '../fake-registry.ts'

const kinds = ['registry', 'directory', 'archive', 'memory'] as const
type Kind = (typeof kinds)[number]

async function opened(
  kind: Kind,
  folder: string,
  side: string,
  server: FakeRegistry,
): Promise<ArtifactStore> {
  switch (kind) {
    case 'registry':
      return registry(`${server.host}/${side}/app`, { settleMs: 1 })
    case 'directory':
      return layoutDirectory(join(folder, side), { create: true })
    case 'archive':
      return layoutArchive(join(folder, `${side}.tar`), { create: true })
    case 'memory':
      return memory()
  }
}

describe.each(kinds.flatMap(from => kinds.map(to => [from, to] as const)))(
  'copyGraph from %s to %s',
  (from, to) => {
    it('brings every digest of an index of ten platforms, each signed twice, and changes nothing when done again', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'oci-'))
      await using inner = await FakeRegistry.start({ referrersApi: from === 'registry' })
      await using outer = await FakeRegistry.start({ referrersApi: to !== 'registry' })
      try {
        const source = await opened(from, folder, 'from', outer)
        const destination = await opened(to, folder, 'to', inner)
        // An archive is filled at once: written again with every push it would take long.
        const root = await (source.batch?.(fillGraph) ?? fillGraph(source))
        await expectCopied(source, root, destination)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  },
)
