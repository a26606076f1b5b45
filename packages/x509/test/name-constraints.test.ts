import { der } from '@sealwright/core/encoding'
import { describe, expect, it } from 'vitest'
import {
  type Certificate,
  checkChain,
  encodeCertificates,
  encodeDistinguishedName,
  issueCertificate,
  parseDistinguishedName,
} from '../src/index.ts'
import {
  CA_EXTENSIONS,
  extension,
  keyOf,
  LEAF,
  LEAF_EXTENSIONS,
  leaf,
  MIDDLE,
  middle,
  ROOT,
  root,
} from './craft.ts'
import { openssl } from './openssl.ts'
import { signerOf } from './test-signer.ts'

const email = (text: string) => der.implicit(1, der.ia5String(text))
const dns = (text: string) => der.implicit(2, der.ia5String(text))
/** Names are written here from the top down, as they are compared; RFC 4514 has the reverse. */
const reversed = (name: string) => name.split(',').reverse().join(',')
const directory = (name: string) =>
  der.explicit(4, encodeDistinguishedName(parseDistinguishedName(reversed(name))))
const uri = (text: string) => der.implicit(6, der.ia5String(text))
const ip = (hex: string) => der.implicit(7, der.octetString(Buffer.from(hex, 'hex')))
const other = () =>
  der.implicit(0, der.sequence(der.oid('1.2.3.4'), der.explicit(0, der.utf8String('release'))))
const registered = () => der.implicit(8, der.oid('1.2.3'))

interface Trees {
  readonly permitted?: readonly Uint8Array[]
  readonly excluded?: readonly Uint8Array[]
}

const list = (tag: number, bases: readonly Uint8Array[] = []) =>
  bases.length === 0
    ? new Uint8Array()
    : der.implicit(tag, der.sequence(...bases.map(base => der.sequence(base))))

const nameConstraints = ({ permitted, excluded }: Trees, critical = true) =>
  extension('2.5.29.30', critical, der.sequence(list(0, permitted), list(1, excluded)))

const alternativeNames = (names: readonly Uint8Array[]) =>
  extension('2.5.29.17', false, der.sequence(...names))

const caWith = (trees: Trees, critical = true) =>
  middle({ extensions: [...CA_EXTENSIONS, nameConstraints(trees, critical)] })

const leafWith = (names: readonly Uint8Array[], subject = reversed(LEAF)) =>
  leaf({
    subject: reversed(subject),
    extensions: [...LEAF_EXTENSIONS, ...(names.length > 0 ? [alternativeNames(names)] : [])],
  })

function faults(chain: readonly Certificate[]): string[] {
  return checkChain(chain, { purpose: 'codeSigning' }).map(
    ({ rule, certificate, message, stricter }) => `${certificate} ${rule} ${stricter}: ${message}`,
  )
}

function opensslSays(chain: readonly Certificate[]): 'in' | 'out' {
  const [end, ...cas] = chain as [Certificate, ...Certificate[]]
  const files = {
    leaf: encodeCertificates([end]),
    cas: encodeCertificates(cas.slice(0, -1)),
    root: encodeCertificates(cas.slice(-1)),
  }
  try {
    openssl(['verify', '-CAfile', 'root', '-untrusted', 'cas', 'leaf'], files)
    return 'in'
  } catch (error) {
    expect(String(error)).toMatch(
      /permitted subtree violation|excluded subtree violation|name constraint|name syntax/,
    )
    return 'out'
  }
}

const ACME = 'C=US,ST=WA,O=Test'

/** Constraint of the CA above the leaf, names of the leaf, subject of the leaf. */
type Situation = readonly [
  string,
  Trees,
  { readonly names?: readonly Uint8Array[]; readonly subject?: string },
  'in' | 'out',
]

const situations: readonly Situation[] = [
  ['the directory permitted', { permitted: [directory(ACME)] }, {}, 'in'],
  ['the directory in another case', { permitted: [directory('C=US,ST=wa,O=TEST')] }, {}, 'in'],
  [
    'the directory with more spaces',
    { permitted: [directory('C=US,ST=WA,O= te  st')] },
    { subject: 'C=US,ST=WA,O=Te st ,CN=x' },
    'in',
  ],
  ['the subject itself permitted', { permitted: [directory('C=US,ST=WA,O=Test,CN=Leaf')] }, {}, 'in'],
  ['one of two directories', { permitted: [directory('C=DE'), directory('C=US')] }, {}, 'in'],
  ['another directory', { permitted: [directory('C=US,ST=WA,O=Other')] }, {}, 'out'],
  ['a directory below the subject', { permitted: [directory('C=US,ST=WA,O=Test,CN=Leaf,OU=x')] }, {}, 'out'],
  ['a directory in another order', { permitted: [directory('O=Test,C=US')] }, {}, 'out'],
  ['a directory that begins alike', { permitted: [directory('C=US,ST=W')] }, {}, 'out'],
  [
    'a directory of several attributes',
    { permitted: [directory('C=US+ST=WA')] },
    { subject: 'C=US+ST=WA,O=Test' },
    'in',
  ],
  ['the directory excluded', { excluded: [directory('C=US,ST=WA,O=test')] }, {}, 'out'],
  ['another directory excluded', { excluded: [directory('C=US,ST=WA,O=Other')] }, {}, 'in'],
  [
    'permitted, and excluded below',
    { permitted: [directory('C=US')], excluded: [directory(ACME)] },
    {},
    'out',
  ],
  [
    'a directory in subjectAltName',
    { permitted: [directory(ACME)] },
    { names: [directory('C=DE,O=x')] },
    'out',
  ],
  ['a constraint of another form', { permitted: [dns('acme.example')] }, {}, 'in'],
  ['a domain', { permitted: [dns('acme.example')] }, { names: [dns('Acme.Example')] }, 'in'],
  ['a domain below', { permitted: [dns('acme.example')] }, { names: [dns('a.b.acme.example')] }, 'in'],
  [
    'a domain that ends alike',
    { permitted: [dns('acme.example')] },
    { names: [dns('notacme.example')] },
    'out',
  ],
  [
    'one of two domains',
    { permitted: [dns('acme.example')] },
    { names: [dns('acme.example'), dns('b.example')] },
    'out',
  ],
  [
    'a domain with a leading period',
    { permitted: [dns('.acme.example')] },
    { names: [dns('a.acme.example')] },
    'in',
  ],
  ['that domain itself', { permitted: [dns('.acme.example')] }, { names: [dns('acme.example')] }, 'out'],
  ['a wildcard', { permitted: [dns('acme.example')] }, { names: [dns('*.acme.example')] }, 'in'],
  ['every domain excluded', { excluded: [dns('')] }, { names: [dns('acme.example')] }, 'out'],
  ['every domain excluded, and no domain', { excluded: [dns('')] }, {}, 'in'],
  ['a domain excluded', { excluded: [dns('acme.example')] }, { names: [dns('a.acme.example')] }, 'out'],
  ['a mailbox', { permitted: [email('a@acme.example')] }, { names: [email('a@ACME.example')] }, 'in'],
  ['another mailbox', { permitted: [email('a@acme.example')] }, { names: [email('A@acme.example')] }, 'out'],
  ['a host of mailboxes', { permitted: [email('acme.example')] }, { names: [email('a@acme.example')] }, 'in'],
  ['a host below', { permitted: [email('acme.example')] }, { names: [email('a@b.acme.example')] }, 'out'],
  [
    'a domain of mailboxes',
    { permitted: [email('.acme.example')] },
    { names: [email('a@b.acme.example')] },
    'in',
  ],
  [
    'the host of the domain',
    { permitted: [email('.acme.example')] },
    { names: [email('a@acme.example')] },
    'out',
  ],
  [
    'a mailbox without a host',
    { permitted: [email('acme.example')] },
    { names: [email('acme.example')] },
    'out',
  ],
  ['a mailbox excluded', { excluded: [email('acme.example')] }, { names: [email('a@acme.example')] }, 'out'],
  [
    'an e-mail address in the subject',
    { permitted: [email('acme.example')] },
    { subject: 'C=US,emailAddress=a@b.example' },
    'out',
  ],
  [
    'a good e-mail address there',
    { permitted: [email('b.example')] },
    { subject: 'C=US,emailAddress=a@b.example' },
    'in',
  ],
  [
    'a host of URIs',
    { permitted: [uri('acme.example')] },
    { names: [uri('https://acme.example:8443/x')] },
    'in',
  ],
  [
    'a host below of URIs',
    { permitted: [uri('acme.example')] },
    { names: [uri('https://a.acme.example/')] },
    'out',
  ],
  [
    'a domain of URIs',
    { permitted: [uri('.acme.example')] },
    { names: [uri('spiffe://a.acme.example/x')] },
    'in',
  ],
  ['a URI without a host', { permitted: [uri('acme.example')] }, { names: [uri('urn:acme.example')] }, 'out'],
  [
    'a URI excluded',
    { excluded: [uri('.acme.example')] },
    { names: [uri('https://a.acme.example/')] },
    'out',
  ],
  ['an address', { permitted: [ip('0a010000ffff0000')] }, { names: [ip('0a01ffff')] }, 'in'],
  ['an address outside', { permitted: [ip('0a010000ffff0000')] }, { names: [ip('0a02ffff')] }, 'out'],
  [
    'an address outside by one bit',
    { permitted: [ip('0a010000ffff8000')] },
    { names: [ip('0a018000')] },
    'out',
  ],
  [
    'an address of IPv6 in place of IPv4',
    { permitted: [ip('0a010000ffff0000')] },
    { names: [ip('0a01'.padEnd(32, '0'))] },
    'out',
  ],
  [
    'an address of IPv6',
    { permitted: [ip(`20010db8${'0'.repeat(24)}ffffffff${'0'.repeat(24)}`)] },
    { names: [ip('20010db8'.padEnd(32, '1'))] },
    'in',
  ],
  ['an address excluded', { excluded: [ip('0000000000000000')] }, { names: [ip('7f000001')] }, 'out'],
  [
    'another form, which is not constrained',
    { permitted: [dns('acme.example')] },
    { names: [other(), registered()] },
    'in',
  ],
  ['a form that is not compared', { excluded: [registered()] }, { names: [registered()] }, 'out'],
]

describe('nameConstraints of a CA', () => {
  it.each(situations)('judge as openssl does: %s', (_title, trees, { names = [], subject }, expected) => {
    const chain = [leafWith(names, subject), caWith(trees), root()]
    const found = faults(chain)
    expect(found.length === 0 ? 'in' : 'out', found.join()).toBe(expected)
    for (const fault of found) expect(fault).toMatch(/^0 name-constraints rfc5280: /)
    expect(opensslSays(chain)).toBe(expected)
  })

  it('hold when they are not critical, and for CAs below, and add up', () => {
    const trees = { permitted: [directory('C=US')] }
    const from = { subject: ROOT, key: keyOf('root') }
    const upper = root({ extensions: [...CA_EXTENSIONS, nameConstraints(trees, false)] })
    const named = (subject: string) => middle({ subject, issuer: from })
    const by = (subject: string, own: string) =>
      leaf({ subject: own, issuer: { subject, key: keyOf('middle') } })
    for (const [chain, expected] of [
      [[by(MIDDLE, LEAF), named(MIDDLE), upper], []],
      [[by(MIDDLE, 'CN=x,C=DE'), named(MIDDLE), upper], [0]],
      [[by('CN=x,C=DE', LEAF), named('CN=x,C=DE'), upper], [1]],
      [[leafWith([], 'C=US,O=Other'), caWith({ permitted: [directory(ACME)] }), upper], [0]],
    ] as const) {
      expect(checkChain(chain, { purpose: 'codeSigning' }).map(({ certificate }) => certificate)).toEqual(
        expected,
      )
      expect(opensslSays(chain)).toBe(expected.length === 0 ? 'in' : 'out')
    }
  })

  it('say what was found, what is allowed, and by whom', () => {
    const chain = [
      leafWith([dns('a.other.example')]),
      caWith({ permitted: [dns('acme.example'), dns('b.example')] }),
      root(),
    ]
    expect(faults(chain)).toEqual([
      '0 name-constraints rfc5280: its dNSName a.other.example is outside of the nameConstraints of CN=Middle,O=Test,ST=WA,C=US, which permit acme.example; b.example',
    ])
    const excluded = [leafWith([ip('0a010203')]), caWith({ excluded: [ip('0a010000ffff0000')] }), root()]
    expect(faults(excluded)[0]).toMatch(
      /its iPAddress 10\.1\.2\.3 is excluded by the nameConstraints of CN=Middle\S* \(10\.1\.0\.0\/16\)$/,
    )
  })

  it.each([
    [
      'a URI at an address',
      { permitted: [uri('acme.example')] },
      uri('https://10.1.2.3/'),
      /the host of the URI is an address/,
    ],
    [
      'a domain that ends with a period',
      { excluded: [dns('acme.example')] },
      dns('acme.example.'),
      /is not a host name/,
    ],
    [
      'a form that is not compared',
      { permitted: [other()] },
      other(),
      /otherName: names of this form are not compared/,
    ],
  ] as const)('refuse what cannot be compared: %s', (_title, trees, name, fault) => {
    expect(faults([leafWith([name]), caWith(trees), root()])[0]).toMatch(fault)
  })

  it('refuse subtrees with a minimum, and more names than there is time for', () => {
    const minimum = der.implicit(0, der.sequence(der.sequence(dns('x'), der.implicit(0, der.integer(1)))))
    const limited = middle({
      extensions: [...CA_EXTENSIONS, extension('2.5.29.30', true, der.sequence(minimum))],
    })
    const chain = [leafWith([dns('x')]), limited, root()]
    expect(faults(chain)[0]).toMatch(/it has a minimum or a maximum/)
    expect(opensslSays(chain)).toBe('out')
    const many = Array.from({ length: 200 }, (_, index) => dns(`${index}.example`))
    expect(faults([leafWith(many), caWith({ permitted: many }), root()])[0]).toMatch(
      /too many names to compare/,
    )
  })
})

describe('a certificate is issued under a CA with nameConstraints', () => {
  const issue = async (subject: string, trees: Trees, above: Trees = {}) =>
    issueCertificate({
      signer: await signerOf(keyOf('middle'), 'ES256'),
      issuer: caWith(trees),
      issuerChain: [
        root({ extensions: [...CA_EXTENSIONS, ...('permitted' in above ? [nameConstraints(above)] : [])] }),
      ],
      subject,
      publicKey: keyOf('leaf').spki,
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2096-01-01T00:00:00Z'),
    })

  it('within them, and never outside of those of any CA above', async () => {
    const trees = { permitted: [directory(ACME)] }
    const made = await issue(LEAF, trees)
    expect(faults([made, caWith(trees), root()])).toEqual([])
    expect(opensslSays([made, caWith(trees), root()])).toBe('in')
    await expect(issue('C=US,O=Other,CN=x', trees)).rejects.toMatchObject({
      code: 'VALIDATION',
      message: `the certificate ${MIDDLE} may not issue this certificate`,
      why: expect.stringContaining('is outside of the nameConstraints'),
    })
    await expect(issue(LEAF, trees, { permitted: [directory('C=DE')] })).rejects.toMatchObject({
      code: 'VALIDATION',
      message: `the certificate ${ROOT} allows no such certificate below it`,
      why: expect.stringContaining('which permit C=DE'),
    })
  })
})
