import type { CopyEvent, Descriptor } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import { MovingLines, PlainLines } from '../../src/commands/copy/progress.ts'
import { amount, timeLeft } from '../../src/commands/copy/text.ts'

const MIB = 1024 * 1024

const blob = (digit: string, size: number): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: `sha256:${digit.repeat(64)}`,
  size,
})

/** What a screen shows in the end of all that was written to it: lines, moved over and cleared as a terminal does. */
function screen(written: readonly string[]): string[] {
  const lines: string[] = ['']
  let row = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal is told by.
  for (const [part] of written.join('').matchAll(/\u001b\[(?:\d+A|J)|\r|\n|[^\u001b\r\n]+/g)) {
    if (part.endsWith('A')) row -= Number(part.slice(2, -1))
    else if (part === '\u001b[J') lines.splice(row, lines.length, '')
    else if (part === '\n') lines[++row] ??= ''
    else if (part !== '\r') lines[row] = part
  }
  return lines
}

function opened(columns = 100) {
  const written: string[] = []
  let now = 0
  const sink = {
    isTerminal: true,
    columns,
    write: (data: string | Uint8Array) => void written.push(String(data)),
    send: async () => {},
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { written, sink, clock: () => now, pass }
}

const planned = (blobs: number, bytes: number): CopyEvent => ({ type: 'planned', manifests: 1, blobs, bytes })

describe('progress on a terminal', () => {
  it('has a line for each blob under way, and one for the whole with rate and time left', () => {
    const { written, sink, clock, pass } = opened()
    const progress = new MovingLines(sink, clock)
    const [one, two] = [blob('1', 10 * MIB), blob('2', 30 * MIB)]
    progress.take(planned(2, 40 * MIB))
    progress.take({ type: 'started', descriptor: one })
    progress.take({ type: 'started', descriptor: two })
    pass(2000)
    progress.take({ type: 'bytes', descriptor: one, bytes: 4 * MIB })
    pass(2000)
    progress.take({ type: 'bytes', descriptor: two, bytes: 6 * MIB })
    expect(screen(written)).toEqual([
      '  sha256:111111111111  4.0 MiB of 10.0 MiB  1.0 MiB/s',
      '  sha256:222222222222  6.0 MiB of 30.0 MiB  1.5 MiB/s',
      '0 of 3, 10.0 MiB of 40.0 MiB, 2.5 MiB/s, 12 s left',
      '',
    ])
    progress.take({ type: 'done', descriptor: one })
    expect(screen(written)).toEqual([
      'copied   sha256:111111111111  10.0 MiB, 2.5 MiB/s  (1 of 3)',
      '  sha256:222222222222  6.0 MiB of 30.0 MiB  1.5 MiB/s',
      '1 of 3, 16.0 MiB of 40.0 MiB, 4.0 MiB/s, 6 s left',
      '',
    ])
    progress.end()
    expect(screen(written)).toEqual(['copied   sha256:111111111111  10.0 MiB, 2.5 MiB/s  (1 of 3)', ''])
  })

  it('counts what is there already as nothing to do, and what begins again from its beginning', () => {
    const { written, sink, clock, pass } = opened()
    const progress = new MovingLines(sink, clock)
    const [one, two] = [blob('1', 10 * MIB), blob('2', 30 * MIB)]
    progress.take(planned(2, 40 * MIB))
    progress.take({ type: 'skipped', descriptor: two })
    progress.take({ type: 'started', descriptor: one })
    pass(1000)
    progress.take({ type: 'bytes', descriptor: one, bytes: 8 * MIB })
    pass(1000)
    progress.take({ type: 'bytes', descriptor: one, bytes: 2 * MIB })
    expect(screen(written).at(-2)).toBe('1 of 3, 2.0 MiB of 10.0 MiB, 1.0 MiB/s, 8 s left')
  })

  it('fits the terminal, and is not drawn more often than anyone can read', () => {
    const { written, sink, clock, pass } = opened(30)
    const progress = new MovingLines(sink, clock)
    const one = blob('1', 10 * MIB)
    progress.take(planned(1, 10 * MIB))
    progress.take({ type: 'started', descriptor: one })
    for (let bytes = 0; bytes < 10 * MIB; bytes += MIB / 16) {
      pass(1)
      progress.take({ type: 'bytes', descriptor: one, bytes })
    }
    expect(written.length).toBeLessThan(5)
    for (const line of screen(written)) expect(line.length).toBeLessThan(30)
  })
})

describe('progress in a log', () => {
  it('has a line for each content that has ended, of many only for the large ones and what failed', () => {
    const { written, sink, clock } = opened()
    const progress = new PlainLines(sink, clock)
    progress.take(planned(100, 40 * MIB))
    progress.take({ type: 'mounted', descriptor: blob('1', 2 * MIB) })
    progress.take({ type: 'skipped', descriptor: blob('2', 20) })
    expect(written).toEqual(['mounted  sha256:111111111111  2.0 MiB  (1 of 101)\n'])
  })
})

it('amounts and times are short', () => {
  expect([0, 1023, 1024, 1536, 10 * MIB, 1023.99 * MIB, 5 * 1024 * MIB].map(amount)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 KiB',
    '10.0 MiB',
    '1.0 GiB',
    '5.0 GiB',
  ])
  expect([0.2, 59, 61, 3600, 7384].map(timeLeft)).toEqual([
    '1 s',
    '59 s',
    '1 min 01 s',
    '1 h 00 min',
    '2 h 03 min',
  ])
})
