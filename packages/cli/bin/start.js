// Only what Node 14 can parse and run, up to the check of the version: an older Node gets a sentence, and no stack trace.

/** The releases that package.json names under `engines`: the first of each line that is supported, and all after the last. */
const SUPPORTED = [
  [22, 22, 2],
  [24, 15, 0],
  [26, 0, 0],
]

/**
 * Runs a program, unless this Node is too old for it.
 *
 * @param name - What the program is called.
 * @param load - Imports the module with its `main`.
 */
export function start(name, load) {
  const needed = neededVersion(process.versions.node)
  if (needed !== undefined) {
    process.stderr.write(`${name} needs Node ${needed} or later; this is v${process.versions.node}\n`)
    process.exitCode = 2
    return
  }
  const directory = cacheDirectory()
  if (directory !== undefined) process.getBuiltinModule('node:module').enableCompileCache(directory)
  load()
    .then(program => program.main())
    .catch(error => {
      const cause = `${error?.name ?? 'a value that is not an error'}${error?.code ? ` (${error.code})` : ''}`
      process.stderr.write(
        `error[INTERNAL]: ${name} cannot be loaded\n  why: ${cause}\n  fix: npm install --global sealwright\n`,
      )
      process.exitCode = 70
    })
}

/** The oldest supported version that is newer than `version`; `undefined` when this one is supported. */
function neededVersion(version) {
  const parts = version.split('.').map(part => Number.parseInt(part, 10))
  const isSupported = SUPPORTED.some(
    (first, index) => compare(parts, first) >= 0 && (parts[0] === first[0] || index === SUPPORTED.length - 1),
  )
  if (isSupported) return undefined
  return SUPPORTED.find(first => compare(parts, first) < 0).join('.')
}

function compare(a, b) {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/**
 * A directory for compiled code that nobody else can write to, nor replace. Node runs what it finds there without a check
 * of its origin, and its default, under the directory for temporary files, belongs to whoever made it first.
 */
function cacheDirectory() {
  const { env, platform } = process
  const base =
    platform === 'win32' ? env.LOCALAPPDATA : env.XDG_CACHE_HOME || (env.HOME && `${env.HOME}/.cache`)
  if (!base) return undefined
  const fs = process.getBuiltinModule('node:fs')
  const path = process.getBuiltinModule('node:path')
  if (!path.isAbsolute(base)) return undefined
  try {
    if (!fs.existsSync(base)) fs.mkdirSync(base, { mode: 0o700 })
    const parent = fs.realpathSync(base)
    const directory = path.join(parent, 'sealwright')
    if (platform === 'win32') return directory
    if (!isOurs(parent, fs, path)) return undefined
    if (!fs.existsSync(directory)) fs.mkdirSync(directory, { mode: 0o700 })
    return isOurs(directory, fs, path) ? directory : undefined
  } catch {
    return undefined
  }
}

/** Whether a directory and all above it belong to this user or to root, and nobody else can write to them. */
function isOurs(directory, fs, path) {
  const stats = fs.lstatSync(directory)
  const isOwn = stats.uid === process.getuid() || stats.uid === 0
  if (!stats.isDirectory() || !isOwn || (stats.mode & 0o022) !== 0) return false
  const above = path.dirname(directory)
  return above === directory || isOurs(above, fs, path)
}
