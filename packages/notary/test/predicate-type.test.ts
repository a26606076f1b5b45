import { isSealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { predicateTypeOf } from '../src/index.ts'

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'none'
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return error.code
  }
}

describe('predicateTypeOf', () => {
  it.each([
    ['slsa', 'https://slsa.dev/provenance/v1'],
    ['spdx', 'https://spdx.dev/Document'],
    ['cyclonedx', 'https://cyclonedx.org/bom'],
    ['vsa', 'https://slsa.dev/verification_summary/v1'],
    ['https://example.org/review/v1', 'https://example.org/review/v1'],
    ['urn:example:review', 'urn:example:review'],
  ])('takes %s for %s', (text, uri) => {
    expect(predicateTypeOf(text)).toBe(uri)
  })

  it.each([
    'slsa1',
    'SLSA',
    '',
    'https:',
    'https://example.org/a b',
    'https://example.org/\u0000',
    'constructor',
  ])('refuses %j', text => {
    expect(codeOf(() => predicateTypeOf(text))).toBe('VALIDATION')
  })
})
