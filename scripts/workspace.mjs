// The checkout as the scripts see it. Plain JavaScript without dependencies: it runs on the Node that is there (20 or
// later) before anything is installed; what it starts runs on the Node of node_modules/.bin.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const WINDOWS = process.platform === 'win32'

/** Absolute path of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** Absolute path of a program that the workspace installs. */
export function program(name) {
  return join(root, 'node_modules', '.bin', WINDOWS ? `${name}.cmd` : name)
}

/** Folder and manifest of every package in packages/. */
export function packages() {
  const parent = join(root, 'packages')
  return readdirSync(parent)
    .sort()
    .map(folder => ({
      folder: join(parent, folder),
      manifest: JSON.parse(readFileSync(join(parent, folder, 'package.json'), 'utf8')),
    }))
}

function environment(extra) {
  return {
    ...process.env,
    PATH: join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? ''),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
    ...extra,
  }
}

/**
 * Runs a program with stdin closed.
 *
 * @param options.env - Added to the environment.
 * @param options.cwd - Where it runs; the checkout by default.
 * @param options.show - Pass its output through as it comes.
 * @returns Its exit code, and its stdout and stderr in the order they came.
 */
export function run(command, args, options = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: environment(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: WINDOWS,
    })
    const chunks = []
    const keep = sink => chunk => {
      chunks.push(chunk)
      if (options.show) sink.write(chunk)
    }
    child.stdout.on('data', keep(process.stdout))
    child.stderr.on('data', keep(process.stderr))
    child.on('error', error => resolve({ code: 127, output: `${command}: ${error.message}\n` }))
    child.on('close', (code, signal) =>
      resolve({
        code: code ?? 1,
        output: Buffer.concat(chunks).toString() + (signal ? `killed by ${signal}\n` : ''),
      }),
    )
  })
}

/** Runs pnpm, which need not be installed: npx brings the one version that the lockfile was made with. */
export function pnpm(args, options) {
  return run(WINDOWS ? 'npx.cmd' : 'npx', ['--yes', PNPM, ...args], {
    ...options,
    // Asks nothing, even where a stale node_modules must go.
    env: { CI: 'true', ...options?.env },
  })
}

/**
 * Installs what the lockfile names, Node 24 among it. pkcs11js is compiled, against headers of Node that are on this machine:
 * of the Node that runs this, or of the one that was just installed. Without any, node-gyp would fetch them from
 * nodejs.org. pkcs11js is optional: where it cannot be built, the tests on PKCS#11 modules are skipped.
 */
export async function install() {
  const installed = await pnpm(['install', '--frozen-lockfile'], { env: withHeaders() })
  if (installed.code === 0 && !isPkcs11jsBuilt() && nodeHeaders() !== undefined) {
    await pnpm(['--filter', '@sealwright/provider-pkcs11', 'rebuild', 'pkcs11js'], { env: withHeaders() })
  }
  return installed
}

function isPkcs11jsBuilt() {
  const folder = join(root, 'packages', 'provider-pkcs11', 'node_modules', 'pkcs11js')
  return existsSync(join(folder, 'build', 'Release', 'pkcs11.node'))
}

function withHeaders() {
  const folder = process.env.npm_config_nodedir ?? nodeHeaders()
  return folder === undefined ? {} : { npm_config_nodedir: folder }
}

/** Where `include/node` is. The headers of any Node will do: pkcs11js uses Node-API alone. */
function nodeHeaders() {
  const store = join(root, 'node_modules', '.pnpm')
  const packaged = existsSync(store) ? readdirSync(store).filter(name => /^node@\d/.test(name)) : []
  const platform = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  return [
    dirname(dirname(process.execPath)),
    ...packaged.map(name => join(store, name, 'node_modules', 'node', 'node_modules', platform)),
  ].find(folder => existsSync(join(folder, 'include', 'node', 'node_api.h')))
}

/** Packs every package, as it would be published, into a folder. The packages must be built. */
export function pack(folder) {
  return pnpm(['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', resolve(folder)])
}

/** Builds every package that changed, in the order of their dependencies. */
export function build() {
  // Through pnpm, because turbo looks for a pnpm on PATH.
  return pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only'])
}
