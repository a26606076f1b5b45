import { createPublicKey, verify } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { numRuns } from '../../../../test/properties.ts'
import { dsse, preAuthEncoding } from '../../src/dsse/index.ts'
import { isSealwrightError, verifySignature } from '../../src/index.ts'
import { envelope, testSigner } from '../envelope-signing.ts'
import { mutantsOf, readOrRefuse, refusalOf } from '../mutations.ts'
import { unmalleable } from '../unmalleable.ts'

const content = {
  payloadType: 'http://example.com/HelloWorld',
  payload: new Uint8Array(Buffer.from('hello world')),
}
const vendor = testSigner('EC-P256', 'ES256')
const aggregator = testSigner('EC-P384', 'ES384')
const customer = testSigner('Ed25519', 'Ed25519')
const good = envelope(dsse, content, {}, vendor)

type Json = Record<string, unknown> & { signatures: Record<string, unknown>[] }
const parsed = (bytes: Uint8Array): Json => JSON.parse(Buffer.from(bytes).toString())
const bytesOf = (value: unknown) => new Uint8Array(Buffer.from(JSON.stringify(value)))
const codeOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (isSealwrightError(error)) return error.code
    throw error
  }
  return 'none'
}

describe('preAuthEncoding', () => {
  it("is the specification's example, to the byte", () => {
    expect(Buffer.from(preAuthEncoding(content.payloadType, content.payload)).toString()).toBe(
      'DSSEv1 29 http://example.com/HelloWorld 11 hello world',
    )
  })

  it('counts bytes, not characters', () => {
    expect(Buffer.from(preAuthEncoding('é', Buffer.from('€'))).toString()).toBe('DSSEv1 2 é 3 €')
  })

  it('tells any two pairs of type and payload apart', () => {
    const pair = fc.tuple(fc.string({ maxLength: 8 }), fc.uint8Array({ maxLength: 8 }))
    fc.assert(
      fc.property(pair, pair, ([typeA, a], [typeB, b]) => {
        const same = typeA === typeB && Buffer.compare(a, b) === 0
        expect(Buffer.compare(preAuthEncoding(typeA, a), preAuthEncoding(typeB, b)) === 0).toBe(same)
      }),
      { numRuns: Math.min(numRuns, 2000) },
    )
  })
})

describe('dsse.prepare', () => {
  it('emits payload, type and one signature over the pre-authentication encoding', () => {
    const { signatures, ...rest } = parsed(good)
    expect(rest).toEqual({ payloadType: content.payloadType, payload: 'aGVsbG8gd29ybGQ=' })
    const signature = Buffer.from(signatures[0]!.sig as string, 'base64')
    const message = Buffer.from('DSSEv1 29 http://example.com/HelloWorld 11 hello world')
    const key = createPublicKey(vendor.privateKey)
    expect(verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)
    expect(signatures).toEqual([{ sig: signature.toString('base64') }])
  })

  it('writes the hint of the key where there is one, and reads it back', () => {
    const hinted = { ...vendor, identity: { ...vendor.identity, keyId: 'release' } }
    const bytes = envelope(dsse, content, {}, hinted)
    expect(parsed(bytes).signatures[0]).toMatchObject({ keyid: 'release' })
    expect(dsse.open(bytes).signatures[0]!.keyId).toBe('release')
    expect(dsse.open(good).signatures[0]).not.toHaveProperty('keyId')
  })

  it('adds the signatures of signers who never meet, one at a time, and keeps those before as they are', () => {
    const strange = parsed(good)
    strange.signatures[0]!.cert = 'what another tool put there'
    const two = envelope(dsse, content, {}, aggregator, { onto: bytesOf({ ...strange, more: [1] }) })
    const three = envelope(dsse, content, {}, customer, { onto: two })
    expect(parsed(three).more).toEqual([1])
    expect(parsed(three).signatures[0]).toEqual(strange.signatures[0])
    const opened = dsse.open(three)
    expect(opened.content()).toEqual(content)
    const holds = opened.signatures.map(({ toBeSigned, bytes }) =>
      [vendor, aggregator, customer].map(({ identity: { key, algorithm } }) =>
        verifySignature(algorithm, key.publicKey, toBeSigned, bytes),
      ),
    )
    expect(holds).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ])
  })

  it('leaves what others wrote as they wrote it, to the last digit', () => {
    const text = Buffer.from(good).toString()
    const strange = ` ${text.slice(0, -1)},\n"build": 12345678901234567890, "\\u0061": 1e400 }\n`
    const signatures = `[ ${JSON.stringify(parsed(good).signatures[0]).slice(0, -1)}, "at": 1.0} ]`
    const onto = Buffer.from(strange.replace(JSON.stringify(parsed(good).signatures), signatures))
    const two = Buffer.from(envelope(dsse, content, {}, aggregator, { onto })).toString()
    expect(two).toMatch(
      /^ \{.*, "at": 1\.0\},\{"sig":"[^"]+"\}\],\n"build": 12345678901234567890, "\\u0061": 1e400 \}\n$/s,
    )
    expect(dsse.open(Buffer.from(two)).signatures).toHaveLength(2)
  })

  it('refuses a key that has signed already, whatever hint its signature carries', () => {
    const hinted = parsed(good)
    hinted.signatures[0]!.keyid = 'somebody else'
    expect(refusalOf(() => dsse.prepare(content, {}, vendor.identity, bytesOf(hinted)))).toBe(
      'this key has signed this envelope already',
    )
  })

  it('refuses an envelope over other content to add to', () => {
    for (const other of [
      { ...content, payloadType: 'text/plain' },
      { ...content, payload: Buffer.from('hello World') },
    ]) {
      expect(refusalOf(() => dsse.prepare(other, {}, aggregator.identity, good))).toMatch(/another payload/)
    }
    expect(refusalOf(() => dsse.prepare(content, {}, aggregator.identity, Buffer.from('{}')))).toMatch(
      /^DSSE envelope/,
    )
  })

  it('refuses more signatures than it reads', () => {
    const many = parsed(good)
    const full = bytesOf({ ...many, signatures: Array.from({ length: 256 }, () => ({ sig: 'AAAA' })) })
    expect(dsse.open(full).signatures).toHaveLength(256)
    expect(refusalOf(() => dsse.prepare(content, {}, vendor.identity, full))).toMatch(
      /256 signatures already/,
    )
    expect(
      refusalOf(() => dsse.open(bytesOf({ ...many, signatures: Array(257).fill({ sig: 'AAAA' }) }))),
    ).toMatch(/more than 256/)
  })

  it('refuses what it has no place for, and an identity that may not sign', () => {
    const { identity } = vendor
    const evidence = { timestamps: [Uint8Array.of(1)] }
    expect(codeOf(() => envelope(dsse, content, {}, vendor, { evidence }))).toBe('UNSUPPORTED')
    expect(codeOf(() => dsse.prepare(content, { a: 1 } as never, identity))).toBe('UNSUPPORTED')
    expect(codeOf(() => dsse.prepare({ ...content, payloadType: '' }, {}, identity))).toBe('VALIDATION')
    const certificates = aggregator.identity.certificates
    expect(codeOf(() => dsse.prepare(content, {}, { ...identity, certificates }))).toBe('KEY_MISMATCH')
    const prepared = dsse.prepare(content, {}, identity)
    expect(codeOf(() => prepared.close(aggregator.sign(prepared), {}))).toBe('KEY_MISMATCH')
  })
})

describe('dsse.algorithmFor', () => {
  const { key } = vendor.identity

  it("gives the key's only algorithm", () => {
    expect(dsse.algorithmFor(key)).toBe('ES256')
  })

  it('names the choices where there are several, and says where there are none', () => {
    const choose = (algorithms: object) => {
      try {
        dsse.algorithmFor({ ...key, algorithms })
      } catch (error) {
        return isSealwrightError(error) ? `${error.code}: ${error.why}` : String(error)
      }
      return 'none'
    }
    expect(choose({ PS256: { digest: true }, RS256: { digest: true } })).toBe(
      'VALIDATION: the key allows PS256, RS256',
    )
    expect(choose({})).toBe('VALIDATION: the key allows none')
  })
})

describe('dsse.open', () => {
  it('takes both alphabets of base64, as the specification asks', () => {
    const payload = Uint8Array.of(0xfb, 0xff, 0xbf, 0)
    const read = (text: string) => dsse.open(bytesOf({ ...parsed(good), payload: text })).payload
    expect(read('+/+/AA==')).toEqual(payload)
    expect(read('-_-_AA==')).toEqual(payload)
    for (const text of ['-_+/AA==', '-_-_AA', '+/+/AB==', '+/+/AA==\n', '-_-_AB==']) {
      expect(refusalOf(() => read(text))).toMatch(/^DSSE envelope/)
    }
  })

  it('claims no algorithm and no certificates, and takes an empty keyid for none', () => {
    const { signatures } = parsed(good)
    const [signature] = dsse.open(
      bytesOf({ ...parsed(good), signatures: [{ ...signatures[0], keyid: '' }] }),
    ).signatures
    expect(Object.keys(signature!).sort()).toEqual(['attributes', 'bytes', 'evidence', 'toBeSigned'])
  })

  it.each<[string, (outer: Json) => unknown]>([
    ['a list', outer => [outer]],
    ['no payload', ({ payload: _, ...rest }) => rest],
    ['no payload type', ({ payloadType: _, ...rest }) => rest],
    ['an empty payload type', outer => ({ ...outer, payloadType: '' })],
    ['no signatures', outer => ({ ...outer, signatures: [] })],
    ['one signature outside a list', outer => ({ ...outer, signatures: outer.signatures[0] })],
    ['a signature that is a text', outer => ({ ...outer, signatures: ['AAAA'] })],
    ['an empty sig', outer => ({ ...outer, signatures: [{ sig: '' }] })],
    ['a keyid that is a number', outer => ({ ...outer, signatures: [{ sig: 'AAAA', keyid: 1 }] })],
  ])('refuses an envelope with %s', (_, change) => {
    expect(refusalOf(() => dsse.open(bytesOf(change(parsed(good)))))).toMatch(/^DSSE envelope/)
  })

  it('refuses a member twice and 20,000 levels', () => {
    const text = Buffer.from(good).toString()
    expect(refusalOf(() => dsse.open(Buffer.from(text.replace('{', '{"payload":"",'))))).toMatch(/twice/)
    expect(refusalOf(() => dsse.open(Buffer.from(text.replace('{', `{"a":${'['.repeat(20_000)}`))))).toMatch(
      /deeper than 64/,
    )
  })

  it('refuses a mutant, or finds that it does not verify, or that it says what the good one says', () => {
    const check = unmalleable(dsse, good, vendor)
    expect(check(good)).toBe(true)
    fc.assert(
      fc.property(mutantsOf(good), mutant => {
        check(mutant)
      }),
      { numRuns },
    )
  })

  it('reads what prepare wrote, of any payload', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, unit: 'binary' }),
        fc.uint8Array({ maxLength: 200 }),
        (payloadType, payload) => {
          const bytes = readOrRefuse(() => envelope(dsse, { payloadType, payload }, {}, customer))
          if (bytes === undefined) expect(payloadType.isWellFormed()).toBe(false)
          else expect(dsse.open(bytes).content()).toEqual({ payloadType, payload })
        },
      ),
      { numRuns: Math.min(numRuns, 500) },
    )
  })
})
