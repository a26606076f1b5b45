import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import { formatReference, parsePrefix, parseReference } from '../src/reference.ts'

const word = fc.stringMatching(/^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,8}[A-Za-z0-9_])?$/)
const path = fc.array(word, { minLength: 1, maxLength: 3 }).map(words => words.join('/'))
const references = fc.record(
  { mount: path, name: word, version: fc.integer({ min: 1, max: 999_999_999 }), namespace: path },
  { requiredKeys: ['mount', 'name'] },
)

it('reads back every reference that it writes', () => {
  fc.assert(
    fc.property(references, reference => {
      expect(parseReference(formatReference(reference))).toEqual(reference)
    }),
    { numRuns },
  )
})

it('takes from any text nothing that leaves its place in a path, and writes it in one way', () => {
  const pieces = fc.constantFrom(
    '..',
    '.',
    '/',
    '%2e',
    '%2f',
    '\\',
    '?',
    '&',
    '=',
    'version=',
    'namespace=',
    ':',
    '@',
    'a',
    'B1',
    '\0',
  )
  const text = fc
    .array(fc.oneof(pieces, fc.string()), { maxLength: 8 })
    .map(parts => `hashivault://${parts.join('')}`)
  fc.assert(
    fc.property(text, given => {
      let parsed: ReturnType<typeof parseReference>
      try {
        parsed = parseReference(given)
      } catch (error) {
        expect(error).toMatchObject({ code: 'VALIDATION' })
        return
      }
      const { mount, name, namespace = 'none' } = parsed
      for (const segment of [...mount.split('/'), name, ...namespace.split('/')]) {
        expect(segment).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_.+~-]*$/)
      }
      const written = formatReference(parsed)
      expect(formatReference(parseReference(written))).toBe(written)
    }),
    { numRuns },
  )
})

it('reads what stands before names of keys', () => {
  expect(parsePrefix(undefined)).toEqual({ mount: 'transit', namePrefix: '' })
  expect(parsePrefix('hashivault://')).toEqual({ mount: 'transit', namePrefix: '' })
  expect(parsePrefix('hashivault://rel-')).toEqual({ mount: 'transit', namePrefix: 'rel-' })
  expect(parsePrefix('hashivault://team/sign/')).toEqual({ mount: 'team/sign', namePrefix: '' })
  expect(parsePrefix('openbao://team/R?namespace=ns')).toEqual({
    mount: 'team',
    namePrefix: 'R',
    namespace: 'ns',
  })
  for (const given of ['hashivault://a?version=1', 'hashivault://../', 'hashivault://a/%2e', 'hv:a']) {
    expect(() => parsePrefix(given)).toThrow('the reference names no key')
  }
})

it('says of an address in a reference where it belongs', () => {
  expect(() => parseReference('hashivault://127.0.0.1:8200/transit/release')).toThrow(
    expect.objectContaining({ why: 'it holds an address', fix: expect.stringContaining('VAULT_ADDR') }),
  )
})
