import { join } from 'node:path'
import { expect, it } from 'vitest'
import { run } from './process.ts'
import { libraries } from './workspace.ts'

it('docs/api holds the public declarations of every entry as they are; `npm run api` renews them', async () => {
  const built = await run('tsc', ['-b', ...libraries.map(({ folder }) => join(folder, 'tsconfig.json'))])
  expect(built.code, built.output).toBe(0)
  const compared = await run('node', ['scripts/api.mjs', '--check'])
  expect(compared.code, compared.output).toBe(0)
}, 120_000)
