import { isSealwrightError } from '@sealwright/core'
import { checkChain, parseCertificates } from '@sealwright/x509'
import { describe, expect, it } from 'vitest'
import { deliberateDifference } from './deliberate-differences.ts'
import { absent, type Case, caseFile, casesOf, haveVectors } from './vectors.ts'

const codeSigning = casesOf('chain').filter(found => found.params.purpose === 'codesigning')

describe.skipIf(!haveVectors)(`notary-verdicts, certificate chains${absent}`, () => {
  it.each(codeSigning.map(found => [found.id, found] as const))(
    '%s is judged as by the reference',
    (id, found) => {
      const wanted = found.expected.outcome === 'accept' && deliberateDifference(id) === undefined
      expect(faults(found)).toEqual(wanted ? [] : expect.arrayContaining([expect.any(String)]))
    },
  )
})

function faults(found: Case): readonly string[] {
  const { signingTime } = found.params as { signingTime?: string }
  try {
    const chain = parseCertificates(caseFile(found, 'chain'), found.id)
    const at = signingTime === undefined ? {} : { at: new Date(signingTime) }
    return checkChain(chain, { purpose: 'codeSigning', ...at }).map(({ message }) => message)
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return [error.message]
  }
}
