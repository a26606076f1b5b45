import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { VerifiedTarget } from '../../src/verification/document.ts'
import { reportPage } from '../../src/verification/report-page.ts'
import { DENIED, hostileTarget, UNKNOWN, UNSIGNED, VERIFIED } from './reports.ts'

function pageOf(...targets: readonly VerifiedTarget[]): string {
  const made = { at: new Date('2026-11-30T12:00:00Z'), version: '1.2.3' }
  return Buffer.concat([...reportPage(targets, made)]).toString('utf8')
}

/** The text of the page, as a reader without styles sees it. */
function textOf(page: string): string {
  return page
    .replace(/<style>.*<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
}

describe('the report page', () => {
  it('begins with the verdict and what decided it', () => {
    const text = textOf(pageOf(DENIED))
    const order = [
      'denied',
      'registry.acme.example/prod/app@',
      'REQUIREMENT',
      'What the policy requires',
      'Signatures',
    ]
    const places = order.map(each => text.indexOf(each, text.indexOf('Made 2026-11-30T12:00:00Z')))
    expect(places).toEqual(places.toSorted((one, other) => one - other))
    expect(places[0]).toBeGreaterThan(0)
  })

  it('has the tree with each state, and what is missing', () => {
    const text = textOf(pageOf(DENIED))
    expect(text).toMatch(
      /missing all of 4 met vendor sha256:a+ missing aggregator no signature missing 2 of 3/,
    )
    expect(text).toContain('2 of 3: alice; missing one of bob, carol')
    expect(textOf(pageOf(UNKNOWN))).toContain(
      'unknown carol signed, but http://ocsp.acme.example did not answer',
    )
  })

  it('has every check with its evidence', () => {
    const text = textOf(pageOf(VERIFIED))
    for (const { subject, fingerprint, statement, url, thisUpdate, nextUpdate } of [
      ...VERIFIED.signatures[0]!.revocation!,
      ...VERIFIED.signatures[0]!.timestamp!.revocation,
    ])
      for (const fact of [subject, fingerprint, statement, url, thisUpdate, nextUpdate])
        expect(text).toContain(fact)
    for (const { checks } of VERIFIED.signatures)
      for (const { check, outcome, detail = '' } of checks)
        expect(text).toContain(`${check} ${outcome} ${detail}`.trimEnd())
    expect(text).toContain('2026-10-01T10:00:05Z (timestamp: a trusted authority vouches for it)')
    expect(text).toContain('1.3.6.1.4.1.99999.1')
  })

  it('shows several targets in one page, counted and linked', () => {
    const page = pageOf(VERIFIED, DENIED, UNKNOWN, UNSIGNED)
    expect(page).toContain(
      '<title>Verification report: 1 verified, 1 not verified, 1 denied, 1 unknown</title>',
    )
    for (const number of [1, 2, 3, 4]) {
      expect(page).toContain(`href="#target-${number}"`)
      expect(page).toContain(`id="target-${number}"`)
    }
    expect(pageOf(VERIFIED)).not.toContain('href=')
  })

  it('shows why nothing could be found out', () => {
    const error = {
      code: 'UNAVAILABLE',
      message: 'registry.example did not answer',
      why: null,
      fix: 'try again later',
      retryable: true,
      requestId: null,
      docs: 'https://docs.example',
    } as const
    const text = textOf(pageOf({ reference: 'r', verdict: 'unknown', signatures: [], found: [], error }))
    expect(text).toContain('UNAVAILABLE')
    expect(text).toContain('registry.example did not answer')
    expect(text).toContain('try again later')
  })

  it('allows its own style and nothing else', () => {
    const page = pageOf(VERIFIED)
    const style = /<style>(.*)<\/style>/s.exec(page)![1]!
    const hash = createHash('sha256').update(style).digest('base64')
    expect(page).toContain(
      `content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`,
    )
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'))
    expect(page).not.toMatch(/<(?:script|img|link|iframe|object|svg|form)|\ssrc=|\son\w+=|url\(|@import/i)
  })

  const HOSTILE = [
    '</style></title><script>alert(1)</script>',
    '" onload="alert(1)',
    "' autofocus onfocus='alert(1)",
    '<!-- <details open ontoggle=alert(1)>',
    '&lt;script&gt; &#60;script>',
    'javascript:alert(1)',
  ]

  it.each(HOSTILE)('shows %s as text', text => {
    const [hostile, harmless] = [pageOf(hostileTarget(text)), pageOf(hostileTarget('x'))]
    const tags = (page: string) => page.replace(/<style>.*<\/style>/s, '').match(/<[^>]*>/g)
    expect(tags(hostile)).toEqual(tags(harmless))
    expect(hostile.length).toBeGreaterThan(harmless.length)
  })

  it('shows what cannot be seen as escapes', () => {
    const page = pageOf(hostileTarget('a\u202eb\u2066c\u0000d\u001b[31me\u200bf\u2028g\ud800h\ufeff'))
    expect(page.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    expect(page).toContain('a\\u{202e}b\\u{2066}c\\u{0}d\\u{1b}[31me\\u{200b}f\\u{2028}g\\u{d800}h\\u{feff}')
  })

  it('cuts a text of a megabyte', () => {
    const page = pageOf(hostileTarget('n'.repeat(1_000_000)))
    expect(page.length).toBeLessThan(500_000)
    expect(page).toContain('n… (1000000 characters)')
  })
})
