import { describe, expect, it } from 'vitest'
import { refusedLines, verifiedLines } from '../../src/verification/lines.ts'
import { DENIED, hostileTarget, UNKNOWN, VERIFIED } from './reports.ts'

const plain = { style: (_: string, text: string) => text, details: false }

describe('the text of a target that a requirement decided', () => {
  it('begins with what decided it, and shows the tree', () => {
    const lines = refusedLines(DENIED, plain)
    expect(lines.slice(0, 12)).toEqual([
      `denied[REQUIREMENT]: ${DENIED.resolved}`,
      '  why: missing aggregator: no signature; 2 of 3: alice; missing one of bob, carol',
      '  policy     production (strict)  /etc/notation/trustpolicy.sealwright.json',
      '  requires   missing  all of 4',
      '               met      vendor  sha256:aaaaaaaaaaaa',
      '               missing  aggregator  no signature',
      '               missing  2 of 3',
      '                 met      alice  sha256:bbbbbbbbbbbb',
      '                 missing  bob  signed, but revoked 2026-11-02 (OCSP)',
      '                 missing  carol  no signature',
      '               met      attestation https://slsa.dev/provenance/v1 by builder  sha256:ffffffffffff',
      // What the reason names is not said again.
      '  missing    bob: signed, but revoked 2026-11-02 (OCSP)',
    ])
    expect(lines.at(-1)).toBe('  fix: ask those who are named as missing to sign or attest the target')
  })

  it('tells unknown from missing', () => {
    const lines = refusedLines(UNKNOWN, plain)
    expect(lines[3]).toBe('  requires   unknown  all of 4')
    expect(lines).toContain(
      '                 unknown  carol  signed, but http://ocsp.acme.example did not answer',
    )
    expect(lines.filter(line => line.startsWith('  missing'))).toEqual([])
  })

  it('shows the tree of a verified target too', () => {
    const lines = verifiedLines(VERIFIED, plain)
    expect(lines[0]).toBe(`verified: ${VERIFIED.resolved}`)
    expect(lines).toContain('                 missing  bob  signed, but revoked 2026-11-02 (OCSP)')
  })

  it('has the evidence of every check with details', () => {
    const text = [VERIFIED, DENIED]
      .flatMap(target =>
        (target === DENIED ? refusedLines : verifiedLines)(target, { ...plain, details: true }),
      )
      .join('\n')
    for (const { checks, signer, revocation = [], timestamp, reason } of [
      ...VERIFIED.signatures,
      ...DENIED.signatures,
    ]) {
      for (const { check, outcome, detail = '' } of checks)
        expect(text).toContain(`    check    ${check.padEnd(20)}${outcome.padEnd(15)}${detail}`.trimEnd())
      expect(text).toContain(`    key      sha256:${signer!.spkiSha256}`)
      if (reason !== undefined) expect(text).toContain(`    reason   ${reason.why}`)
      for (const { fingerprint, statement, thisUpdate, nextUpdate } of [
        ...revocation,
        ...(timestamp?.revocation ?? []),
      ])
        expect(text).toContain(
          `certificate sha256:${fingerprint}  statement sha256:${statement}  current ${thisUpdate} to ${nextUpdate}`,
        )
    }
    const { authority, policy } = VERIFIED.signatures[0]!.timestamp!
    expect(text).toContain(`    tsa      certificate sha256:${authority.fingerprint}  policy ${policy}`)
    expect(text).toContain(`key      sha256:${'5'.repeat(64)}  certificate sha256:${'1'.repeat(64)}`)
    expect(text).toContain('2026-11-30T12:00:00Z (clock: no other time counts)')
  })

  it.each([false, true])('escapes what would control a terminal, with details: %s', details => {
    const lines = refusedLines(hostileTarget('a\u001b[2J\nb\u202ec'), { ...plain, details })
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(lines.join('')).toContain('a\\u{1b}[2J\\u{a}b\\u{202e}c')
  })
})
