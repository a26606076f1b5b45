// A vitest reporter: names every skipped test with its reason, then every failed one with what it said, so that the
// last lines of a log explain its count, and leaves the counts for scripts/test.mjs.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root } from './workspace.mjs'

/** As much of an error as a log needs; a difference of two large objects is cut. */
const messageLimit = 4000

function said(error) {
  const text = error.stack ?? error.message ?? String(error)
  const diff = error.diff ? `\n${error.diff}` : ''
  return `${text}${diff}`.slice(0, messageLimit)
}

function* suitesOf({ parent }) {
  for (let suite = parent; suite.type === 'suite'; suite = suite.parent) yield suite
}

/** Counts test cases; a module that cannot be loaded, and an error outside all tests, is one failure each. */
export function summarize(testModules, unhandledErrors) {
  const failures = unhandledErrors.map(error => ({
    file: 'an error outside all tests',
    title: error.name ?? 'error',
    reason: said(error),
  }))
  const skips = []
  let passed = 0
  for (const testModule of testModules) {
    const file = relative(root, testModule.moduleId)
    let cases = 0
    for (const testCase of testModule.children.allTests()) {
      cases += 1
      const { state, note, errors } = testCase.result()
      const title = testCase.fullName
      if (state === 'passed') passed += 1
      else if (state === 'failed') failures.push({ file, title, reason: (errors ?? []).map(said).join('\n') })
      else if (state === 'skipped' && note) skips.push({ file, title, reason: note })
      // A test that nobody explains, or that never ran, is not known to hold.
      else {
        const why = [...suitesOf(testCase)].flatMap(suite => suite.errors()).map(said)
        failures.push({ file, title, reason: [`NO REASON (${state})`, ...why].join('\n') })
      }
    }
    const errors = testModule.errors()
    for (const error of errors) failures.push({ file, title: 'the module itself', reason: said(error) })
    if (errors.length === 0 && cases === 0)
      failures.push({ file, title: 'the module itself', reason: 'it holds no test' })
  }
  return { passed, failed: failures.length, skipped: skips.length, skips, failures }
}

export default class SummaryReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const { skips, failures, ...counts } = summarize(testModules, unhandledErrors)
    for (const { file, title, reason } of skips) console.log(`skipped ${file} > ${title}: ${reason}`)
    for (const { file, title, reason } of failures) console.log(`FAILED ${file} > ${title}: ${reason}`)
    if (process.env.SEALWRIGHT_TEST_SUMMARY) {
      writeFileSync(process.env.SEALWRIGHT_TEST_SUMMARY, JSON.stringify(counts))
    }
  }
}
