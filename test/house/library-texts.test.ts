import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, it } from 'vitest'
import { libraries, root } from './workspace.ts'

/** Options that messages name because they are of another program, by the file. */
const OF_OTHERS: Readonly<Record<string, string>> = {
  'packages/core/src/pipeline/failure.ts': 'esbuild',
  'packages/provider-aws-kms/src/create-key.ts': 'aws',
  'packages/provider-aws-kms/src/rotate-key.ts': 'aws',
  'packages/provider-azure-key-vault/src/failure.ts': 'az',
  'packages/provider-gcp-kms/src/environment.ts': 'gcloud',
  'packages/provider-gcp-kms/src/failure.ts': 'gcloud',
  'packages/provider-pkcs11/src/load-module.ts': 'npm',
}

const sources = libraries.flatMap(({ folder }) =>
  readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => join(folder, 'src', file)),
)

/** The lines of a source that are not comments. */
function code(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
  return text.split('\n').filter(line => !/^\s*\/\//.test(line))
}

const COMMAND = /\bsealwright [a-z]/
/** Not a counter that is decremented: `--depth === 0`, `--flight.waiting`. */
const OPTION = /(?:^|[\s'"`(])--(?![a-z-]*(?:\.\w| [=<>]))[a-z][a-z-]+/

it('no library names a command or an option of the program: its errors have a remedy', () => {
  const found = sources.flatMap(file => {
    const path = relative(root, file)
    const named = (line: string) => COMMAND.test(line) || (OPTION.test(line) && !(path in OF_OTHERS))
    return code(file).flatMap(line => (named(line) ? [`${path}: ${line.trim()}`] : []))
  })
  expect(found).toEqual([])
})

it('options of other programs are named where the list says, with the program', () => {
  for (const [path, program] of Object.entries(OF_OTHERS)) {
    const lines = code(join(root, path))
    expect(
      lines.some(line => OPTION.test(line)),
      path,
    ).toBe(true)
    expect(
      lines.some(line => new RegExp(`\\b${program}\\b`).test(line)),
      path,
    ).toBe(true)
  }
})
