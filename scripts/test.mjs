// npm test: installs, checks, builds, runs every test, and closes with one line that counts all of it.
// What follows `npm test --` goes to vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { build, install, packages, pnpm, program, root, run } from './workspace.mjs'

const checks = [
  [
    'lint and format (biome)',
    () => run(program('biome'), ['ci', '--error-on-warnings', '--colors=off', '.']),
  ],
  ['types (tsc)', () => run(program('tsc'), ['-p', 'tsconfig.json'])],
  ['nothing unused (knip)', () => run(program('knip'), [])],
  ['build (turbo)', build],
  ['the main job (npm start)', () => run(program('node'), ['scripts/start.mjs'])],
  // Before the tests, so that none waits for a compiler; what cannot be had here is a skip with its reason.
  ['peers and servers of the tests', () => run(program('node'), ['test/services/install.ts'])],
  ...packages().map(({ folder, manifest }) => [
    `package ${manifest.name} as packed (publint)`,
    () => pnpm(['exec', 'publint', '--strict', '--pack', 'pnpm', folder]),
  ]),
]

// Said at the end, where a reader of a long log looks first.
const brokenSteps = []
const total = { passed: 0, failed: 0, skipped: 0 }

async function step(title, work) {
  const started = Date.now()
  const { code, output } = await work()
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  total[code === 0 ? 'passed' : 'failed'] += 1
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${title} (${seconds} s)`)
  if (code !== 0) brokenSteps.push(`FAILED ${title}\n${output}`)
  return code === 0
}

async function tests() {
  const folder = mkdtempSync(join(tmpdir(), 'sealwright-test-'))
  const file = join(folder, 'summary.json')
  try {
    const { code } = await run(
      program('vitest'),
      [
        'run',
        '--reporter=default',
        `--reporter=${join(root, 'scripts', 'reporter.mjs')}`,
        ...process.argv.slice(2),
      ],
      { show: true, env: { SEALWRIGHT_TEST_SUMMARY: file } },
    )
    const summary = JSON.parse(readFileSync(file, 'utf8'))
    for (const key of Object.keys(total)) total[key] += summary[key]
    // vitest also fails for what belongs to no test: an error after the last one, a worker that died.
    if (code !== 0 && summary.failed === 0) total.failed += 1
  } catch (error) {
    console.log(`FAILED tests (vitest): no result in ${basename(file)}: ${error.message}`)
    total.failed += 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

if (await step('install (pnpm)', install)) {
  for (const [title, work] of checks) await step(title, work)
  await tests()
}
for (const text of brokenSteps) console.log(text)
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed === 0 ? 0 : 1
