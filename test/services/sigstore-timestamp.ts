import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { timestampServerProgram } from './peers.ts'
import { startServer } from './server.ts'
import type { TimestampAuthority } from './timestamp-authority.ts'
import { need, type Skips } from './tool.ts'

/** For metrics, on every address; no flag moves it, so only one timestamp-server runs at a time. */
const METRICS_PORT = 2112

/** Sigstore's time-stamp authority on a loopback port, with a key in memory and a chain of three certificates. */
export async function startSigstoreTimestamp(
  context: Skips,
): Promise<Pick<TimestampAuthority, 'url' | 'rootPath'> & AsyncDisposable> {
  const command = need(context, await timestampServerProgram())
  if (!(await isFree(METRICS_PORT)))
    context.skip(`port ${METRICS_PORT} is taken, which timestamp-server opens for its metrics`)
  const server = await startServer({
    name: 'timestamp-server',
    command,
    ready: '/ping',
    args: port => [
      ...['serve', '--host', '127.0.0.1', '--port', String(port), '--timestamp-signer', 'memory'],
      ...['--disable-ntp-monitoring', '--include-chain-in-response'],
    ],
  })
  const url = `${server.url}/api/v1/timestamp`
  const chain = await (await fetch(`${url}/certchain`)).text()
  const rootPath = join(server.data, 'root.pem')
  await writeFile(rootPath, chain.slice(chain.lastIndexOf('-----BEGIN CERTIFICATE-----')))
  return { url, rootPath, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise(resolve => {
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}
