import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
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
    expect(performance.now() - before).toBeLessThan(2000)
  })
})

const name = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const duration = fc
  .tuple(fc.integer({ min: 1, max: 36_500 }), fc.constantFrom(...'smhd'))
  .map(parts => parts.join(''))
const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map(date => date.toISOString())
const optional = <T extends object>(required: Record<string, fc.Arbitrary<unknown>>, more: T) =>
  fc.record(
    { ...required, ...(more as Record<string, fc.Arbitrary<unknown>>) },
    { requiredKeys: Object.keys(required) },
  )
const signer = fc.oneof(
  fc.record({
    certificates: fc.record({
      stores: fc.uniqueArray(
        name.map(each => `ca:${each}`),
        { minLength: 1, maxLength: 3 },
      ),
      identities: fc.oneof(
        fc.constant(['*']),
        name.map(each => [`x509.subject: C=DE, ST=Hessen, O=Acme, CN=${each}`]),
      ),
    }),
  }),
  optional({ keyFile: name.map(each => `keys/${each}.pem`) }, { notAfter: time }),
  optional({ key: fc.stringMatching(/^sha256:[0-9a-f]{64}$/) }, { notAfter: time }),
)

/** A tree whose signature leaves name the signers from `0` on, each once; the leaves are filled in the order of the text. */
type Shape = 'leaf' | readonly Shape[]
const { shape } = fc.letrec<{ shape: Shape }>(tie => ({
  shape: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constant('leaf' as const),
    fc.array(tie('shape'), { minLength: 1, maxLength: 3 }),
  ),
}))

const documents = fc
  .record({
    top: optional({}, { expires: time, otherwise: fc.constantFrom('deny', 'notation') }),
    signers: fc.array(signer, { minLength: 30, maxLength: 30 }),
    shapes: fc.array(shape, { minLength: 1, maxLength: 4 }),
    rules: fc.array(
      optional(
        {},
        {
          timestamp: optional(
            { authorities: fc.constant(['tsa:a', 'tsa:b']) },
            { atLeast: fc.integer({ min: 1, max: 2 }) },
          ),
          revocation: optional({}, { mode: fc.constantFrom('enforce', 'log'), maxAge: duration }),
        },
      ),
      { minLength: 4, maxLength: 4 },
    ),
    ages: fc.array(duration, { minLength: 30, maxLength: 30 }),
    kinds: fc.infiniteStream(fc.nat(3)),
  })
  .map(({ top, signers, shapes, rules, ages, kinds }) => {
    const build = (node: Shape, next: { at: number }): object => {
      if (node !== 'leaf') {
        const of = node.map(child => build(child, next))
        const kind = kinds.next().value
        return kind === 0 ? { all: of } : kind === 1 ? { any: of } : { atLeast: of.length, of }
      }
      const at = next.at++
      if (at >= 30 || kinds.next().value === 0)
        return { attestation: 'spdx', by: ['s0', 's1'], maxAge: ages[at % 30] }
      return { signer: `s${at}`, maxAge: ages[at], metadata: { a: 'b' } }
    }
    return {
      version: 'sealwright/1',
      ...top,
      signers: Object.fromEntries(signers.map((each, index) => [`s${index}`, each])),
      statements: shapes.map((each, index) => ({
        name: `n${index}`,
        ...(index % 2 === 0 ? { scopes: [`R${index}.example:443/a/*`] } : { files: true }),
        require: build(each, { at: 0 }),
        ...rules[index],
      })),
    }
  })

describe('a policy', () => {
  it('is the same after it was written and read again', async () => {
    await fc.assert(
      fc.asyncProperty(documents, async document => {
        const policy = await parseSealwrightPolicy(JSON.stringify(document))
        const text = formatSealwrightPolicy(policy)
        const again = await parseSealwrightPolicy(text)
        expect(again).toEqual(policy)
        expect(formatSealwrightPolicy(again)).toBe(text)
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  })

  it('is read or refused, whatever JSON it is', async () => {
    const members = [
      'version',
      'signers',
      'statements',
      'a',
      'name',
      'scopes',
      'require',
      'all',
      'of',
      'atLeast',
      'signer',
      'attestation',
      'by',
      'key',
      'timestamp',
      'authorities',
    ]
    const key = fc.constantFrom(...members, '__proto__', 'constructor')
    const leaf = fc.oneof(
      fc.constantFrom('sealwright/1', '*', 'a', 'tsa:a', 'r.example/a', ''),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.string(),
    )
    const { value } = fc.letrec<{ value: unknown }>(tie => ({
      value: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie('value'), { maxLength: 4 }),
        fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map(entries => Object.fromEntries(entries)),
      ),
    }))
    const whole = fc.record({
      version: fc.constant('sealwright/1'),
      signers: value,
      statements: fc.array(value),
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(value, whole), async document => {
        const { policy, faults } = await checkSealwrightPolicy(JSON.stringify(document))
        expect(policy === undefined).toBe(faults.some(({ severity }) => severity === 'error'))
      }),
      { numRuns },
    )
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
