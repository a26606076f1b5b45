// npm run walk: how many source files a command of the program goes through, by V8's coverage: those of which a function
// ran, not those that were merely loaded. Prints the rows of the table in docs/architecture.md.
// npm run walk -- --files: the files of each command as well.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeLayout } from './layout.mjs'
import { program, root } from './workspace.mjs'

const sources = pathToFileURL(join(root, 'packages')).href
const folder = mkdtempSync(join(tmpdir(), 'sealwright-walk-'))

/** Runs a command of the program from its sources. */
function sealwright(args, env = {}) {
  const script = `await (await import(${JSON.stringify(`${sources}/cli/src/main.ts`)})).main()`
  const file = join(folder, 'run.mjs')
  writeFileSync(file, script)
  const { status, stderr } = spawnSync(program('node'), ['--conditions=@sealwright/source', file, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      SEALWRIGHT_CONFIG: join(folder, 'config.json'),
      SEALWRIGHT_TRUST: join(folder, 'trust'),
      SEALWRIGHT_PASSPHRASE: 'correct horse battery staple',
      ...env,
    },
  })
  if (status !== 0) throw new Error(`sealwright ${args.join(' ')} ended with ${status}:\n${stderr}`)
}

/** The source files of ours with a function that ran, as paths below `packages`. */
function entered(coverage) {
  const files = new Set()
  for (const name of readdirSync(coverage)) {
    for (const { url, functions } of JSON.parse(readFileSync(join(coverage, name), 'utf8')).result) {
      if (!url.startsWith(sources) || !url.includes('/src/')) continue
      // The first is the module itself, which runs when it is loaded.
      const ran = functions.slice(1).some(({ ranges }) => ranges[0].count > 0)
      if (ran) files.add(url.slice(sources.length + 1))
    }
  }
  return [...files].sort()
}

const COLUMNS = ['cli', 'core', 'oci', 'notary', 'x509']

/** A row of the table: the number of files, then how many of them are in each package. */
function row(command, files) {
  const packages = files.map(file => file.split('/')[0])
  const counts = COLUMNS.map(column => packages.filter(name => name === column).length)
  const others = packages.filter(name => !COLUMNS.includes(name)).length
  return `| \`${command}\` | ${files.length} | ${[...counts, others].join(' · ')} |`
}

try {
  writeLayout(join(folder, 'image'))
  sealwright(['init', 'me', '--scope', 'registry.example/app'])
  console.log(`| Command | Files | of ${COLUMNS.join(' · ')} · others |\n|---|---|---|`)
  const commands = [
    ['sign', 'oci:image:v1'],
    ['verify', '--scope', 'registry.example/app', 'oci:image:v1'],
    ['copy', 'oci:image:v1', 'oci:copied:v1'],
    ['list', 'oci:image:v1'],
  ]
  for (const args of commands) {
    const coverage = join(folder, `coverage-${args[0]}`)
    sealwright(args, { NODE_V8_COVERAGE: coverage })
    const files = entered(coverage)
    console.log(row(args[0], files))
    if (process.argv.includes('--files')) console.log(files.map(file => `    ${file}`).join('\n'))
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
