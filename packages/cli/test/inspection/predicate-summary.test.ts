import { predicateTypes } from '@sealwright/notary'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inspectedLines } from '../../src/commands/inspect/run.ts'
import { describeEnvelope } from '../../src/inspection/describe.ts'

const SLSA_OLD = 'https://slsa.dev/provenance/v0.2'
const TYPES = [...Object.values(predicateTypes), SLSA_OLD, 'constructor', '__proto__', 'toString']

function statement(predicateType: string, predicate: object): Uint8Array {
  const payload = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'app', digest: { sha256: 'a'.repeat(64) } }],
    predicateType,
    predicate,
  })
  return Buffer.from(
    JSON.stringify({
      payload: Buffer.from(payload).toString('base64'),
      payloadType: 'application/vnd.in-toto+json',
      signatures: [{ sig: 'AAAA' }],
    }),
  )
}

function inspectedOf(type: string, predicate: object) {
  const found = { digest: 'sha256:x', mediaType: 'application/vnd.dsse.envelope.v1+json' }
  return describeEnvelope({ ...found, bytes: statement(type, predicate) })
}

const ODD: readonly unknown[] = [
  {},
  [{}],
  [[{}]],
  [null],
  7,
  [1, [2]],
  { toString: 1 },
  { __proto__: null },
  true,
  '',
  'x',
  null,
]

describe('what inspect says of a predicate', () => {
  it.each(TYPES.flatMap(type => ODD.map(odd => [type, JSON.stringify(odd), odd] as const)))(
    'of type %s with %s in every place is text',
    (type, _, odd) => {
      const everywhere = {
        verifier: odd,
        timeVerified: odd,
        verifiedLevels: odd,
        policy: { uri: odd },
        builder: { id: odd },
        runDetails: { builder: { id: odd }, metadata: odd },
        buildDefinition: { buildType: odd },
        spdxVersion: odd,
        name: odd,
        packages: odd,
        metadata: { component: odd },
        components: odd,
      }
      const inspected = inspectedOf(type, everywhere)
      for (const text of Object.values(inspected.statement!.summary)) expect(typeof text).toBe('string')
      for (const line of inspectedLines(inspected)) expect(typeof line).toBe('string')
    },
  )

  it('is text whatever the predicate is', () => {
    const type = fc.constantFrom(...TYPES)
    const member = fc.constantFrom(
      'verifier',
      'verifiedLevels',
      'policy',
      'builder',
      'runDetails',
      'metadata',
    )
    const predicate = fc.dictionary(member, fc.jsonValue())
    fc.assert(
      fc.property(type, predicate, (name, value) => {
        const { summary } = inspectedOf(name, value).statement!
        expect(Object.values(summary).every(text => typeof text === 'string')).toBe(true)
      }),
    )
  })
})
