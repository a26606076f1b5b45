import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { scratch } from '../services/scratch.ts'
import { type Figure, pairs } from './measure.ts'
import { start } from './start.ts'
import { requireOf, SDKS } from './stores/sdk.ts'
import { type Served, STORES, type StoreName } from './stores/served.ts'

const here = import.meta.dirname

/** What our signer costs above the bare SDK of each store. Wire fakes answer the same each time, in processes of their own. */
export async function storeFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const store of STORES) figures.push(await startOf(store))
  for (const store of STORES) figures.push(...(await measured(store)))
  figures.push(...(await measure('pkcs11', '', {})))
  return figures
}

/** 100,000 signatures with one signer of each store. */
export async function soakFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  for (const store of STORES) figures.push(...(await measured(store, 'soak')))
  return figures
}

/** What only who opens a key of the store pays, once. It has no bound: it is the vendor's. */
async function startOf(store: StoreName): Promise<Figure> {
  const entry = pathToFileURL(requireOf(store).resolve(SDKS[store])).href
  const load = () => start('--input-type=module', '-e', `import ${JSON.stringify(entry)}`)
  const figure = await pairs(
    load,
    () => start('-e', '0'),
    (sdk, bare) => sdk - bare,
  )
  return { name: `import ${SDKS[store]} − node -e 0`, ...figure, unit: 'ms' }
}

async function measured(store: StoreName, ...mode: readonly string[]): Promise<readonly Figure[]> {
  const server = spawn(process.execPath, [...NODE_OPTIONS, join(here, 'stores', 'serve.ts'), store], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await Promise.race([
      once(createInterface(server.stdout), 'line'),
      once(server, 'exit').then(() => Promise.reject(new Error(`the fake of ${store} did not start`))),
    ])) as [string]
    const { ca } = JSON.parse(line) as Served
    const env: Record<string, string> = {}
    if (ca !== undefined) {
      // For the bare SDK, which knows no other way.
      env.NODE_EXTRA_CA_CERTS = join(await scratch('bench'), 'ca.pem')
      await writeFile(env.NODE_EXTRA_CA_CERTS, ca)
    }
    return await measure(store, line, env, ...mode)
  } finally {
    server.stdin.end()
    if (server.exitCode === null) await once(server, 'exit')
  }
}

/** Fakes are sources and import sources; what is measured is what was built. */
const NODE_OPTIONS = ['--conditions=@sealwright/source'] as const

async function measure(
  store: StoreName | 'pkcs11',
  served: string,
  env: Readonly<Record<string, string>>,
  ...mode: readonly string[]
): Promise<readonly Figure[]> {
  const program = join(here, 'stores', 'measure-store.ts')
  const child = spawn(process.execPath, ['--expose-gc', program, store, ...mode], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(served)
  const chunks: Buffer[] = []
  child.stdout.on('data', chunk => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`measuring ${store} ended with ${code}`)
  return JSON.parse(Buffer.concat(chunks).toString())
}
