import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import { describe, expect, it } from 'vitest'
import { checkChain, parseCertificates } from '../src/index.ts'
import { deliberateDifferences } from './deliberate-differences.ts'

const ROOT = resolve(import.meta.dirname, '../../..')
const FOLDER = join(resolve(ROOT, process.env.SEALWRIGHT_VECTORS ?? '../shared/vectors'), 'notary-verdicts')
const isThere = existsSync(join(FOLDER, 'cases.jsonl'))

interface ChainCase {
  readonly id: string
  readonly kind: string
  readonly note: string
  readonly files: { readonly chain: string }
  readonly params: { readonly purpose: 'codesigning' | 'timestamping'; readonly signingTime?: string }
  readonly expected: { readonly outcome: 'accept' | 'reject'; readonly reason?: string }
}

const cases: ChainCase[] = isThere
  ? readFileSync(join(FOLDER, 'cases.jsonl'), 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as ChainCase)
      .filter(({ kind }) => kind === 'chain')
  : []

describe('the verdicts of the reference on certificate chains', () => {
  it('cover each deliberate difference', ({ skip }) => {
    skip(!isThere, `no vectors at ${FOLDER} (SEALWRIGHT_VECTORS)`)
    for (const pattern of Object.keys(deliberateDifferences)) {
      const covered = cases.filter(({ id }) => new RegExp(pattern).test(id))
      expect(
        covered.some(({ expected }) => expected.outcome === 'accept'),
        pattern,
      ).toBe(true)
    }
  })

  it.each(cases.map(one => [one.id, one.note, one] as const))('%s: %s', (id, _note, one) => {
    const differs = Object.keys(deliberateDifferences).some(pattern => new RegExp(pattern).test(id))
    const { outcome, why } = verdict(one)
    expect(outcome, why || one.expected.reason).toBe(differs ? 'reject' : one.expected.outcome)
  })
})

function verdict({ files, params }: ChainCase): { outcome: 'accept' | 'reject'; why: string } {
  try {
    const chain = parseCertificates(readFileSync(join(FOLDER, files.chain)), files.chain)
    const faults = checkChain(chain, {
      purpose: params.purpose === 'codesigning' ? 'codeSigning' : 'timestamping',
      ...(params.signingTime === undefined ? {} : { at: new Date(params.signingTime) }),
    })
    const why = faults
      .map(({ certificate, rule, message }) => `${certificate} ${rule}: ${message}`)
      .join('; ')
    return { outcome: faults.length === 0 ? 'accept' : 'reject', why }
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return { outcome: 'reject', why: error.message }
  }
}
