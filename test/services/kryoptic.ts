import { access, copyFile, cp, glob, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { cache } from './cache.ts'
import { underLock } from './lock.ts'
import { pkcs11jsAddon } from './pkcs11js.ts'
import { run, succeed } from './run.ts'
import { scratch } from './scratch.ts'
import { pkcs11Tool, type TestToken } from './softhsm.ts'
import { need, onPath, type Skips, type Tool } from './tool.ts'
import { venvTool } from './venv.ts'

const NAME = 'libkryoptic_pkcs11-1.5.4.so'

const CANNOT_BUILD_HERE =
  /failed to download|Could not resolve host|Connection refused|spurious network error|sqlite3\.pc|unable to get packages/

/**
 * kryoptic 1.5.4: PKCS#11 3.2 with ML-DSA, and a PIN that locks. Built with an OpenSSL of its own, which takes minutes: only
 * `npm run test:nightly` does so, and what it built is used by every test after.
 */
async function kryopticModule(): Promise<Tool> {
  const path = cache('lib', NAME)
  if (await exists(path)) return { path }
  if (!process.env.SEALWRIGHT_SLOW_TESTS) {
    return { missing: 'kryoptic is not built yet, which takes minutes: npm run test:nightly' }
  }
  for (const program of ['cargo', 'perl', 'make', 'gcc']) {
    const tool = await onPath(program)
    if ('missing' in tool) return { missing: `kryoptic is not built, and ${tool.missing}` }
  }
  return underLock(cache('locks', NAME), async () => ((await exists(path)) ? { path } : build(path)))
}

/** A fresh token. The module reads where it is from the environment of this process, which is changed. */
export async function kryopticToken(context: Skips): Promise<TestToken> {
  need(context, await pkcs11jsAddon())
  const modulePath = need(context, await kryopticModule())
  const tool = need(context, await pkcs11Tool())
  const directory = await scratch('kryoptic')
  const configuration = join(directory, 'kryoptic.conf')
  await writeFile(
    configuration,
    `[[slots]]\nslot = 1\ndbtype = "sqlite"\ndbargs = "${join(directory, 'token.sql')}"\n`,
  )
  process.env.KRYOPTIC_CONF = configuration
  const label = 'Kryoptic Test'
  const pin = 'kryoptic-pin-1234'
  const officer = ['--so-pin', 'kryoptic-so-5678']
  await succeed(tool, ['--module', modulePath, '--slot', '1', '--init-token', '--label', label, ...officer])
  const login = ['--token-label', label, '--login', '--login-type', 'so', ...officer]
  await succeed(tool, ['--module', modulePath, ...login, '--init-pin', '--pin', pin])
  return { modulePath, label, pin }
}

async function build(path: string): Promise<Tool> {
  const work = cache('build', `kryoptic-${process.pid}`)
  await rm(work, { recursive: true, force: true })
  await cp(join(import.meta.dirname, 'rust', 'kryoptic'), work, { recursive: true })
  await mkdir(join(work, 'src'))
  await writeFile(join(work, 'src', 'lib.rs'), '')
  try {
    const clang = await libclang()
    if (typeof clang !== 'string') return clang
    const vendored = await run('cargo', ['vendor', '-q', '--locked'], { cwd: work, timeoutMs: 600_000 })
    if (vendored.code !== 0 && CANNOT_BUILD_HERE.test(vendored.stderr)) {
      return { missing: `kryoptic cannot be built here: ${vendored.stderr.trim().split('\n').at(-1)}` }
    }
    // The crate strips files that kryoptic's own build of OpenSSL needs, so it is given a finished one.
    const openssl = join(work, 'openssl')
    await cp(join(work, 'vendor', 'openssl-src', 'openssl'), openssl, { recursive: true })
    const options = ['shared', 'module', 'legacy', 'apps', 'tests', 'docs', 'engine'].map(
      each => `no-${each}`,
    )
    await succeed('./Configure', [...options, '-fPIC'], { cwd: openssl })
    await succeed('make', ['-j2', 'build_libs'], { cwd: openssl, timeoutMs: 1_800_000 })
    const include = (await succeed('gcc', ['-print-file-name=include'])).trim()
    const env = {
      ...process.env,
      LIBCLANG_PATH: clang,
      // libclang comes without headers of its own.
      BINDGEN_EXTRA_CLANG_ARGS: `-I${include}`,
      KRYOPTIC_OPENSSL_SOURCES: openssl,
    }
    const args = ['build', '-q', '--locked', '--release', '-p', 'kryoptic']
    await succeed('cargo', args, { cwd: work, env, timeoutMs: 1_800_000 })
    await mkdir(dirname(path), { recursive: true })
    const copy = `${path}-${process.pid}`
    await copyFile(join(work, 'target', 'release', 'libkryoptic_pkcs11.so'), copy)
    await rename(copy, path)
    return { path }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** The directory of libclang, which bindgen needs: the system's, or that of PyPI. */
async function libclang(): Promise<string | { readonly missing: string }> {
  for await (const file of glob('/usr/lib/llvm-*/lib/libclang.so')) return dirname(file)
  const python = await venvTool({ name: 'libclang', packages: ['libclang==18.1.1'], program: 'python' })
  if ('missing' in python) return python
  const home = dirname(dirname(python.path))
  for await (const file of glob(join(home, 'lib/python3.*/site-packages/clang/native/libclang.so'))) {
    return dirname(file)
  }
  return { missing: 'kryoptic is not built, and there is no libclang' }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
