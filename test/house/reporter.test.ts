import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runTool } from './process.ts'
import { root } from './workspace.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealwright-reporter-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What the reporter makes of these test files. */
async function report(files: Readonly<Record<string, string>>) {
  for (const [name, code] of Object.entries(files)) {
    writeFileSync(
      join(folder, `${name}.test.ts`),
      `import { beforeAll, describe, it } from 'vitest'\n${code}`,
    )
  }
  const summary = join(folder, 'summary.json')
  const { output } = await runTool(
    'vitest',
    ['run', '--root', folder, `--reporter=${join(root, 'scripts', 'reporter.mjs')}`],
    { cwd: folder, env: { SEALWRIGHT_TEST_SUMMARY: summary } },
  )
  return { ...(JSON.parse(readFileSync(summary, 'utf8')) as object), output }
}

it('counts what passed, failed and was skipped, and prints the reason of each skip and, last, of each failure', async () => {
  const result = await report({
    mixed: `
      it('holds', () => {})
      it('breaks', () => { throw new Error('broken') })
      it('waits', ctx => ctx.skip('no moon tonight'))`,
  })
  expect(result).toMatchObject({ passed: 1, failed: 1, skipped: 1 })
  expect(result.output).toMatch(
    /skipped .*mixed\.test\.ts > waits: no moon tonight\nFAILED .*mixed\.test\.ts > breaks: Error: broken\n/,
  )
})

it('counts as a failure what never ran: an unreadable file, an empty file, a broken set-up, a skip without a reason', async () => {
  expect(await report({ unreadable: `throw new Error('no')` })).toMatchObject({
    passed: 0,
    failed: 1,
    skipped: 0,
  })
  rmSync(join(folder, 'unreadable.test.ts'))
  expect(await report({ empty: '' })).toMatchObject({ passed: 0, failed: 1, skipped: 0 })
  rmSync(join(folder, 'empty.test.ts'))
  const setup = await report({
    setup: `describe('a', () => { beforeAll(() => { throw new Error('no ladder') }); it('b', () => {}); it('c', () => {}) })`,
  })
  expect(setup).toMatchObject({ passed: 0, failed: 2, skipped: 0 })
  expect(setup.output).toMatch(/FAILED .* > a > c: NO REASON \(\w+\)\nError: no ladder/)
  rmSync(join(folder, 'setup.test.ts'))
  expect(await report({ silent: `it.skip('a', () => {})` })).toMatchObject({
    passed: 0,
    failed: 1,
    skipped: 0,
  })
  rmSync(join(folder, 'silent.test.ts'))
  expect(
    await report({ late: `it('a', () => { void Promise.reject(new Error('nobody waits')) })` }),
  ).toMatchObject({ passed: 1, failed: 1 })
}, 60_000)
