import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { AtOnce } from '../src/frame/at-once.ts'
import { StatusLine } from '../src/frame/status-line.ts'

/** Work that ends when it is told to. */
function task() {
  let end: () => void = () => {}
  const done = new Promise<void>(resolve => {
    end = resolve
  })
  return { done, end }
}

describe('work at the same time', () => {
  it('is as much as allowed, begun in the order given', async () => {
    const atOnce = new AtOnce(2)
    const begun: number[] = []
    const tasks = Array.from({ length: 5 }, task)
    const all = tasks.map(({ done }, index) =>
      atOnce.run(async () => {
        begun.push(index)
        await done
        return index
      }),
    )
    await vi.waitFor(() => expect(begun).toEqual([0, 1]))
    tasks[1]?.end()
    await vi.waitFor(() => expect(begun).toEqual([0, 1, 2]))
    for (const { end } of tasks) end()
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4])
  })

  it('goes on after a failure', async () => {
    const atOnce = new AtOnce(1)
    const failing = atOnce.run(() => Promise.reject(new Error('it failed')))
    const next = atOnce.run(async () => 'next')
    await expect(failing).rejects.toThrow('it failed')
    expect(await next).toBe('next')
  })
})

describe('the status line', () => {
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
    const [one, two] = [task(), task()]
    const all = [line.during('one', () => one.done), line.during('two', () => two.done)]
    await vi.advanceTimersByTimeAsync(600)
    expect(written.at(-1)).toBe('\r\u001b[2Kwaiting for one, and for 1 more')
    one.end()
    await all[0]
    expect(written.at(-1)).toBe('\r\u001b[2Kwaiting for two')
    line.pause()
    two.end()
    await all[1]
    line.resume()
    expect(written.at(-1)).toBe('\r\u001b[2K')
  })
})
