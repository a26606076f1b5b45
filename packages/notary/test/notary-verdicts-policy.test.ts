import { isSealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { parseTrustPolicy, type Statement, selectBlobStatement, selectOciStatement } from '../src/index.ts'
import { disagreement } from './deliberate-differences.ts'
import { type Case, caseFile, casesOf, needVectors } from './vectors.ts'

describe('notary-verdicts, trust policies', () => {
  needVectors()

  it.each(casesOf('policy').map(found => [found.id, found] as const))(
    '%s is judged as by the reference',
    (_, found) => {
      const statement = judge(found)
      expect(disagreement(found, statement !== 'refused')).toBeUndefined()
      if (found.expected.result) expect(statement).toBe(found.expected.result.statement)
    },
  )
})

/** The name of the statement that applies, or that the policy or the selection was refused. */
function judge(found: Case): string | undefined {
  const { type, reference, policyName } = found.params as {
    type: 'oci' | 'blob'
    reference?: string
    policyName?: string
  }
  try {
    const policy = parseTrustPolicy(caseFile(found, 'policy'), type)
    if (reference === undefined && policyName === undefined) return undefined
    const statement: Statement | undefined =
      type === 'oci'
        ? selectOciStatement(policy, scopeOf(reference!))
        : selectBlobStatement(policy, policyName || undefined)
    return statement === undefined ? 'refused' : statement.name
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return 'refused'
  }
}

/** A reference selects only with a digest. */
function scopeOf(reference: string): string {
  const at = reference.lastIndexOf('@')
  return at < 0 ? `${reference} has no digest` : reference.slice(0, at)
}
