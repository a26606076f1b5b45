import { readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Identity, makeAuthority, makeLeaf } from '../services/certificates.ts'
import { succeed } from '../services/run.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { type Figure, pairs, timed } from './measure.ts'

const GIBIBYTE = 2 ** 30
const MEGABYTE = 1e6
const PROGRAM = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'sealwright.js')
const REPORT_PEAK = new URL('report-peak.ts', import.meta.url).href

/**
 * A file is read once and hashed; nothing else may cost, in time or in memory. Both programs also sign or hash an empty
 * file, and only the difference counts: neither their start nor the opening of the key.
 */
export async function blobFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const identity = await makeLeaf(directory, 'p256', root, { type: 'EC-P256' })
  const large = join(directory, 'large')
  const empty = join(directory, 'empty')
  for (const file of [large, empty]) await writeFile(file, '')
  await truncate(large, GIBIBYTE) // a hole: both read zeros from memory, not from a disk
  const peaks: number[] = []
  const hash = (file: string) => timed(() => succeed('openssl', ['dgst', '-sha256', file]))
  const figure = await pairs(
    async () => {
      const [short] = await sign(identity, empty, directory)
      const [long, peakBytes] = await sign(identity, large, directory)
      peaks.push(peakBytes / MEGABYTE)
      return long - short
    },
    async () => {
      const short = await hash(empty)
      return (await hash(large)) - short
    },
    (ours, theirs) => ours / theirs,
  )
  await removeScratch(directory)
  const most = Math.max(...peaks)
  return [
    { name: 'sign a file of 1 GiB / openssl dgst', ...figure, bound: { atMost: 1.15 }, unit: '×' },
    { name: 'most memory of that', median: most, spread: [most, most], bound: { atMost: 150 }, unit: 'MB' },
  ]
}

/** Milliseconds and peak memory of the whole program. */
async function sign(
  { keyPath, chainPath }: Identity,
  file: string,
  home: string,
): Promise<readonly [milliseconds: number, peakBytes: number]> {
  const peakFile = join(home, 'peak')
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, PEAK_FILE: peakFile, CI: 'true' }
  const args = ['sign', '-k', `file:${keyPath}`, '--cert-chain', chainPath, file]
  await rm(`${file}.jws.sig`, { force: true })
  const milliseconds = await timed(() =>
    succeed(process.execPath, ['--import', REPORT_PEAK, PROGRAM, ...args], { env }),
  )
  return [milliseconds, Number(await readFile(peakFile, 'utf8'))]
}
