import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { StatusLine } from '../../src/runtime/dialogue.ts'

describe('the status line', () => {
  it('appears after half a second on a terminal, and goes without a trace', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const written: string[] = []
    const sink = {
      isTerminal: true,
      columns: 20,
      write: (data: string | Uint8Array) => void written.push(String(data)),
      send: async () => {},
    }
    const line = new StatusLine(sink, true)
    await line.during('something quick', async () => 1)
    expect(written).toEqual([])
    const waiting = line.during(
      'a touch on the token',
      () => new Promise(resolve => setTimeout(resolve, 2_000)),
    )
    await vi.advanceTimersByTimeAsync(600)
    expect(written).toEqual(['\r\u001b[2Kwaiting for a touch'])
    await vi.advanceTimersByTimeAsync(2_000)
    await waiting
    expect(written.at(-1)).toBe('\r\u001b[2K')
    await new StatusLine({ ...sink, isTerminal: false }, true).during('x', () =>
      vi.advanceTimersByTimeAsync(600),
    )
    expect(written).toHaveLength(2)
  })

  it('says of several things that are waited for which came first, and how many', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const written: string[] = []
    const sink = {
      isTerminal: true,
      columns: 80,
      write: (data: unknown) => void written.push(String(data)),
      send: async () => {},
    }
    const line = new StatusLine(sink, true)
    const [one, two] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const all = [line.during('one', () => one.promise), line.during('two', () => two.promise)]
    await vi.advanceTimersByTimeAsync(600)
    expect(written.at(-1)).toBe('\r\u001b[2Kwaiting for one, and for 1 more')
    one.resolve()
    await all[0]
    expect(written.at(-1)).toBe('\r\u001b[2Kwaiting for two')
    line.pause()
    two.resolve()
    await all[1]
    line.resume()
    expect(written.at(-1)).toBe('\r\u001b[2K')
  })
})
