import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { SealwrightError } from '../src/index.ts'

it('shows what an error has, and nothing that it does not have', () => {
  const error = new SealwrightError('NOT_FOUND', 'there is no key', { why: 'none was made' })
  expect(Object.keys(error).sort()).toEqual(['code', 'name', 'why'])
  expect(inspect(error)).not.toContain('undefined')
})
