import type { VerifiedTarget } from '../../src/verification/document.ts'

type Signature = VerifiedTarget['signatures'][number]

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`

const PASSED: Signature['checks'] = [
  { check: 'integrity', outcome: 'passed' },
  { check: 'attributes', outcome: 'passed' },
  { check: 'authenticity', outcome: 'passed', detail: 'trusted by ca:vendor' },
  { check: 'expiry', outcome: 'passed' },
  { check: 'authenticTimestamp', outcome: 'passed', detail: '2026-10-01T10:00:05Z by CN=TSA One' },
  { check: 'revocation', outcome: 'passed', detail: '1 certificate is not revoked' },
  { check: 'artifact', outcome: 'passed' },
  { check: 'metadata', outcome: 'notConfigured' },
]

const GOOD = {
  subject: 'CN=vendor release,O=Wabbit Networks,ST=WA,C=US',
  fingerprint: '1'.repeat(64),
  status: 'good',
  source: 'ocsp',
  origin: 'network',
  url: 'http://ocsp.wabbit.example',
  thisUpdate: '2026-11-30T08:00:00Z',
  nextUpdate: '2026-12-01T08:00:00Z',
  statement: '2'.repeat(64),
} as const

const AUTHORITY = {
  subject: 'CN=TSA One,O=Timestamps Ltd,ST=Utah,C=US',
  fingerprint: '3'.repeat(64),
  status: 'good',
  source: 'crl',
  origin: 'carried',
  url: 'http://crl.tsa.example/one.crl',
  thisUpdate: '2026-11-29T00:00:00Z',
  nextUpdate: '2026-12-06T00:00:00Z',
  statement: '4'.repeat(64),
} as const

const VENDOR: Signature = {
  digest: digestOf('a'),
  format: 'jws',
  verdict: 'verified',
  signed: {
    scheme: 'notary.x509',
    signingTime: '2026-10-01T10:00:00Z',
    expiry: '2027-10-01T10:00:00Z',
    metadata: { build: '42', commit: '0123abcd' },
  },
  signer: {
    subject: GOOD.subject,
    fingerprint: GOOD.fingerprint,
    spkiSha256: '5'.repeat(64),
    trustStore: 'ca:vendor',
  },
  time: { used: '2026-10-01T10:00:05Z', source: 'timestamp' },
  timestamp: {
    time: '2026-10-01T10:00:05Z',
    accuracyMs: 1000,
    authority: { subject: AUTHORITY.subject, fingerprint: AUTHORITY.fingerprint },
    trustStore: 'tsa:one',
    policy: '1.3.6.1.4.1.99999.1',
    revocation: [AUTHORITY],
  },
  revocation: [GOOD],
  checks: PASSED,
}

const ALICE: Signature = {
  digest: digestOf('b'),
  format: 'cose',
  verdict: 'verified',
  signed: { scheme: 'notary.x509', signingTime: '2026-11-20T09:00:00Z' },
  signer: { subject: 'CN=alice,O=Acme,ST=Hessen,C=DE', spkiSha256: '6'.repeat(64) },
  time: { used: '2026-11-30T12:00:00Z', source: 'clock' },
  checks: PASSED.slice(0, 4),
}

const BOB: Signature = {
  digest: digestOf('c'),
  format: 'jws',
  verdict: 'notVerified',
  reason: { code: 'REVOCATION', why: 'CN=bob,O=Acme was revoked 2026-11-02T00:00:00Z (keyCompromise)' },
  signed: { scheme: 'notary.x509', signingTime: '2026-11-19T09:00:00Z' },
  signer: { subject: 'CN=bob,O=Acme,ST=Hessen,C=DE', spkiSha256: '7'.repeat(64), trustStore: 'ca:acme' },
  time: { used: '2026-11-30T12:00:00Z', source: 'clock' },
  revocation: [
    {
      ...GOOD,
      subject: 'CN=bob,O=Acme,ST=Hessen,C=DE',
      status: 'revoked',
      url: 'http://ocsp.acme.example',
      revokedAt: '2026-11-02T00:00:00Z',
      reason: 'keyCompromise',
    },
  ],
  checks: [
    ...PASSED.slice(0, 4),
    { check: 'authenticTimestamp', outcome: 'notConfigured' },
    { check: 'revocation', outcome: 'failed', detail: 'revoked 2026-11-02T00:00:00Z (keyCompromise)' },
    { check: 'artifact', outcome: 'skipped' },
    { check: 'metadata', outcome: 'skipped' },
  ],
}

const CAROL: Signature = {
  ...BOB,
  digest: digestOf('d'),
  verdict: 'unknown',
  reason: { code: 'REVOCATION', why: 'http://ocsp.acme.example did not answer within 5 s' },
  signer: { subject: 'CN=carol,O=Acme,ST=Hessen,C=DE', spkiSha256: '8'.repeat(64), trustStore: 'ca:acme' },
  revocation: [
    {
      subject: 'CN=carol,O=Acme,ST=Hessen,C=DE',
      fingerprint: '9'.repeat(64),
      status: 'unknown',
      why: 'http://ocsp.acme.example did not answer within 5 s',
    },
  ],
  checks: [
    ...PASSED.slice(0, 4),
    { check: 'authenticTimestamp', outcome: 'logged', detail: 'it has no timestamp' },
    { check: 'revocation', outcome: 'unknown', detail: 'http://ocsp.acme.example did not answer within 5 s' },
    { check: 'artifact', outcome: 'skipped' },
    { check: 'metadata', outcome: 'skipped' },
  ],
}

const SLSA = 'https://slsa.dev/provenance/v1'
const file = '/etc/notation/trustpolicy.sealwright.json'
const policy = { file, statement: 'production', level: 'strict', required: 5 }

/** Vendor, aggregator, two of three reviewers and a provenance: what a policy for production asks for. */
const tree = (states: {
  readonly aggregator: boolean
  readonly carol: 'met' | 'unmet' | 'unknown'
}): NonNullable<VerifiedTarget['requirement']> => {
  const reviewers = states.carol
  const whole = !states.aggregator || reviewers === 'unmet' ? 'unmet' : reviewers
  return {
    kind: 'all',
    state: whole,
    of: [
      { kind: 'signer', state: 'met', signer: 'vendor', signature: digestOf('a') },
      states.aggregator
        ? { kind: 'signer', state: 'met', signer: 'aggregator', signature: digestOf('e') }
        : { kind: 'signer', state: 'unmet', signer: 'aggregator', why: 'no signature' },
      {
        kind: 'atLeast',
        count: 2,
        state: reviewers,
        of: [
          { kind: 'signer', state: 'met', signer: 'alice', signature: digestOf('b') },
          { kind: 'signer', state: 'unmet', signer: 'bob', why: 'signed, but revoked 2026-11-02 (OCSP)' },
          reviewers === 'met'
            ? { kind: 'signer', state: 'met', signer: 'carol', signature: digestOf('d') }
            : {
                kind: 'signer',
                state: reviewers,
                signer: 'carol',
                why:
                  reviewers === 'unmet'
                    ? 'no signature'
                    : 'signed, but http://ocsp.acme.example did not answer',
              },
        ],
      },
      { kind: 'attestation', state: 'met', predicateType: SLSA, by: ['builder'], signature: digestOf('f') },
    ],
  }
}

const attestations: VerifiedTarget['attestations'] = {
  required: [SLSA],
  met: [SLSA],
  judged: [
    {
      digest: digestOf('f'),
      predicateType: SLSA,
      format: 'sigstore-bundle',
      verdict: 'verified',
      signer: { spkiSha256: '0'.repeat(64) },
      checks: PASSED.slice(0, 3),
    },
  ],
  found: [{ predicateType: SLSA, count: 1 }],
}

const resolved = `registry.acme.example/prod/app@${digestOf('1')}`

export const VERIFIED: VerifiedTarget = {
  reference: 'registry.acme.example/prod/app:v1',
  resolved,
  verdict: 'verified',
  policy: { ...policy, met: 5 },
  requirement: tree({ aggregator: true, carol: 'met' }),
  signatures: [VENDOR, ALICE],
  attestations,
  found: [],
  manifests: [
    {
      digest: digestOf('2'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      platform: 'linux/amd64',
    },
    {
      digest: digestOf('3'),
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      platform: 'linux/arm64',
    },
  ],
}

const bob = { leaf: 'bob', state: 'unmet', why: 'signed, but revoked 2026-11-02 (OCSP)' } as const

export const DENIED: VerifiedTarget = {
  reference: 'registry.acme.example/prod/app:v2',
  resolved,
  verdict: 'denied',
  reason: {
    code: 'REQUIREMENT',
    why: 'missing aggregator: no signature; 2 of 3: alice; missing one of bob, carol',
  },
  policy: { ...policy, met: 3 },
  requirement: tree({ aggregator: false, carol: 'unmet' }),
  missing: [
    { leaf: 'aggregator', state: 'unmet', why: 'no signature', path: [1] },
    {
      ...bob,
      path: [2, 1],
      choice: {
        need: 2,
        size: 3,
        met: ['alice'],
        missing: 1,
        among: [bob, { leaf: 'carol', state: 'unmet', why: 'no signature' }],
      },
    },
  ],
  signatures: [VENDOR, ALICE, BOB],
  attestations,
  found: [],
}

export const UNKNOWN: VerifiedTarget = {
  reference: 'registry.acme.example/prod/app:v3',
  resolved,
  verdict: 'unknown',
  reason: {
    code: 'REQUIREMENT',
    why: 'not known for carol: signed, but http://ocsp.acme.example did not answer',
  },
  policy: { ...policy, met: 4 },
  requirement: tree({ aggregator: true, carol: 'unknown' }),
  missing: [
    {
      leaf: 'carol',
      state: 'unknown',
      why: 'signed, but http://ocsp.acme.example did not answer',
      path: [2, 2],
    },
  ],
  signatures: [VENDOR, ALICE, CAROL],
  found: [],
}

export const UNSIGNED: VerifiedTarget = {
  reference: 'registry.acme.example/prod/app:v4',
  resolved,
  verdict: 'notVerified',
  reason: { code: 'UNSIGNED', why: `${digestOf('1')} has no Notary Project signature` },
  policy: { file: '/etc/notation/trustpolicy.json', statement: 'all', level: 'strict', required: 1, met: 0 },
  signatures: [],
  found: [{ artifactType: 'application/vnd.dev.sigstore.bundle.v0.3+json', count: 2 }],
}

/** Everything that may be foreign, replaced by one text. */
export function hostileTarget(text: string): VerifiedTarget {
  const replaced = JSON.parse(JSON.stringify(DENIED), (key, value) =>
    typeof value === 'string' && !KEPT.has(key) ? text : value,
  ) as VerifiedTarget
  return {
    ...replaced,
    found: [{ artifactType: text, count: 1 }],
    manifests: [{ digest: digestOf('2'), mediaType: text, platform: text }],
    attestations: { ...replaced.attestations!, required: [text], found: [{ predicateType: text, count: 1 }] },
  }
}

/** Words of ours, and times and digests, whose shape was checked. */
const KEPT = new Set([
  'verdict',
  'code',
  'check',
  'state',
  'kind',
  'outcome',
  'status',
  'origin',
  'source',
  'digest',
])
