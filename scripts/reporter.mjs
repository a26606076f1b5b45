// A vitest reporter: names every skipped test with its reason and leaves the counts for scripts/test.mjs.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root } from './workspace.mjs'

/** Counts test cases; a module that cannot be loaded, and an error outside all tests, is one failure each. */
export function summarize(testModules, unhandledErrors) {
  const summary = { passed: 0, failed: unhandledErrors.length, skipped: 0, skips: [] }
  for (const testModule of testModules) {
    let cases = 0
    for (const testCase of testModule.children.allTests()) {
      cases += 1
      const { state, note } = testCase.result()
      if (state === 'passed') summary.passed += 1
      else if (state === 'failed') summary.failed += 1
      else if (state === 'skipped' && note) {
        summary.skipped += 1
        summary.skips.push({ file: testModule.moduleId, title: testCase.fullName, reason: note })
      } else {
        // A test that nobody explains, or that never ran, is not known to hold.
        summary.failed += 1
        summary.skips.push({
          file: testModule.moduleId,
          title: testCase.fullName,
          reason: `NO REASON (${state})`,
        })
      }
    }
    const errors = testModule.errors().length
    summary.failed += errors
    if (errors === 0 && cases === 0) summary.failed += 1
  }
  return summary
}

export default class SummaryReporter {
  onTestRunEnd(testModules, unhandledErrors) {
    const { skips, ...counts } = summarize(testModules, unhandledErrors)
    for (const { file, title, reason } of skips)
      console.log(`skipped ${relative(root, file)} > ${title}: ${reason}`)
    if (process.env.SEALWRIGHT_TEST_SUMMARY) {
      writeFileSync(process.env.SEALWRIGHT_TEST_SUMMARY, JSON.stringify(counts))
    }
  }
}
