// npm run walk: how many source files a command of the program goes through, by V8's coverage: those of which a function
// ran, not those that were merely loaded. It is the measure of docs/architecture.md.
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

/** The source files of ours with a function that ran, by package. */
function entered(coverage) {
  const files = new Map()
  for (const name of readdirSync(coverage)) {
    for (const { url, functions } of JSON.parse(readFileSync(join(coverage, name), 'utf8')).result) {
      if (!url.startsWith(sources) || !url.includes('/src/')) continue
      // The first is the module itself, which runs when it is loaded.
      const ran = functions.slice(1).some(({ ranges }) => ranges[0].count > 0)
      if (ran) files.set(url, url.slice(sources.length + 1).split('/')[0])
    }
  }
  const counts = {}
  for (const name of files.values()) counts[name] = (counts[name] ?? 0) + 1
  return { files: files.size, counts }
}

try {
  writeLayout(join(folder, 'image'))
  sealwright(['init', 'me', '--scope', 'registry.example/app'])
  const commands = [
    ['sign', 'oci:image:v1'],
    ['verify', '--scope', 'registry.example/app', 'oci:image:v1'],
    ['copy', 'oci:image:v1', 'oci:copied:v1'],
    ['list', 'oci:image:v1'],
  ]
  for (const args of commands) {
    const coverage = join(folder, `coverage-${args[0]}`)
    sealwright(args, { NODE_V8_COVERAGE: coverage })
    const { files, counts } = entered(coverage)
    const parts = Object.entries(counts).sort(([, a], [, b]) => b - a)
    console.log(
      `${args[0].padEnd(7)} ${String(files).padStart(4)} files: ${parts.map(part => part.join(' ')).join(', ')}`,
    )
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
