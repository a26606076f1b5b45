import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FAULTY, unmarked, VALID, WARNED } from '../../../notary/test/policy/policy-documents.ts'

const file = join(import.meta.dirname, '../../../notary/schemas/trustpolicy.1.json')
const text = readFileSync(file, 'utf8')

/** Documents that the schema can judge: it never sees a member that is there twice. */
const cases = [
  ...[...VALID, ...WARNED].map(({ title, text: document }) => ({ title, document, valid: true })),
  ...FAULTY.map(({ title, text: document, beyondSchema = false }) => ({
    title,
    document,
    valid: beyondSchema,
  })),
].map(({ title, document, valid }) => ({ title, value: JSON.parse(unmarked(document)), valid }))

describe('the JSON Schema of the policy', () => {
  it.each(cases)('judges $title as the parser does, as far as a schema can', ({ value, valid }) => {
    expect(z.fromJSONSchema(JSON.parse(text)).safeParse(value).success).toBe(valid)
  })

  it('is read in the same way by python-jsonschema', ctx => {
    const script = [
      'import json, sys, jsonschema',
      'given = json.load(sys.stdin)',
      'jsonschema.Draft202012Validator.check_schema(given["schema"])',
      'validator = jsonschema.Draft202012Validator(given["schema"])',
      'print(json.dumps([validator.is_valid(value) for value in given["values"]]))',
    ].join('\n')
    const input = JSON.stringify({ schema: JSON.parse(text), values: cases.map(({ value }) => value) })
    const { status, stdout, stderr } = spawnSync('python3', ['-c', script], { input, encoding: 'utf8' })
    if (status === null || stderr.includes("No module named 'jsonschema'"))
      return ctx.skip('python3 with jsonschema is not installed')
    expect(stderr.replace(/.*DeprecationWarning.*\n?/g, '')).toBe('')
    const judged: boolean[] = JSON.parse(stdout)
    expect(cases.filter(({ valid }, index) => judged[index] !== valid).map(({ title }) => title)).toEqual([])
  })
})
