import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { NetworkNamespace } from './network-namespace.ts'
import { succeed } from './run.ts'
import { removeScratch, scratch } from './scratch.ts'

export interface ServerOptions {
  readonly name: string
  readonly command: string
  /** `data`: a fresh directory, removed with the server. */
  readonly args: (port: number, data: string) => readonly string[] | Promise<readonly string[]>
  readonly env?: NodeJS.ProcessEnv
  /** A path that answers below 500 once the server is ready. */
  readonly ready: string
  /** For a server that speaks TLS: whom to trust, and what to show who asks for a certificate. */
  readonly tls?: { readonly ca: string; readonly cert?: string; readonly key?: string }
  /** Where it runs, if not beside us; then it is plain HTTP. */
  readonly within?: NetworkNamespace
}

export interface Server extends AsyncDisposable {
  readonly port: number
  /** `localhost:<port>`: peers take this name as permission for plain HTTP. */
  readonly host: string
  /** `http://127.0.0.1:<port>`, or `https:`. */
  readonly url: string
  readonly data: string
}

const READY_WITHIN_MS = 30_000

/** Starts a server on a free loopback port and waits until it answers. One that does not start fails the test. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const data = await scratch(options.name)
  const port = await freePort()
  const env = options.env ?? process.env
  const { command, within } = options
  const args = await options.args(port, data)
  const child = spawn(...(within?.inside(command, args) ?? ([command, args] as const)), {
    cwd: data,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const log: Buffer[] = []
  child.stdout.on('data', chunk => log.push(chunk))
  child.stderr.on('data', chunk => log.push(chunk))
  const failed = once(child, 'error').then(([error]) => Promise.reject(error))
  failed.catch(() => undefined)
  const killOnExit = () => child.kill('SIGKILL')
  process.once('exit', killOnExit)
  const stop = async () => {
    process.off('exit', killOnExit)
    await end(child)
    await removeScratch(data)
  }
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  try {
    await Promise.race([failed, answers(`${url}${options.ready}`, child, options)])
  } catch (error) {
    await stop()
    throw new Error(`${options.name} did not start\n${Buffer.concat(log).toString()}`, { cause: error })
  }
  return { port, host: `localhost:${port}`, url, data, [Symbol.asyncDispose]: stop }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function answers(
  url: string,
  child: ChildProcess,
  { tls, within }: Pick<ServerOptions, 'tls' | 'within'>,
): Promise<void> {
  const status = () => (within === undefined ? statusOf(url, tls) : statusWithin(within, url))
  for (const deadline = Date.now() + READY_WITHIN_MS; Date.now() < deadline; await sleep(25)) {
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
    if ((await status().catch(() => 599)) < 500) return
  }
  throw new Error(`no answer from ${url} in ${READY_WITHIN_MS} ms`)
}

async function statusWithin(within: NetworkNamespace, url: string): Promise<number> {
  const script = 'fetch(process.argv[1]).then(({ status }) => console.log(status))'
  return Number((await succeed(...within.inside(process.execPath, ['-e', script, url]))).trim())
}

async function statusOf(url: string, tls: ServerOptions['tls']): Promise<number> {
  const options = { ...tls, agent: false }
  const asked = tls === undefined ? http.get(url, options) : https.get(url, options)
  const [response] = (await once(asked, 'response')) as [http.IncomingMessage]
  response.resume()
  return response.statusCode!
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await gone
  clearTimeout(hard)
}
