import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeAuthority, makeLeaf } from '../services/certificates.ts'
import { succeed } from '../services/run.ts'
import { removeScratch, scratch } from '../services/scratch.ts'
import { type Figure, pairs, timed } from './measure.ts'

const GIBIBYTE = 2 ** 30
const MEGABYTE = 1e6
const SIGN_FILE = join(import.meta.dirname, 'sign-file.ts')

/** A file is read once and hashed; nothing else may cost, in time or in memory. */
export async function blobFigures(): Promise<readonly Figure[]> {
  const directory = await scratch('bench')
  const root = await makeAuthority(directory, 'root')
  const { keyPath, chainPath } = await makeLeaf(directory, 'p256', root, { type: 'EC-P256' })
  const file = join(directory, 'file')
  await writeFile(file, '')
  await truncate(file, GIBIBYTE) // a hole: both read zeros from memory, not from a disk
  const peaks: number[] = []
  const figure = await pairs(
    async () => {
      const printed = await succeed(process.execPath, [SIGN_FILE, file, keyPath, chainPath])
      const { milliseconds, peakBytes } = JSON.parse(printed) as { milliseconds: number; peakBytes: number }
      peaks.push(peakBytes / MEGABYTE)
      return milliseconds
    },
    () => timed(() => succeed('openssl', ['dgst', '-sha256', file])),
    (ours, theirs) => ours / theirs,
  )
  await removeScratch(directory)
  const most = Math.max(...peaks)
  return [
    { name: 'sign a file of 1 GiB / openssl dgst', ...figure, bound: { atMost: 1.15 }, unit: '×' },
    { name: 'most memory of that', median: most, spread: [most, most], bound: { atMost: 150 }, unit: 'MB' },
  ]
}
