import { describe, expect, it } from 'vitest'
import { differences, otherChecks } from './deliberate-differences.ts'
import { casesOf, needVectors } from './vectors.ts'

describe('the list of deliberate differences', () => {
  needVectors()
  const cases = ['policy', 'envelope', 'layout'].flatMap(kind => casesOf(kind))

  it.each(differences.map(({ ids, why }) => [ids, why] as const))(
    '%s names cases that the reference accepts',
    ids => {
      expect(cases.filter(({ id, expected }) => ids.test(id) && expected.outcome === 'accept')).not.toEqual(
        [],
      )
    },
  )

  it.each(otherChecks.map(({ ids, why }) => [ids, why] as const))('%s names cases that both refuse', ids => {
    const found = cases.filter(({ id }) => ids.test(id)).map(({ expected }) => expected.outcome)
    expect(new Set(found)).toEqual(new Set(['reject']))
  })
})
