import type { NotaryAttributes } from '@sealwright/core/notary-jws'
import { beforeAll, expect, it } from 'vitest'
import type { Statement } from '../src/trust/policy.ts'
import type { Trust } from '../src/trust/trust.ts'
import { checkAuthenticity, isNotBy } from '../src/verify/authenticity.ts'
import { StoreIndex } from '../src/verify/store-index.ts'
import { makeAuthority, makeParty, NOW, type Party } from './party.ts'

let people: Readonly<Record<string, Party>>
let stores: StoreIndex
beforeAll(async () => {
  const acme = await makeAuthority('Acme')
  people = {
    acme: await makeParty({ organisation: 'Acme', authority: acme }),
    other: await makeParty({ organisation: 'Other', authority: acme }),
    stranger: await makeParty({ organisation: 'Acme' }),
    // Without the attributes that an identity must have.
    incomparable: await makeParty({
      organisation: 'Acme',
      authority: acme,
      certificate: { subject: 'CN=release' },
    }),
  }
  const certificates = [acme.root.der]
  const trust: Trust = {
    source: 'test',
    stores: {
      'ca:acme': { certificates },
      'signingAuthority:acme': { certificates },
      'ca:broken': { fault: 'it cannot be read' },
    },
  }
  stores = new StoreIndex(trust)
})

const STORES = [
  ['ca:acme'],
  ['signingAuthority:acme'],
  ['tsa:acme', 'ca:acme'],
  ['ca:broken', 'ca:acme'],
  ['ca:acme', 'ca:broken'],
  ['ca:missing'],
  [],
]
const IDENTITIES = [
  ['*'],
  ['x509.subject: C=DE, ST=Hessen, O=Acme'],
  ['x509.subject: C=DE, ST=Hessen, O=Other', 'x509.subject: C=DE, ST=Hessen, O=Acme, CN=release'],
  ['x509.subject: C=DE, ST=Hessen, O=Acme, CN=somebody'],
  ['plugin: acme'],
]
const SCHEMES = ['notary.x509', 'notary.x509.signingAuthority'] as const

it('tells whose a signature is not as the check with its reasons does', () => {
  const outcomes: Record<string, number> = {}
  for (const { chain } of Object.values(people))
    for (const trustStores of STORES)
      for (const trustedIdentities of IDENTITIES)
        for (const signingScheme of SCHEMES) {
          const attributes: NotaryAttributes = { signingTime: NOW, signingScheme }
          const envelope = { chain, attributes, timestamps: [] }
          const statement: Statement = {
            name: 'test',
            signatureVerification: { level: 'strict' },
            trustStores,
            trustedIdentities,
          }
          const { outcome } = checkAuthenticity(envelope, statement, stores).finding
          expect(isNotBy(envelope, statement, stores)).toBe(outcome === 'failed')
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        }
  expect(Object.keys(outcomes).sort()).toEqual(['failed', 'passed', 'unknown'])
})
