import { parseStatement } from '@sealwright/sigstore'
import { describe, expect, it } from 'vitest'
import { attestationOf } from '../src/attestation/attestation.ts'
import { judgeSummary, type SummarizedReport, summaryOf } from '../src/attestation/verification-summary.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function statement(predicate: string) {
  const subject = [{ digest: { sha256: 'a'.repeat(64) } }]
  const head = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject,
    predicateType: 'https://x.example',
  })
  return parseStatement(Buffer.from(`${head.slice(0, -1)},"predicate":${predicate}}`))
}

const judge = (predicate: string, scope?: string) =>
  judgeSummary(statement(predicate), { digest: DIGEST, scope, verifiers: [] })

describe('a verification summary', () => {
  it('that cannot be read does not fail the verification', () => {
    expect(judge('{"verificationResult":"PASSED","verificationResult":"FAILED"}')).toEqual({
      fault: 'its predicate cannot be read',
    })
  })

  it.each([
    [DIGEST, undefined, true],
    [`oci://other.example/app@${DIGEST}`, 'registry.example/app', true],
    [`pkg:oci/app@${encodeURIComponent(DIGEST)}`, undefined, true],
    [`registry.example/app@sha256:${'b'.repeat(64)}`, 'registry.example/app', false],
    ['registry.example/app', 'registry.example/app', true],
    ['registry.example/app:v1', 'registry.example/app', true],
    ['https://Registry.Example:443/app', 'registry.example/app', true],
    ['registry.example:5000/app', 'registry.example:5000/app', true],
    ['registry.example/app/sub', 'registry.example/app', false],
    ['registry.example/app?x=registry.example/app', 'registry.example/app', false],
    ['pkg:oci/app', 'registry.example/app', false],
    ['registry.example/app', undefined, false],
    ['', 'registry.example/app', false],
    [':'.repeat(5000), 'registry.example/app', false],
  ])('with the resource %j names a target in %s: %s', (resourceUri, scope, names) => {
    const predicate = { verificationResult: 'PASSED', resourceUri, verifier: { id: 'https://v.example' } }
    expect(judge(JSON.stringify(predicate), scope).fault === undefined).toBe(names)
  })
})

describe('the summary of a report', () => {
  const report: SummarizedReport = {
    reference: 'registry.example/app:v1',
    resolved: `registry.example/app@${DIGEST}`,
    verdict: 'verified',
    policy: { file: '/etc/somebody/trustpolicy.json', statement: 'production' },
    signatures: [{ digest: `sha256:${'c'.repeat(64)}` }, { digest: `sha256:${'c'.repeat(64)}` }],
    attestations: { judged: [{ digest: `sha512:${'d'.repeat(128)}` }] },
  }
  const options = {
    verifier: 'https://ci.example/verifier',
    resourceUri: `pkg:oci/app@${encodeURIComponent(DIGEST)}`,
    timeVerified: new Date('2026-11-30T12:00:00.789Z'),
    policyDigest: `sha256:${'b'.repeat(64)}`,
  }
  const verdicts = (result: string) => ({ verificationResult: result })

  it('passes what was verified, and is accepted by its own judge', () => {
    const { predicateType, predicate } = summaryOf(report, options)
    expect(predicateType).toBe('https://slsa.dev/verification_summary/v1')
    expect(JSON.parse(predicate)).toMatchObject({
      ...verdicts('PASSED'),
      timeVerified: '2026-11-30T12:00:00Z',
      policy: { name: 'trustpolicy.json', digest: { sha256: 'b'.repeat(64) } },
      inputAttestations: [{ digest: { sha256: 'c'.repeat(64) } }, { digest: { sha512: 'd'.repeat(128) } }],
    })
    expect(predicate).not.toContain('somebody')
    expect(attestationOf(predicateType, Buffer.from(predicate))).toEqual({ predicateType, predicate })
    expect(judge(predicate)).toEqual({ verifier: options.verifier })
  })

  it.each(['notVerified', 'denied'] as const)('fails what is %s', verdict => {
    const { predicate } = summaryOf({ ...report, verdict }, options)
    expect(JSON.parse(predicate)).toMatchObject({ ...verdicts('FAILED'), verifiedLevels: ['FAILED'] })
    expect(judge(predicate).fault).toContain('"FAILED"')
  })

  it.each<[string, Partial<SummarizedReport>]>([
    ['unknown', { verdict: 'unknown' }],
    ['skips', { verdict: 'skipped' }],
    ['no policy', { policy: undefined }],
    ['not resolved', { resolved: undefined }],
    ['as of', { at: '2026-01-01T00:00:00Z' }],
  ])('is refused with: %s', (why, members) => {
    expect(() => summaryOf({ ...report, ...members }, options)).toThrow(
      expect.objectContaining({ code: 'VALIDATION', why: expect.stringContaining(why) }),
    )
  })
})
