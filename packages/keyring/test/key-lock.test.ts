import { fingerprint, isSealwrightError, openSigner } from '@sealwright/core'
import { encodeBase64 } from '@sealwright/core/encoding'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../test/properties.ts'
import {
  emptyKeyLock,
  forgetKey,
  formatKeyLock,
  isKeyName,
  type KeyLock,
  type LockedKey,
  lockKey,
  parseKeyLock,
  prepareKey,
  rotateKey,
} from '../src/index.ts'
import { at, fakeProvider, later } from './fake-provider.ts'

const provider = fakeProvider()
async function keyOf(reference: string) {
  await using signer = await openSigner(provider, reference)
  return signer.key
}
const [first, second] = [await keyOf('fake:a/1'), await keyOf('fake:a/2')]
const request = { reference: 'fake:a', key: first, algorithm: 'ES256', at } as const
const one = lockKey(emptyKeyLock(), 'release', request)
const parse = (text: string) => parseKeyLock(Buffer.from(text))
const record = (name = 'release', lock: KeyLock = one) => lock.keys[name]!

describe('a lock', () => {
  it('records what a name means', () => {
    expect(record()).toEqual({
      reference: 'fake:a',
      resolved: 'fake:a/1',
      algorithm: 'ES256',
      fingerprint: fingerprint(first.publicKey),
      publicKey: encodeBase64(first.publicKey),
      lockedAt: '2026-03-01T12:00:00.000Z',
      history: [],
    })
  })

  it('is left as it is when the same key gets the same name again', () => {
    expect(lockKey(one, 'release', { ...request, at: later })).toBe(one)
  })

  it('does not let a name mean another key by the way', () => {
    for (const other of [{ key: second }, { reference: 'fake:b' }, { algorithm: 'ES384' as const }]) {
      expect(() => lockKey(one, 'release', { ...request, ...other })).toThrow(
        expect.objectContaining({ code: 'VALIDATION' }),
      )
    }
  })

  it.each(['', '.', '..', 'a b', 'a:b', 'a/b', 'é', 'x'.repeat(65)])('has no name %j', name => {
    expect(isKeyName(name)).toBe(false)
    expect(() => lockKey(one, name, request)).toThrow(expect.objectContaining({ code: 'VALIDATION' }))
  })

  it('keeps the former keys of a rotated name, the latest last', async () => {
    const twice = rotateKey(rotateKey(one, 'release', { key: second, at: later }), 'release', {
      key: await keyOf('fake:b/1'),
      reference: 'fake:b',
      at: later,
    })
    const { history, ...present } = record('release', twice)
    expect(present).toMatchObject({ reference: 'fake:b', resolved: 'fake:b/1', algorithm: 'ES256' })
    expect(history).toEqual([
      {
        reference: 'fake:a',
        resolved: 'fake:a/1',
        algorithm: 'ES256',
        fingerprint: fingerprint(first.publicKey),
        publicKey: encodeBase64(first.publicKey),
        lockedAt: '2026-03-01T12:00:00.000Z',
        replacedAt: '2026-11-22T12:00:00.000Z',
      },
      expect.objectContaining({ resolved: 'fake:a/2', replacedAt: '2026-11-22T12:00:00.000Z' }),
    ])
    expect(parse(formatKeyLock(twice))).toEqual(twice)
  })

  it('does not change when a name is rotated to the key that it means', () => {
    expect(rotateKey(one, 'release', { key: first, at: later })).toBe(one)
  })

  it('drops an algorithm that the new key does not have', () => {
    const rsa = { ...second, algorithms: { RS256: { message: 1 }, PS256: { message: 1 } } }
    expect(record('release', rotateKey(one, 'release', { key: rsa, at: later })).algorithm).toBeUndefined()
    const chosen = rotateKey(one, 'release', { key: rsa, algorithm: 'PS256', at: later })
    expect(record('release', chosen).algorithm).toBe('PS256')
  })

  it('prepares a key while the name keeps its present one, by its version', () => {
    const announced = prepareKey(one, 'release', { reference: 'fake:a', at: later })
    expect(record('release', announced)).toMatchObject({
      reference: 'fake:a/1',
      resolved: 'fake:a/1',
      next: { reference: 'fake:a' },
      history: [],
    })
    expect(prepareKey(announced, 'release', { reference: 'fake:a', at: later })).toBe(announced)
    const prepared = prepareKey(announced, 'release', { reference: 'fake:a', key: second, at: later })
    expect(record('release', prepared).next).toMatchObject({
      reference: 'fake:a',
      pin: { resolved: 'fake:a/2', fingerprint: fingerprint(second.publicKey), algorithm: 'ES256' },
    })
    expect(prepareKey(prepared, 'release', { reference: 'fake:a', key: second, at: later })).toBe(prepared)
    expect(parse(formatKeyLock(prepared))).toEqual(prepared)

    const rotated = rotateKey(prepared, 'release', { reference: 'fake:a', key: second, at: later })
    expect(record('release', rotated)).not.toHaveProperty('next')
    expect(record('release', rotated)).toMatchObject({ reference: 'fake:a', resolved: 'fake:a/2' })
    expect(record('release', rotated).history).toHaveLength(1)

    const givenUp = rotateKey(prepared, 'release', { reference: 'fake:a', key: first, at: later })
    expect(record('release', givenUp)).toEqual(record())
  })

  it('forgets a name, and says when there is none', () => {
    const two = lockKey(one, 'other', request)
    expect(Object.keys(forgetKey(two, 'release').keys)).toEqual(['other'])
    const missing = expect.objectContaining({ code: 'NOT_FOUND' })
    expect(() => forgetKey(one, 'other')).toThrow(missing)
    expect(() => rotateKey(one, 'toString', { key: second, at })).toThrow(missing)
  })

  it('may name a key like a member of objects', () => {
    const odd = lockKey(lockKey(one, '__proto__', request), 'constructor', request)
    const read = parse(formatKeyLock(odd))
    expect(Object.keys(read.keys)).toEqual(['__proto__', 'constructor', 'release'])
    expect(read.keys.toString).toBeUndefined()
  })
})

describe('keys.lock.json', () => {
  it('is written for people: names in order, two blanks deep, a newline at the end', () => {
    const text = formatKeyLock(lockKey(one, 'a', request))
    expect(text.split('\n').slice(0, 5)).toEqual([
      '{',
      '  "version": 1,',
      '  "keys": {',
      '    "a": {',
      '      "reference": "fake:a",',
    ])
    expect(text.endsWith('}\n')).toBe(true)
    expect(formatKeyLock(parse('{"version":1,"keys":{}}'))).toBe('{\n  "version": 1,\n  "keys": {}\n}\n')
  })

  const minimal = {
    reference: 'file:/a.key',
    resolved: 'file:/a.key',
    fingerprint: `sha256:${'0'.repeat(64)}`,
  }
  const withKey = (changes: object, name = 'release') =>
    JSON.stringify({ version: 1, keys: { [name]: { ...minimal, ...changes } } })

  it('needs reference, resolved and fingerprint only', () => {
    expect(record('release', parse(withKey({})))).toEqual({ ...minimal, history: [] })
  })

  it.each([
    ['no JSON', 'release: file:/a.key'],
    ['a member twice', '{"version":1,"version":1,"keys":{}}'],
    ['another version', '{"version":2,"keys":{}}'],
    ['no version', '{"keys":{}}'],
    ['no keys', '{"version":1}'],
    ['a list of keys', '{"version":1,"keys":[]}'],
    ['an unknown member', '{"version":1,"keys":{},"default":"release"}'],
    ['text after it', '{"version":1,"keys":{}} x'],
    ['a name that is none', withKey({}, 'a b')],
    ['a key that is none', '{"version":1,"keys":{"a":null}}'],
    ['an unknown member of a key', withKey({ pin: '1234' })],
    ['no reference', withKey({ reference: undefined })],
    ['a reference without a scheme', withKey({ reference: 'a.key' })],
    ['no resolved reference', withKey({ resolved: '' })],
    ['a short fingerprint', withKey({ fingerprint: 'sha256:00' })],
    ['a fingerprint in capitals', withKey({ fingerprint: `sha256:${'A'.repeat(64)}` })],
    ['an unknown algorithm', withKey({ algorithm: 'EdDSA' })],
    ['an algorithm like a member of objects', withKey({ algorithm: 'toString' })],
    ['a public key that is not the fingerprint’s', withKey({ publicKey: 'AAAA' })],
    ['a public key in another base64', withKey({ publicKey: 'AA==\n' })],
    ['a time that is none', withKey({ lockedAt: 'yesterday' })],
    ['a time without its zone', withKey({ lockedAt: '2026-03-01' })],
    ['a history that is none', withKey({ history: {} })],
    ['a history of names', withKey({ history: ['file:/b.key'] })],
    ['an unknown member in the history', withKey({ history: [{ ...minimal, history: [] }] })],
  ])('is refused with %s', (_, text) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ name: 'SealwrightError', code: 'VALIDATION' }),
    )
  })

  it('says where it is wrong', () => {
    expect(() => parse(withKey({ history: [{ ...minimal, resolved: 7 }] }))).toThrow(
      expect.objectContaining({ why: 'keys.release.history[0]: resolved is not a string' }),
    )
  })

  const reference = fc.string({ minLength: 1, unit: 'grapheme' }).map(rest => `file:/${rest}`)
  const publicKey = fc.uint8Array({ maxLength: 40 })
  const time = fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-01-01') })
    .map(date => date.toISOString())
  const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined })
  const pin = fc
    .record({
      resolved: reference,
      algorithm: optional(fc.constantFrom('ES256' as const, 'PS384' as const, 'ML-DSA-65' as const)),
      publicKey,
      keepsKey: fc.boolean(),
      lockedAt: optional(time),
    })
    .map(({ publicKey: bytes, keepsKey, ...rest }) => ({
      ...rest,
      fingerprint: fingerprint(bytes),
      ...(keepsKey ? { publicKey: encodeBase64(bytes) } : {}),
    }))
  const past = fc.tuple(pin, optional(reference), optional(time))
  const key = fc.tuple(pin, reference, fc.array(past, { maxLength: 3 })).map(([present, given, former]) => ({
    ...present,
    reference: given,
    history: former.map(([entry, was, replacedAt]) => ({ ...entry, reference: was, replacedAt })),
  }))
  const name = fc.stringMatching(/^[a-zA-Z0-9_.-]{1,64}$/).filter(isKeyName)

  it('is the same lock after it was written and read, and the same text', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, key), { maxLength: 4 }), entries => {
        const keys = Object.assign(Object.create(null), Object.fromEntries(entries)) as Record<
          string,
          LockedKey
        >
        const text = formatKeyLock({ version: 1, keys })
        const read = parse(text)
        expect(formatKeyLock(read)).toBe(text)
        expect(parse(formatKeyLock(read))).toEqual(read)
        expect(Object.keys(read.keys).sort()).toEqual(Object.keys(keys).sort())
      }),
      { numRuns: Math.ceil(numRuns / 10) },
    )
  })

  it('that is damaged is read or refused with VALIDATION', () => {
    const good = Buffer.from(formatKeyLock(rotateKey(one, 'release', { key: second, at: later })))
    const edit = fc.record({
      start: fc.nat(good.length),
      remove: fc.nat(3),
      insert: fc.uint8Array({ maxLength: 3 }),
    })
    fc.assert(
      fc.property(edit, ({ start, remove, insert }) => {
        const bytes = Buffer.concat([good.subarray(0, start), insert, good.subarray(start + remove)])
        try {
          const read = parseKeyLock(bytes)
          expect(parse(formatKeyLock(read))).toEqual(read)
        } catch (error) {
          expect(isSealwrightError(error) && error.code === 'VALIDATION').toBe(true)
        }
      }),
      { numRuns },
    )
  })
})
