import { createHash } from 'node:crypto'
import { access, cp, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cache } from './cache.ts'
import { underLock } from './lock.ts'
import { run } from './run.ts'
import { onPath, type Tool } from './tool.ts'

const CANNOT_BUILD_HERE =
  /dial tcp|no such host|i\/o timeout|connection refused|TLS handshake timeout|proxyconnect|go.mod requires go >=/

interface BuildOptions {
  readonly tags?: string
  /** Default true. */
  readonly cgo?: boolean
  readonly timeoutMs?: number
}

/**
 * A Go program, built once into the cache. `go/<name>/` holds `go.mod` and `go.sum`, which pin all of its modules, and
 * `main.go` where we bring the program ourselves. With `isSlow`, only a nightly run builds it. `go install pkg@version` is not used: it fails for some modules behind
 * proxies that answer 403 for sub-paths, and it pins nothing below the first module.
 */
export async function goTool(
  name: string,
  target: string,
  { isSlow = false, ...options }: BuildOptions & { readonly isSlow?: boolean } = {},
): Promise<Tool> {
  const source = join(import.meta.dirname, 'go', name)
  const path = cache('bin', `${name}-${await contentOf(source)}`)
  if (await exists(path)) return { path }
  if (isSlow && !process.env.SEALWRIGHT_SLOW_TESTS) {
    return { missing: `${name} is not built yet, which takes long: npm run test:nightly` }
  }
  const go = await onPath('go')
  if ('missing' in go)
    return { missing: `${name} is not installed, and Go, which would build it, is not on PATH` }
  return underLock(cache('locks', basename(path)), async () =>
    (await exists(path)) ? { path } : build(go.path, source, target, path, options),
  )
}

async function build(
  go: string,
  source: string,
  target: string,
  path: string,
  { tags, cgo = true, timeoutMs = 900_000 }: BuildOptions,
): Promise<Tool> {
  const work = cache('build', `${basename(path)}-${process.pid}`)
  await rm(work, { recursive: true, force: true })
  await cp(source, work, { recursive: true })
  await mkdir(cache('bin'), { recursive: true })
  try {
    const args = [
      'build',
      '-mod=readonly',
      '-trimpath',
      '-ldflags=-s -w',
      ...(tags === undefined ? [] : ['-tags', tags]),
      '-o',
      join(work, 'program'),
      target,
    ]
    const { code, stderr } = await run(go, args, {
      cwd: work,
      timeoutMs,
      env: { ...process.env, ...(cgo ? {} : { CGO_ENABLED: '0' }) },
    })
    if (code !== 0 && CANNOT_BUILD_HERE.test(stderr))
      return {
        missing: `${basename(source)} is not installed and cannot be built here: ${stderr.trim().split('\n').at(-1)}`,
      }
    if (code !== 0) throw new Error(`go build of ${target} ended with ${code}\n${stderr}`)
    await rename(join(work, 'program'), path)
    return { path }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function contentOf(directory: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(directory)).toSorted())
    hash.update(`${file}\0`).update(await readFile(join(directory, file)))
  return hash.digest('hex').slice(0, 12)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
