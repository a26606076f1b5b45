import { describe, expect, it } from 'vitest'
import { differences } from './deliberate-differences.ts'
import { casesOf, needVectors } from './vectors.ts'

describe('the list of deliberate differences', () => {
  needVectors()
  const cases = ['policy', 'envelope', 'layout'].flatMap(kind => casesOf(kind))

  const seen = differences.filter(({ unseen }) => unseen === undefined)
  it.each(seen.map(({ ids, why }) => [ids, why] as const))(
    '%s names cases that the reference accepts',
    ids => {
      expect(cases.filter(({ id, expected }) => ids.test(id) && expected.outcome === 'accept')).not.toEqual(
        [],
      )
    },
  )
})
