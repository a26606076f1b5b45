import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  checkTrustPolicy,
  formatPolicyFault,
  formatTrustPolicy,
  type PolicyKind,
  parseTrustPolicy,
  type Statement,
  type TrustPolicy,
} from '../src/index.ts'

const faultsOf = (text: string, kind: PolicyKind = 'oci'): string[] =>
  checkTrustPolicy(text, kind).faults.map(fault => `${fault.severity}: ${formatPolicyFault(fault)}`)

describe('checkTrustPolicy', () => {
  it('names every fault with its line and column, in the order of the file', () => {
    const text = `{
  "version": "2.0",
  "trustPolicies": [
    {
      "name": "prod",
      "registryScopes": ["*", "r.io/A"],
      "signatureVerification": { "level": "Strict", "override": { "integrity": "log", "expiry": "skip", "x": "log" } },
      "trustStores": ["ca:..", "acme"],
      "trustedIdentities": ["x509.subject: CN=a", "x509.subject:C=US,ST=WA,O=a", "x509.subject:C=US,ST=WA,O=a,CN=b"],
      "note": "anything"
    },
    { "name": "prod", "registryScopes": ["*"], "signatureVerification": { "level": "skip" } }
  ]
}`
    expect(faultsOf(text)).toEqual([
      'error: line 2, column 3: version "2.0" is not supported; it must be "1.0"',
      'error: line 6, column 7: statement "prod": the scope "*" stands alone',
      expect.stringContaining(
        'error: line 6, column 31: statement "prod": scope "r.io/A": not a repository path',
      ),
      'error: line 7, column 34: statement "prod": level is one of strict, permissive, audit, skip, not "Strict"',
      'error: line 7, column 67: statement "prod": integrity cannot be overridden',
      'error: line 7, column 87: statement "prod": expiry cannot be skipped; only revocation can',
      expect.stringContaining('error: line 7, column 105: statement "prod": "x" is not a check'),
      expect.stringContaining('error: line 8, column 23: statement "prod": trust store "ca:.."'),
      expect.stringContaining('error: line 8, column 32: statement "prod": trust store "acme"'),
      expect.stringContaining(
        'error: line 9, column 29: statement "prod": trusted identity "x509.subject: CN=a": C, ST, O missing',
      ),
      expect.stringContaining(
        'error: line 9, column 82: statement "prod": trusted identity "x509.subject:C=US,ST=WA,O=a,CN=b": overlaps',
      ),
      'warning: line 10, column 7: statement "prod": unknown member "note"; it has no effect',
      'error: line 12, column 7: statement "prod": the name "prod" is used by an earlier statement',
      expect.stringContaining(
        'error: line 12, column 42: statement "prod": the scope "*" is already in statement "prod"',
      ),
    ])
  })

  it('says where the JSON itself breaks', () => {
    expect(faultsOf('{\n  "version": "1.0",\n}')).toEqual([
      expect.stringMatching(/^error: line 3, column 1: not JSON: /),
    ])
    expect(faultsOf('{"version":"1.0","version":"1.0"}')).toEqual([expect.stringContaining('twice')])
    expect(faultsOf('')).toHaveLength(1)
  })

  it('keeps what has warnings only, and refuses what has errors', () => {
    const text =
      '{"version":"1.0","x":1,"trustPolicies":[{"name":"s","registryScopes":["*"],"signatureVerification":{"level":"skip"}}]}'
    expect(checkTrustPolicy(text, 'oci')).toMatchObject({
      faults: [{ severity: 'warning', line: 1, column: 18 }],
      policy: { trustPolicies: [{ name: 's' }] },
    })
    expect(() => parseTrustPolicy(text.replace('1.0', '1.1'), 'oci', 'p.json')).toThrow(
      /p\.json is not a trust policy/,
    )
  })

  it('reads members of the one kind in policies of the other as unknown', () => {
    const blob =
      '{"version":"1.0","trustPolicies":[{"name":"s","registryScopes":["*"],"signatureVerification":{"level":"skip"}}]}'
    expect(faultsOf(blob, 'blob')).toEqual([
      expect.stringContaining('warning: line 1, column 47: statement "s": unknown member "registryScopes"'),
    ])
  })

  it('refuses names that differ from the right ones in case alone, as Go folds it', () => {
    const text = '{"Version":"1.0","tru\u017ftPolicies":[]}'
    expect(faultsOf(text).filter(fault => fault.includes('must be written'))).toHaveLength(2)
  })
})

describe('a trust policy', () => {
  it('is the same after printing and reading it again', () => {
    fc.assert(
      fc.property(policies, ({ kind, policy }) => {
        const text = formatTrustPolicy(policy)
        const read = parseTrustPolicy(text, kind)
        expect(read).toEqual(policy)
        expect(formatTrustPolicy(read)).toBe(text)
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  })

  it('is read or refused, whatever the bytes', () => {
    const good: Uint8Array = Buffer.from(formatTrustPolicy(SAMPLE))
    fc.assert(
      fc.property(fc.array(edits, { minLength: 1, maxLength: 4 }), changes => {
        const text = changes.reduce((bytes, change) => change(bytes), good)
        const { policy, faults } = checkTrustPolicy(text, 'oci')
        const errors = faults.filter(({ severity }) => severity === 'error')
        expect(policy === undefined).toBe(errors.length > 0)
        if (policy !== undefined) expect(parseTrustPolicy(formatTrustPolicy(policy), 'oci')).toEqual(policy)
      }),
      { numRuns },
    )
  })
})

const SAMPLE: TrustPolicy = {
  version: '1.0',
  trustPolicies: [
    {
      name: 'prod',
      registryScopes: ['registry.example/app', 'localhost:5000/a/b'],
      signatureVerification: {
        level: 'strict',
        override: { revocation: 'log' },
        verifyTimestamp: 'afterCertExpiry',
      },
      trustStores: ['ca:acme', 'tsa:time'],
      trustedIdentities: ['x509.subject: C=DE, ST=Hessen, O=Acme', 'x509.subject: C=US, ST=WA, O=Acme, CN=x'],
    },
    {
      name: 'rest',
      registryScopes: ['*'],
      signatureVerification: { level: 'skip' },
      trustStores: [],
      trustedIdentities: [],
    },
  ],
}

const edits: fc.Arbitrary<(bytes: Uint8Array) => Uint8Array> = fc.oneof(
  fc.tuple(fc.nat(), fc.nat(7)).map(([at, bit]) => (bytes: Uint8Array) => {
    const copy = Buffer.from(bytes)
    if (copy.length > 0) copy[at % copy.length]! ^= 1 << bit
    return copy
  }),
  fc
    .tuple(
      fc.nat(),
      fc.nat(30),
      fc.constantFrom('', '"', ',', '[]', 'null', '"*"', '\\', '{"a":1}', '1e999', '\u00e4'),
    )
    .map(([at, remove, insert]) => (bytes: Uint8Array) => {
      const start = at % (bytes.length + 1)
      return Buffer.concat([bytes.subarray(0, start), Buffer.from(insert), bytes.subarray(start + remove)])
    }),
)

const word = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const level = fc.constantFrom('strict' as const, 'permissive' as const, 'audit' as const)
const action = fc.constantFrom('enforce' as const, 'log' as const)
const override = fc.record(
  {
    authenticity: action,
    expiry: action,
    authenticTimestamp: action,
    revocation: fc.constantFrom('enforce' as const, 'log' as const, 'skip' as const),
  },
  { requiredKeys: [] },
)
const verification = fc.record(
  { level, override, verifyTimestamp: fc.constantFrom('always' as const, 'afterCertExpiry' as const) },
  { requiredKeys: ['level'] },
)
const stores = fc.array(
  fc
    .tuple(
      fc.constantFrom('ca', 'signingAuthority', 'tsa'),
      fc.stringMatching(/^[a-zA-Z0-9_-][a-zA-Z0-9_.-]{0,8}$/),
    )
    .map(parts => parts.join(':')),
  { minLength: 1, maxLength: 3 },
)
const identities = fc.oneof(
  fc.constant(['*']),
  fc
    .uniqueArray(
      fc.string({ minLength: 1 }).filter(text => !/["+,;<>\\#=\0]|^\s|\s$/.test(text)),
      { minLength: 1, maxLength: 3 },
    )
    .map(names => names.map(name => `x509.subject: C=DE, ST=Hessen, O=Acme, CN=${name}`)),
)
const signing = fc.record({
  signatureVerification: verification,
  trustStores: stores,
  trustedIdentities: identities,
})
const skipping = fc.constant({
  signatureVerification: { level: 'skip' as const },
  trustStores: [],
  trustedIdentities: [],
})

/** Policies without a fault: names and scopes are numbered, so that none is there twice. */
const policies: fc.Arbitrary<{ kind: PolicyKind; policy: TrustPolicy }> = fc
  .record({
    kind: fc.constantFrom('oci' as const, 'blob' as const),
    bodies: fc.array(fc.oneof({ arbitrary: signing, weight: 4 }, skipping), { minLength: 1, maxLength: 4 }),
    words: fc.array(word, { minLength: 4, maxLength: 4 }),
    wildcard: fc.boolean(),
    global: fc.boolean(),
  })
  .map(({ kind, bodies, words, wildcard, global }) => {
    const trustPolicies = bodies.map((body, index): Statement => {
      const scopes =
        wildcard && index === 0
          ? ['*']
          : [`r${index}.example/${words[index]}`, `r${index}.example:1/${words[index]}/x`]
      const isGlobal = global && index === 0 && body.signatureVerification.level !== 'skip'
      const own = kind === 'oci' ? { registryScopes: scopes } : { globalPolicy: isGlobal }
      return { name: `${words[index]} ${index}`, ...own, ...body }
    })
    return { kind, policy: { version: '1.0', trustPolicies } }
  })
