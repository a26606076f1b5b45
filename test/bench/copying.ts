import { copyGraph } from '@sealwright/oci'
import { httpFetch, registry } from '@sealwright/oci-registry'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { orasProgram, skopeoProgram } from '../services/peers.ts'
import { startDistributionOnDisk } from '../services/registries.ts'
import { succeed } from '../services/run.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import type { Server } from '../services/server.ts'
import { need } from '../services/tool.ts'
import { type Figure, pairs, timed } from './measure.ts'
import { mustHave } from './must-have.ts'
import { putImage, signerOf } from './signed-image.ts'

const IMAGE = { layers: 20, layerBytes: 10 * 2 ** 20 }
const SIGNATURES = 10
const PAIRS_OF_COPIES = 15

interface Peer {
  readonly name: string
  readonly program: string
  /** What it does when it does nothing: its start, which does not count. */
  readonly idle: readonly string[]
  readonly copy: (from: string, to: string) => readonly string[]
}

/**
 * From one registry to another, both distribution 3; the other is empty each time. We copy in this process; of a peer its start
 * is subtracted, as long as it takes at that moment. skopeo knows no signatures and copies the image alone.
 */
export async function copyFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  await using signer = await signerOf(await makeLeaf(directory, 'p256', root, { type: 'EC-P256' }))
  await using from = await startDistributionOnDisk(mustHave)
  const source = `${from.host}/app`
  const fetch = httpFetch() // as the command has it
  const image = await putImage(registry(source), 'v1', IMAGE)
  for (let count = 0; count < SIGNATURES; count++) await signer.sign(registry(source), image)
  const peers: readonly Peer[] = [
    {
      name: 'oras cp -r',
      program: need(mustHave, await orasProgram()),
      idle: ['version'],
      copy: (from, to) => ['cp', '-r', from, to],
    },
    {
      name: 'skopeo copy',
      program: need(mustHave, await skopeoProgram()),
      idle: ['--version'],
      copy: (from, to) => [
        ...['--insecure-policy', 'copy', '--preserve-digests'],
        ...['--src-tls-verify=false', '--dest-tls-verify=false', `docker://${from}`, `docker://${to}`],
      ],
    },
  ]
  const figures: Figure[] = []
  for (const { name, program, idle, copy } of peers) {
    const figure = await pairs(
      () =>
        intoFresh(async ({ host }) => {
          const to = registry(`${host}/app`, { fetch })
          const { left } = await copyGraph(registry(source, { fetch }), 'v1', to)
          if (left.length > 0) throw new Error(`we leave ${left[0]!.descriptor.digest} behind`)
        }),
      async () => {
        const start = await timed(() => succeed(program, idle))
        return (
          (await intoFresh(({ host }) => succeed(program, copy(`${source}:v1`, `${host}/app:v1`)))) - start
        )
      },
      (ours, theirs) => theirs / ours,
      PAIRS_OF_COPIES,
    )
    figures.push({ name: `${name} / copy of a signed image`, ...figure, bound: { atLeast: 1 }, unit: '×' })
  }
  await removeScratch(directory)
  return figures
}

/** Milliseconds that a copy into an empty registry takes. */
async function intoFresh(copy: (server: Server) => Promise<unknown>): Promise<number> {
  await using server = await startDistributionOnDisk(mustHave)
  return await timed(() => copy(server))
}
