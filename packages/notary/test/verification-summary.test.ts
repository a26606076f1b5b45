import { parseStatement } from '@sealwright/sigstore'
import { describe, expect, it } from 'vitest'
import { judgeSummary } from '../src/attestation/verification-summary.ts'

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
