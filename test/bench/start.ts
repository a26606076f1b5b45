import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { type Figure, pairs, timed } from './measure.ts'

const PROGRAM = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'sealwright.js')
const PAIRS_OF_STARTS = 31 // a start takes some 30 ms, and the system's noise is a good part of that

/** What a user waits for before anything happens: the program, a completion, and the core when their program imports it. */
export async function startFigures(): Promise<readonly Figure[]> {
  const bare = () => start('-e', '0')
  const program = await pairs(
    () => start(PROGRAM, 'version'),
    bare,
    (ours, peer) => ours / peer,
    PAIRS_OF_STARTS,
  )
  const completion = await pairs(
    () => start(PROGRAM, '__complete', 'sign', '-k', ''),
    bare,
    (ours, peer) => ours / peer,
    PAIRS_OF_STARTS,
  )
  const load = () => start('--input-type=module', '-e', "import '@sealwright/core'")
  const library = await pairs(load, bare, (ours, peer) => ours - peer, PAIRS_OF_STARTS)
  return [
    { name: 'start of the program / node -e 0', ...program, bound: { atMost: 1.4 }, unit: '×' },
    { name: 'completion of a word / node -e 0', ...completion, bound: { atMost: 1.8 }, unit: '×' },
    { name: "import '@sealwright/core' − node -e 0", ...library, bound: { atMost: 15 }, unit: 'ms' },
  ]
}

/** Milliseconds from the start of a Node to its end. */
export function start(...args: readonly string[]): Promise<number> {
  return timed(() => {
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: import.meta.dirname })
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}\n${stderr}`)
  })
}
