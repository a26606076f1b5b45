import { describe, expect, it } from 'vitest'
import {
  checkSealwrightPolicy,
  formatPolicyFault,
  formatSealwrightPolicy,
  isSealwrightPolicy,
  parseSealwrightPolicy,
} from '../../src/index.ts'
import { FAULTY, markedAt, OVERVIEW, unmarked, VALID, WARNED } from './policy-documents.ts'

const faultsOf = async (text: string): Promise<string[]> =>
  (await checkSealwrightPolicy(text)).faults.map(fault => `${fault.severity}: ${formatPolicyFault(fault)}`)

describe('checkSealwrightPolicy', () => {
  it.each(VALID)('reads $title', async ({ text }) => {
    const { policy, faults } = await checkSealwrightPolicy(text)
    expect(faults.filter(({ severity }) => severity === 'error')).toEqual([])
    const written = formatSealwrightPolicy(policy!)
    expect(await parseSealwrightPolicy(written)).toEqual(policy)
    expect(formatSealwrightPolicy(await parseSealwrightPolicy(written))).toBe(written)
  })

  it.each(FAULTY)('refuses $title, and says where', async ({ text, message }) => {
    const { policy, faults } = await checkSealwrightPolicy(unmarked(text))
    expect(policy).toBeUndefined()
    const errors = faults.filter(({ severity }) => severity === 'error')
    expect(errors.map(fault => fault.message)).toEqual([expect.stringContaining(message)])
    expect(errors.map(({ line, column }) => ({ line, column }))).toEqual([markedAt(text)])
  })

  it.each(WARNED)('warns of $title', async ({ text, message }) => {
    const { policy, faults } = await checkSealwrightPolicy(unmarked(text))
    expect(policy).toBeDefined()
    expect(faults.map(fault => fault.message)).toEqual([expect.stringContaining(message)])
    expect(faults.map(({ severity, line, column }) => ({ severity, line, column }))).toEqual([
      { severity: 'warning', ...markedAt(text) },
    ])
  })

  it('gives the policy with its defaults, in canonical spelling', async () => {
    const policy = await parseSealwrightPolicy(`{
      "version": "sealwright/1",
      "registries": ["Index.Docker.io", "REGISTRY.example:443/acme/*"],
      "signers": {},
      "statements": []
    }`)
    expect(policy).toEqual({
      version: 'sealwright/1',
      registries: ['docker.io', 'registry.example/acme/*'],
      otherwise: 'deny',
      signers: {},
      statements: [],
    })
    const { statements, signers } = await parseSealwrightPolicy(OVERVIEW)
    expect(signers).toMatchObject({
      alice: { kind: 'key', file: 'keys/alice.pem', notAfter: new Date('2027-01-31T00:00:00Z') },
      carol: { kind: 'key', fingerprint: `sha256:${'5d0c'.repeat(16)}` },
    })
    expect(statements).toMatchObject([
      {
        name: 'production',
        files: false,
        require: {
          kind: 'all',
          of: [
            { kind: 'signer', signer: 'vendor' },
            { kind: 'signer', signer: 'aggregator', maxAgeMs: 30 * 86_400_000 },
            { kind: 'atLeast', count: 2 },
            { kind: 'attestation', predicateType: 'https://slsa.dev/provenance/v1', by: ['builder'] },
          ],
        },
        timestamp: { require: 'always', authorities: ['tsa:one', 'tsa:two'], atLeast: 1 },
        revocation: { mode: 'enforce', maxAgeMs: 86_400_000, afterExpiry: 'proven' },
      },
    ])
  })

  it('names every fault, in the order of the file', async () => {
    const faults = await faultsOf(`{
  "version": "sealwright/2",
  "exipres": "2027-01-01T00:00:00Z",
  "signers": { "a": { "key": "sha256:00" } },
  "statements": [{ "name": "s", "scopes": ["r.example/*x"], "require": { "signer": "b" } }]
}`)
    expect(faults.map(fault => fault.replace(/: [^:]*$/, ''))).toEqual([
      expect.stringMatching(/^error: line 2, column 3/),
      expect.stringMatching(/^error: line 3, column 3/),
      expect.stringMatching(/^warning: line 4, column 16/),
      expect.stringMatching(/^error: line 4, column 23/),
      expect.stringMatching(/^error: line 5, column 44: statement "s"/),
      expect.stringMatching(/^error: line 5, column 74: statement "s"/),
    ])
  })

  it('throws for a policy with errors, and names them', async () => {
    await expect(parseSealwrightPolicy('{"version":"sealwright/1"}', 'p.json')).rejects.toMatchObject({
      code: 'VALIDATION',
      message: 'p.json is not a trust policy that can be used',
      why: expect.stringContaining('line 1, column 1: signers is missing'),
    })
  })

  it.each([
    ['more than 4 MiB', ' '.repeat(5 * 1024 * 1024), /5242880 bytes of JSON/],
    ['deep nesting', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /not JSON/],
    [
      '100,000 members',
      `{${Array.from({ length: 100_000 }, (_, i) => `"m${i}":1`)}}`,
      /more than 100000 values/,
    ],
    [
      '90,000 unknown members',
      `{${Array.from({ length: 90_000 }, (_, i) => `"m${i}":1`)}}`,
      /unknown member "m0"/,
    ],
    [
      'a long list of statements',
      `{"version":"sealwright/1","signers":{},"statements":[${'{},'.repeat(9e4)}{}]}`,
      /90001 statements/,
    ],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff]), /not JSON/],
  ])('refuses %s in little time', async (_, input, message) => {
    const before = performance.now()
    const { policy, faults } = await checkSealwrightPolicy(input)
    expect(policy).toBeUndefined()
    expect(faults.length).toBeLessThanOrEqual(200)
    expect(faults.map(formatPolicyFault).join('\n')).toMatch(message)
    expect(performance.now() - before).toBeLessThan(5000)
  })
})

describe('isSealwrightPolicy', () => {
  it.each([
    [true, '{"version":"sealwright/1"}'],
    [true, '{"version":"sealwright/9"}'],
    [true, '{"version":"seelwright/1","signers":{},"statements":[]}'],
    [false, '{"version":"1.0","trustPolicies":[]}'],
    [false, '{"version":"1.0"}'],
    [false, '[]'],
    [false, '{'],
  ])('says %s of %s', (expected, text) => {
    expect(isSealwrightPolicy(text)).toBe(expected)
  })
})
