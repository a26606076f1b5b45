import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { debianFile } from './debian.ts'
import { removeScratch, scratch } from './scratch.ts'
import { need, type Skips, type Tool } from './tool.ts'

/** Chromium without a window, Debian's or the system's, with the fonts that its packages leave out. */
export function chromiumProgram(): Promise<Tool> {
  return debianFile({
    packages: ['chromium-headless-shell', 'fonts-dejavu-core'],
    paths: [
      '/usr/bin/chromium-headless-shell',
      '/usr/bin/chromium',
      '/usr/bin/chromium-browser',
      '/usr/bin/google-chrome',
    ],
  })
}

/** A browser with one page, driven by the DevTools protocol. */
export interface Chromium extends AsyncDisposable {
  /** Calls a method for the page: `Page.navigate`. */
  // biome-ignore lint/suspicious/noExplicitAny: every method has a result of its own.
  call(method: string, params?: object): Promise<any>
  /** Opens an address and waits until it is loaded. */
  open(url: string): Promise<void>
  /** What was sent for the page: events by their method, in order. */
  readonly events: readonly { readonly method: string; readonly params: Readonly<Record<string, unknown>> }[]
}

const LOADED_WITHIN_MS = 60_000

/** The test is skipped where Chromium is missing. */
export async function startChromium(context: Skips): Promise<Chromium> {
  const path = need(context, await chromiumProgram())
  const profile = await scratch('chromium')
  const args = ['--headless', '--no-first-run', '--disable-gpu', '--remote-debugging-port=0']
  // Its sandbox refuses to run for root.
  if (process.getuid?.() === 0) args.push('--no-sandbox')
  const child = spawn(path, [...args, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own: Debian's program is a script that starts the browser as a child, which outlives it.
    detached: true,
  })
  const kill = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL')
  }
  process.once('exit', kill)
  const gone = once(child, 'exit')
  const stop = async (): Promise<void> => {
    process.off('exit', kill)
    kill()
    await gone
    await removeScratch(profile)
  }
  try {
    const browser = await devToolsOf(child.stderr)
    child.stderr.resume()
    const pages = (await (await fetch(`http://${browser.host}/json/list`)).json()) as {
      webSocketDebuggerUrl: string
      type: string
    }[]
    const page = await connect(pages.find(({ type }) => type === 'page')!.webSocketDebuggerUrl)
    for (const domain of ['Page', 'Network', 'Log', 'Runtime']) await page.call(`${domain}.enable`)
    return {
      ...page,
      async open(url) {
        const loaded = page.next('Page.loadEventFired')
        await page.call('Page.navigate', { url })
        await loaded
      },
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The address that the browser prints when it is ready. */
async function devToolsOf(stderr: Readable): Promise<URL> {
  let text = ''
  // The stream outlives this loop: a browser whose pipe is closed ends.
  for await (const chunk of stderr.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    const address = /DevTools listening on (ws:\S+)/.exec(text)?.[1]
    if (address !== undefined) return new URL(address)
  }
  throw new Error(`Chromium did not start\n${text}`)
}

interface Connection extends Pick<Chromium, 'call' | 'events'> {
  next(method: string): Promise<void>
}

async function connect(url: string): Promise<Connection> {
  const socket = new WebSocket(url)
  await once(socket, 'open')
  const events: { method: string; params: Record<string, unknown> }[] = []
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const awaited = new Map<string, PromiseWithResolvers<void>>()
  socket.addEventListener('message', ({ data }) => {
    const { id, error, result, method, params } = JSON.parse(data as string)
    if (id === undefined) {
      events.push({ method, params })
      awaited.get(method)?.resolve()
      return
    }
    const answer = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) answer?.resolve(result)
    else answer?.reject(new Error(`Chromium: ${error.message}`))
  })
  let last = 0
  return {
    events,
    call(method, params = {}) {
      const answer = Promise.withResolvers<unknown>()
      waiting.set(++last, answer)
      socket.send(JSON.stringify({ id: last, method, params }))
      return answer.promise
    },
    next(method) {
      const event = Promise.withResolvers<void>()
      const timer = setTimeout(() => event.reject(new Error(`no ${method}`)), LOADED_WITHIN_MS)
      awaited.set(method, event)
      return event.promise.finally(() => clearTimeout(timer))
    },
  }
}
