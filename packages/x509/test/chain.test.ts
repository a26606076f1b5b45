import { der } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import { assertChain, type Certificate, type ChainPurpose, checkChain, orderChain } from '../src/index.ts'
import {
  basicConstraints,
  CA_EXTENSIONS,
  CODE_SIGNING,
  craft,
  extendedKeyUsage,
  extension,
  keyOf,
  keyUsage,
  LEAF,
  LEAF_EXTENSIONS,
  leaf,
  MIDDLE,
  middle,
  ROOT,
  root,
  TIME_STAMPING,
} from './craft.ts'
import { hasMlDsa, makeKey } from './test-signer.ts'

const AT = new Date('2026-06-01T00:00:00Z')

function faults(chain: readonly Certificate[], purpose: ChainPurpose = 'codeSigning'): string[] {
  return checkChain(chain, { purpose, at: AT }).map(
    ({ rule, certificate, message }) => `${certificate} ${rule}: ${message}`,
  )
}

describe('checkChain finds', () => {
  it('nothing wrong with a chain of one, two and three', () => {
    const alone = leaf({ issuer: { subject: LEAF, key: keyOf('leaf') } })
    const ofRoot = leaf({ issuer: { subject: ROOT, key: keyOf('root') } })
    expect([faults([alone]), faults([ofRoot, root()]), faults([leaf(), middle(), root()])]).toEqual([
      [],
      [],
      [],
    ])
  })

  it('nothing wrong with a leaf whose subject equals that of its root', () => {
    const sameName = leaf({ subject: ROOT, issuer: { subject: ROOT, key: keyOf('root') } })
    expect(faults([sameName, root()])).toEqual([])
    expect(sameName.selfSigned).toBe(false)
  })

  it('nothing wrong with critical extensions that are unknown, as the specification demands', () => {
    const unknown = extension('1.3.6.1.4.1.55555.9', true, der.nul())
    expect(faults([leaf({ extensions: [...LEAF_EXTENSIONS, unknown] }), middle(), root()])).toEqual([])
  })

  it('nothing wrong at any time when no time is asked for', () => {
    const old = leaf({ notAfter: new Date('2021-01-01T00:00:00Z') })
    expect(checkChain([old, middle(), root()], { purpose: 'codeSigning' })).toEqual([])
  })

  it.each<[string, readonly Uint8Array[], string]>([
    ['no keyUsage', [], 'leaf-key-usage: keyUsage is absent'],
    ['keyUsage not critical', [keyUsage(0x80, false)], 'leaf-key-usage: keyUsage is not marked critical'],
    [
      'keyEncipherment alone',
      [keyUsage(0x20)],
      'leaf-key-usage: keyUsage lacks digitalSignature (found keyEncipherment)',
    ],
    [
      'cA true',
      [keyUsage(0x80), basicConstraints(true)],
      'leaf-basic-constraints: basicConstraints has cA true, which makes it a CA and no leaf',
    ],
    ...(
      [
        ['keyEncipherment', 0x20],
        ['dataEncipherment', 0x10],
        ['keyAgreement', 0x08],
        ['keyCertSign', 0x04],
        ['cRLSign', 0x02],
        ['encipherOnly', 0x01],
      ] as const
    ).map(([name, bit]): [string, readonly Uint8Array[], string] => [
      `${name} beside digitalSignature`,
      [keyUsage(0x80 | bit)],
      `leaf-key-usage: keyUsage has ${name}, which a leaf must not have`,
    ]),
    ...(
      [
        ['anyExtendedKeyUsage', '2.5.29.37.0'],
        ['serverAuth', '1.3.6.1.5.5.7.3.1'],
        ['clientAuth', '1.3.6.1.5.5.7.3.2'],
        ['emailProtection', '1.3.6.1.5.5.7.3.4'],
        ['timeStamping', TIME_STAMPING],
        ['OCSPSigning', '1.3.6.1.5.5.7.3.9'],
      ] as const
    ).map(([name, oid]): [string, readonly Uint8Array[], string] => [
      `the usage ${name}`,
      [keyUsage(0x80), extendedKeyUsage([CODE_SIGNING, oid])],
      `leaf-extended-key-usage: extendedKeyUsage has ${name}, which a code-signing leaf must not have`,
    ]),
  ])('a leaf with %s', (_title, extensions, fault) => {
    const found = faults([leaf({ extensions }), middle(), root()])
    expect(
      found.some(text => text.startsWith(`0 ${fault}`)),
      found.join('\n'),
    ).toBe(true)
  })

  it('nothing wrong with contentCommitment, cA false that is not critical, no usages, and usages that nobody forbids', () => {
    const extensions = [keyUsage(0xc0), basicConstraints(false, false)]
    const more = [...extensions, extendedKeyUsage(['1.3.6.1.4.1.311.61.1.1'], true)]
    expect(faults([leaf({ extensions }), middle(), root()])).toEqual([])
    expect(faults([leaf({ extensions: more }), middle(), root()])).toEqual([])
  })

  it.each<[string, readonly Uint8Array[], string]>([
    ['no basicConstraints', [keyUsage(0x04)], 'ca-basic-constraints: basicConstraints is absent'],
    [
      'cA false',
      [basicConstraints(false), keyUsage(0x04)],
      'ca-basic-constraints: basicConstraints has cA false',
    ],
    [
      'basicConstraints not critical',
      [basicConstraints(true, false), keyUsage(0x04)],
      'ca-basic-constraints: basicConstraints is not marked critical',
    ],
    ['no keyUsage', [basicConstraints(true)], 'ca-key-usage: keyUsage is absent'],
    [
      'keyUsage not critical',
      [basicConstraints(true), keyUsage(0x04, false)],
      'ca-key-usage: keyUsage is not marked critical',
    ],
    [
      'no keyCertSign',
      [basicConstraints(true), keyUsage(0x02)],
      'ca-key-usage: keyUsage lacks keyCertSign (found cRLSign)',
    ],
  ])('an intermediate with %s', (_title, extensions, fault) => {
    expect(faults([leaf(), middle({ extensions }), root()])).toEqual([`1 ${fault}`])
  })

  it('a path length that the chain exceeds, and none that it keeps', () => {
    const limited = (length: number) =>
      root({ extensions: [basicConstraints(true, true, length), keyUsage(0x04)] })
    expect(faults([leaf(), middle(), limited(1)])).toEqual([])
    expect(faults([leaf(), middle(), limited(0)])).toEqual([
      '2 ca-path-length: the path length of basicConstraints is 0, and 1 CA certificate stands below',
    ])
  })

  it('a certificate that another key of the same name signed', () => {
    const forged = leaf({ issuer: { subject: MIDDLE, key: keyOf('mallory') } })
    expect(faults([forged, middle(), root()])).toEqual([
      `0 issuer-signature: its signature does not hold under the key of ${MIDDLE}`,
    ])
  })

  it('a certificate that names another issuer, although the key fits', () => {
    const misnamed = leaf({ issuer: { subject: `OU=x,${MIDDLE}`, key: keyOf('middle') } })
    expect(faults([misnamed, middle(), root()])[0]).toMatch(/^0 issuer-name: it names /)
  })

  it('a chain without its root, with its root twice, and in the wrong order', () => {
    expect(faults([leaf(), middle()])).toEqual([
      `1 root-self-signed: it is issued by ${ROOT}, which is not in the chain`,
    ])
    expect(faults([leaf(), middle(), root(), root()])).toContain(
      '2 self-signed-last: it is self-signed, and certificates follow it',
    )
    expect(faults([root(), middle(), leaf()]).length).toBeGreaterThan(3)
  })

  it('a root whose signature is not its own', () => {
    const forged = root({ issuer: { subject: ROOT, key: keyOf('mallory') } })
    expect(faults([leaf(), middle(), forged])).toContain(
      '2 root-self-signed: its signature does not hold under its own key',
    )
  })

  it('validity, to the second and with both ends included', () => {
    const notBefore = new Date('2026-01-01T00:00:00Z')
    const notAfter = new Date('2026-12-31T23:59:59Z')
    const chain = [leaf({ notBefore, notAfter }), middle(), root()]
    const at = (time: string) =>
      checkChain(chain, { purpose: 'codeSigning', at: new Date(time) }).map(({ rule }) => rule)
    expect(at('2026-01-01T00:00:00Z')).toEqual([])
    expect(at('2026-12-31T23:59:59Z')).toEqual([])
    expect(at('2025-12-31T23:59:59.999Z')).toEqual(['validity'])
    expect(at('2026-12-31T23:59:59.001Z')).toEqual(['validity'])
    expect(at('no time')).toEqual(['validity', 'validity', 'validity'])
  })

  it('a signature with SHA-1, and one by an algorithm that is unknown', () => {
    const sha1 = der.sequence(der.oid('1.2.840.10045.4.1'))
    const strange = der.sequence(der.oid('1.2.3.4'))
    expect(faults([leaf({ innerAlgorithm: sha1, hash: 'sha1' }), middle(), root()])).toContain(
      '0 signature-algorithm: ecdsa-with-SHA1 is broken',
    )
    expect(faults([leaf({ innerAlgorithm: strange }), middle(), root()])).toContain(
      '0 signature-algorithm: signature algorithm 1.2.3.4 is unknown',
    )
  })

  it.each([
    ['ed25519', 'Ed25519'],
    ['p224', 'EC on P-224'],
    ['secp256k1', 'an EC key on secp256k1'],
    ...(hasMlDsa ? ([['ml-dsa-44', 'an ML-DSA-44 key']] as const) : []),
  ] as const)('a leaf with a key of type %s', (type, name) => {
    const [fault, ...more] = faults([leaf({ key: makeKey(type) }), middle(), root()])
    expect(fault).toBe(
      `0 leaf-key: the key is ${name}; a leaf needs RSA of 2048, 3072 or 4096 bits, or EC on P-256, P-384 or P-521`,
    )
    expect(more).toEqual([])
  })

  it('a CA with a key on secp256k1', () => {
    const key = makeKey('secp256k1')
    const ofMiddle = leaf({ issuer: { subject: MIDDLE, key } })
    expect(faults([ofMiddle, middle({ key }), root()]).join()).toMatch(
      /^1 ca-key: the key is an EC key on secp256k1; [^,]*, /,
    )
  })

  it('a key whose point is not on its curve', () => {
    const spki = Uint8Array.from(keyOf('leaf').spki)
    spki[spki.length - 1]! ^= 1
    expect(faults([leaf({ key: { ...keyOf('leaf'), spki } }), middle(), root()])).toEqual([
      '0 leaf-key: the key is unsound: its numbers are no key of its kind',
    ])
  })

  it('no certificate, and too many', () => {
    expect(faults([])).toEqual(['0 chain-length: the chain has 0 certificates'])
    expect(faults(Array(21).fill(root()))).toEqual(['0 chain-length: the chain has 21 certificates'])
  })

  it('for timestamping: usages that are absent, not critical, or not exactly timeStamping', () => {
    const check = (...extensions: Uint8Array[]) =>
      faults([leaf({ extensions }), middle(), root()], 'timestamping')
    const rule = '0 timestamping-extended-key-usage: extendedKeyUsage'
    expect(check(keyUsage(0x80), extendedKeyUsage([TIME_STAMPING], true))).toEqual([])
    expect(check(keyUsage(0x80, false), extendedKeyUsage([TIME_STAMPING], true))).toEqual([])
    expect(check(keyUsage(0x80))).toEqual([`${rule} is absent`])
    expect(check(keyUsage(0x80), extendedKeyUsage([TIME_STAMPING]))).toEqual([
      `${rule} is not marked critical`,
    ])
    expect(check(keyUsage(0x80), extendedKeyUsage([TIME_STAMPING, CODE_SIGNING], true))).toEqual([
      `${rule} is not exactly timeStamping (found timeStamping, codeSigning)`,
    ])
  })
})

describe('assertChain', () => {
  it('accepts a good chain', () => {
    expect(() => assertChain([leaf(), middle(), root()], { purpose: 'codeSigning', at: AT })).not.toThrow()
  })

  it('names the first fault in the message and all of them in why', () => {
    const bad = [
      leaf({ extensions: [keyUsage(0x20)] }),
      middle({ extensions: [basicConstraints(true)] }),
      root(),
    ]
    expect(() => assertChain(bad, { purpose: 'codeSigning' })).toThrow(
      expect.objectContaining({
        code: 'VALIDATION',
        message:
          'the certificate chain breaks the Notary Project rules for signing: keyUsage lacks digitalSignature (found keyEncipherment)',
        why: expect.stringMatching(
          /^leaf CN=Leaf.*\[leaf-key-usage\]; .*; intermediate 1 CN=Middle.*\[ca-key-usage\]$/,
        ),
      }),
    )
  })
})

describe('orderChain', () => {
  const names = (chain: readonly Certificate[]) => chain.map(({ subject }) => subject.rdns.at(-1)![0]!.value)

  it('puts the leaf first, whatever the order, and counts copies once', () => {
    const [one, two, three] = [leaf(), middle(), root()]
    for (const mixed of [
      [three, one, two],
      [two, three, one],
      [one, two, three],
      [three, two, one, two],
    ]) {
      expect(names(orderChain(mixed))).toEqual(['Leaf', 'Middle', 'Root'])
    }
    expect(names(orderChain([three, two, three].reverse()))).toEqual(['Middle', 'Root'])
  })

  it('leaves it to checkChain that the root is missing', () => {
    expect(names(orderChain([middle(), leaf()]))).toEqual(['Leaf', 'Middle'])
  })

  it('tells roots of one name apart by their keys', () => {
    const other = root({ key: keyOf('other-root') })
    expect(() => orderChain([root(), leaf(), middle(), other])).toThrow(/not one chain/)
    expect(names(orderChain([root(), leaf(), middle()]))).toEqual(['Leaf', 'Middle', 'Root'])
  })

  it.each<[string, () => Certificate[], RegExp]>([
    ['nothing', () => [], /0 certificates were given/],
    [
      'two leaves',
      () => [leaf(), leaf({ subject: 'CN=Second,C=US' }), middle()],
      /none of these issued another: .*Leaf.*Second/,
    ],
    [
      'two issuers of one certificate',
      () => [leaf(), middle(), middle({ serial: der.integer(2) }), root()],
      /CN=Leaf.* has two issuers among them/,
    ],
    [
      'a circle',
      () => [
        craft({
          subject: 'CN=a',
          key: keyOf('a'),
          issuer: { subject: 'CN=b', key: keyOf('b') },
          extensions: CA_EXTENSIONS,
        }),
        craft({
          subject: 'CN=b',
          key: keyOf('b'),
          issuer: { subject: 'CN=a', key: keyOf('a') },
          extensions: CA_EXTENSIONS,
        }),
      ],
      /in a circle/,
    ],
  ])('refuses %s', (_title, certificates, why) => {
    expect(() => orderChain(certificates())).toThrow(
      expect.objectContaining({ code: 'VALIDATION', why: expect.stringMatching(why) }),
    )
  })
})
