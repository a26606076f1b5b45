import { describe, expect, it } from 'vitest'
import { parseStatement } from '../src/index.ts'
import { codeOf } from './code-of.ts'

const statement = (members: object): Buffer =>
  Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'ab' } }],
      predicateType: 'https://example.org/t',
      predicate: {},
      ...members,
    }),
  )

describe('parseStatement', () => {
  it('reads v1 and v0.1, with names and several digests', () => {
    for (const type of ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']) {
      const subject = [{ name: 'app', digest: { sha256: 'ab', sha512: 'cd' } }]
      expect(parseStatement(statement({ _type: type, subject }))).toMatchObject({ type, subjects: subject })
    }
  })

  it('reads the predicate when it is asked for', () => {
    expect(parseStatement(statement({ predicate: { a: 1 } })).predicate).toEqual({ a: 1 })
    const twice = Buffer.from(
      statement({ predicate: { a: 1, b: 2 } })
        .toString()
        .replace('"b"', '"a"'),
    )
    const read = parseStatement(twice)
    expect(read.predicateType).toBeDefined()
    for (const _ of [1, 2]) expect(codeOf(() => read.predicate)).toBe('VALIDATION')
    const large = statement({ predicate: { a: Array(1_000_000).fill(0) } })
    expect(codeOf(() => parseStatement(large).predicate)).toBe('VALIDATION')
    const two = Buffer.from(`${statement({}).toString().slice(0, -1)},"predicate":{}}`)
    expect(codeOf(() => parseStatement(two))).toBe('VALIDATION')
  })

  it.each<[string, object]>([
    ['of another type', { _type: 'https://in-toto.io/Statement/v2' }],
    ['without a subject', { subject: [] }],
    ['with a subject that has no digest', { subject: [{ name: 'app' }] }],
    ['with an empty digest', { subject: [{ digest: {} }] }],
    ['with a digest that is a number', { subject: [{ digest: { sha256: 1 } }] }],
    ['without a predicate type', { predicateType: '' }],
    ['with a predicate that is text', { predicate: 'x' }],
    [
      'with a subject of 33 digests',
      { subject: [{ digest: Object.fromEntries([...Array(33).keys()].map(n => [`x${n}`, 'ab'])) }] },
    ],
    ['with more subjects than anybody has', { subject: Array(1025).fill({ digest: { sha256: 'ab' } }) }],
  ])('refuses a statement %s', (_, members) => {
    expect(codeOf(() => parseStatement(statement(members)))).toBe('VALIDATION')
  })
})
