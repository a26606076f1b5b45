import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')
const PAGE = readFileSync(join(ROOT, 'docs', 'notation-compatibility.md'), 'utf8')

const rows = PAGE.split('\n')
  .filter(line => /^\| (?!About |---)/.test(line))
  .map(line => line.slice(2, -2).split(' | '))

test('there is one table of differences, and each row has seven cells', () => {
  expect(PAGE.match(/^\| --- /gm)).toHaveLength(1)
  expect(rows.length).toBeGreaterThan(40)
  for (const row of rows) expect(row, row.join(' | ')).toHaveLength(7)
})

test.each(rows.map(row => [row[1]!, row[6]!] as const))('%s: its test is there', (_, cell) => {
  const [, file, title] = /^`([^`]+)`: (.+)$/.exec(cell) ?? []
  expect(file, cell).toMatch(/^(?:packages|test)\/.*\.ts$/)
  expect(readFileSync(join(ROOT, file!), 'utf8')).toContain(title)
})
