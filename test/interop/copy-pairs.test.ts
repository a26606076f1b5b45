import { join } from 'node:path'
import { type ArtifactStore, layoutArchive, layoutDirectory, memory } from '@sealwright/oci'
import { registry } from '@sealwright/oci-registry'
import { describe, test } from 'vitest'
import { expectCopied, fillGraph } from '../../packages/oci-registry/test/copied-graph.ts'
import { startDistribution, startOlareg } from '../services/registries.ts'
import { scratch } from '../services/scratch.ts'
import { shared } from '../services/shared.ts'
import type { Skips } from '../services/tool.ts'

const timeout = 900_000 // the first run builds the registries

const olareg = shared(startOlareg)
const distribution = shared(context => startDistribution(context))

/** Each opens a store of its own, and empty. */
const places: Readonly<Record<string, (context: Skips) => Promise<ArtifactStore>>> = {
  olareg: async context => registry(`${(await olareg(context)).host}/app-${crypto.randomUUID()}`),
  distribution: async context => registry(`${(await distribution(context)).host}/app-${crypto.randomUUID()}`),
  'a directory': async () => layoutDirectory(join(await scratch('copy'), 'layout'), { create: true }),
  'an archive': async () => layoutArchive(join(await scratch('copy'), 'a.tar'), { create: true }),
  memory: async () => memory(),
}

const isRegistry = (name: string) => name === 'olareg' || name === 'distribution'
const pairs = Object.keys(places)
  .flatMap(from => Object.keys(places).map(to => [from, to] as const))
  .filter(([from, to]) => from !== to && (isRegistry(from) || isRegistry(to)))

describe.for(pairs)('from %s to %s', { timeout }, ([from, to]) => {
  test('an index of ten platforms, each signed twice, is copied whole', async context => {
    const source = await places[from]!(context)
    const destination = await places[to]!(context)
    const root = await (source.batch?.(fillGraph) ?? fillGraph(source))
    await expectCopied(source, root, destination)
  })
})
