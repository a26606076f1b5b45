import { createPublicKey, type JsonWebKey, X509Certificate } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import { algorithms, verifySignature } from '../../src/index.ts'
import { checkAttributes } from '../../src/notary/attributes.ts'
import { notaryCose } from '../../src/notary-cose/index.ts'
import { encodeProtected, RESERVED } from '../../src/notary-cose/protected-header.ts'
import { encodeSign1, readSign1, sigStructure } from '../../src/notary-cose/sign1.ts'
import { readOrRefuse, refusalOf } from '../mutations.ts'
import { absent, haveVectors, vectorBytes, vectorJson, vectorPath } from '../vectors.ts'

const hex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))
const MAX = 100_000

interface Conformance {
  readonly signingTime: number
  readonly expiry: number
  readonly payload: string
  readonly protectedHeaders: { readonly cborHex: string }
  readonly expectedOutput: { readonly cborHex: string }
}

describe('the COSE vectors of notation-core', () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  it('have the protected header and the message that we emit', () => {
    const expected = vectorJson<Conformance>('notation-core', 'cose-conformance.json')
    const attributes = checkAttributes(
      {
        signingTime: new Date(expected.signingTime * 1000),
        expiry: new Date(expected.expiry * 1000),
        extended: [
          { key: 'signedCritKey1', value: 'signedCritValue1', critical: true },
          { key: 'signedKey1', value: 'signedValue1', critical: false },
        ],
      },
      RESERVED,
    )
    const protectedBytes = encodeProtected('PS384', attributes)
    expect(protectedBytes).toEqual(hex(expected.protectedHeaders.cborHex))
    const message = hex(expected.expectedOutput.cborHex)
    const { signature } = readSign1(message, 'vector', MAX)
    const unprotected = new Map([['io.cncf.notary.signingAgent', 'NotationConformanceTest/1.0.0']])
    expect(encodeSign1({ protectedBytes, unprotected, payload: hex(expected.payload), signature })).toEqual(
      message,
    )
  })
})

describe('the COSE envelope of notation-go', () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  it('is read, and its signature holds', () => {
    const opened = notaryCose.open(vectorBytes('notation-go', 'cose_signature.sig'))
    const [signature] = opened.signatures
    const leaf = new X509Certificate(signature!.certificates![0]!)
    const publicKey = new Uint8Array(leaf.publicKey.export({ type: 'spki', format: 'der' }))
    expect(verifySignature(signature!.algorithm!, publicKey, signature!.toBeSigned, signature!.bytes)).toBe(
      true,
    )
    expect(opened.content()).toMatchObject({
      size: expect.any(Number),
      digest: expect.stringMatching(/^sha256:/),
    })
  })
})

interface Example {
  readonly title: string
  readonly fail?: boolean
  readonly input: { readonly sign0?: { readonly key: JsonWebKey; readonly external?: string } }
  readonly intermediates: { readonly ToBeSign_hex: string }
  readonly output: { readonly cbor: string }
}

describe('the COSE_Sign1 examples of the COSE working group', () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  const names = ['ecdsa-examples', 'eddsa-examples', 'sign1-tests'].flatMap(folder =>
    haveVectors ? readdirSync(vectorPath('cose', folder)).map(name => [folder, name] as const) : [],
  )
  const example = (folder: string, name: string) => vectorJson<Example>('cose', folder, name)
  /** What a reader must refuse, or be left with a signature that does not hold, and why. */
  const refused: Readonly<Record<string, string>> = {
    'sign-pass-02.json': 'external data, which Notary has none of',
    'sign-pass-01.json': 'an empty protected header in two spellings, where Notary has none that is empty',
    'sign-pass-03.json': 'no tag, which Notary demands',
    'ecdsa-sig-04.json': 'ES512 with P-256: an algorithm of ours names its curve',
    'eddsa-sig-01.json': 'the algorithm EdDSA, which does not name its curve',
    'eddsa-sig-02.json': 'the algorithm EdDSA with Ed448',
  }

  it.each(names.filter(([folder, name]) => example(folder, name).input.sign0))('%s/%s', (folder, name) => {
    const { fail, input, intermediates, output } = example(folder, name)
    const sign1 = readOrRefuse(() => readSign1(hex(output.cbor), 'example', MAX))
    const id = Object.values(algorithms).find(({ cose }) => cose === sign1?.protected.get(1))?.id
    const { kid: _, ...jwk } = input.sign0!.key
    const holds =
      sign1 !== undefined &&
      id !== undefined &&
      readOrRefuse(() =>
        verifySignature(
          id,
          createPublicKey({ key: jwk, format: 'jwk' }),
          sigStructure(sign1.protectedBytes, sign1.payload),
          sign1.signature,
        ),
      )
    expect(holds ?? false).toBe(!fail && !(name in refused))
    if (holds)
      expect(sigStructure(sign1.protectedBytes, sign1.payload)).toEqual(hex(intermediates.ToBeSign_hex))
  })

  it.each(names.filter(([folder, name]) => !example(folder, name).input.sign0))(
    '%s/%s is a COSE_Sign, which is refused',
    (folder, name) => {
      expect(refusalOf(() => readSign1(hex(example(folder, name).output.cbor), 'example', MAX))).toBe(
        'example: not a tagged COSE_Sign1',
      )
    },
  )

  it('are all there', () => {
    expect(names).toHaveLength(21)
  })
})
