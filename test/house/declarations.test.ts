import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runTool } from './process.ts'
import { libraries } from './workspace.ts'

it('docs/api holds the public declarations of every entry as they are; `npm run api` renews them', async () => {
  const built = await runTool('tsc', ['-b', ...libraries.map(({ folder }) => join(folder, 'tsconfig.json'))])
  expect(built.code, built.output).toBe(0)
  const compared = await runTool('node', ['scripts/api.mjs', '--check'])
  expect(compared.code, compared.output).toBe(0)
}, 120_000)
