import { createPublicKey, type JsonWebKey, X509Certificate } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  decodeBase64url,
  decodeJson,
  encodeBase64url,
  encodeJson,
  encodeUtf8,
  isJsonObject,
} from '../../src/encoding/index.ts'
import { isAlgorithmId, SealwrightError, verifySignature } from '../../src/index.ts'
import { checkAttributes } from '../../src/notary/attributes.ts'
import { notaryJws } from '../../src/notary-jws/index.ts'
import { encodeProtected, RESERVED } from '../../src/notary-jws/notary-jws.ts'
import { readOrRefuse, refusalOf } from '../mutations.ts'
import { absent, haveVectors, vectorBytes, vectorJson, vectorPath } from '../vectors.ts'

interface Conformance {
  readonly payload: string
  readonly protected: string
}

describe('the JWS vectors of notation-core', () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  it('have the protected header and the payload that we emit', () => {
    const expected = vectorJson<Conformance>('notation-core', 'jws-conformance.json')
    const attributes = checkAttributes(
      {
        signingTime: new Date('2022-08-29T13:50:00Z'),
        expiry: new Date('2099-08-30T13:50:00Z'),
        extended: [
          { key: 'signedCritKey1', value: 'signedCritValue1', critical: true },
          ...['signedKey1', 'signedKey2', 'signedKey3', 'signedKey4'].map(key => ({
            key,
            value: 'signedValue1',
            critical: false,
          })),
        ],
      },
      RESERVED,
    )
    expect(encodeBase64url(encodeProtected('ES256', attributes))).toBe(expected.protected)
    expect(
      encodeBase64url(Buffer.from(encodeJson({ key: 'hello JWS' }, { label: 'payload', sort: true }))),
    ).toBe(expected.payload)
  })
})

describe('the JWS envelopes of notation-go', () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  const files = haveVectors
    ? readdirSync(vectorPath('notation-go')).filter(name => /_env.*\.json$|metadata\.json$|^jws_/.test(name))
    : []

  const valid = files.filter(name => !name.includes('_invalid_'))

  it.each(valid)('%s is read, and its signature holds', name => {
    const opened = notaryJws.open(vectorBytes('notation-go', name))
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

  it.each(files.filter(name => !valid.includes(name)))(
    '%s is refused: its payload is not base64url',
    name => {
      expect(refusalOf(() => notaryJws.open(vectorBytes('notation-go', name)))).toBe(
        'Notary JWS payload: not canonical base64url',
      )
    },
  )

  it('covers all that there are', () => {
    expect(files).toHaveLength(18)
  })
})

interface JsonWebSignatures {
  readonly testGroups: readonly {
    readonly public?: JsonWebKey & { readonly alg?: string }
    readonly tests: readonly JsonWebSignature[]
  }[]
}
interface JsonWebSignature {
  readonly tcId: number
  readonly comment: string
  readonly jws: string
  readonly result: 'valid' | 'invalid'
}

/** Parts of a compact JWS, read by our decoders. */
function readCompact(jws: string): { algorithm: unknown; toBeSigned: Uint8Array; bytes: Uint8Array } {
  const [header = '', payload = '', signature = '', ...more] = jws.split('.')
  if (more.length > 0 || signature === '') throw new SealwrightError('VALIDATION', 'not three parts')
  const decoded = decodeJson(decodeBase64url(header, 'header'), { label: 'header' })
  decodeBase64url(payload, 'payload')
  const algorithm = isJsonObject(decoded) ? decoded.alg : undefined
  return {
    algorithm,
    toBeSigned: encodeUtf8(`${header}.${payload}`, 'input'),
    bytes: decodeBase64url(signature, 'signature'),
  }
}

describe('the JSON web signatures of Wycheproof', () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  const groups = haveVectors
    ? vectorJson<JsonWebSignatures>('wycheproof', 'json_web_signature_test.json').testGroups
    : []
  /** Marked valid although their text holds a "?", which is in no alphabet of base64. */
  const lax = [372, 373]

  /** RFC 7520, figure 20: signed with PS384, by a key that the file labels PS256. */
  const mislabelled = [346, 350]

  it('are read and verified if valid, refused or not verified if not', () => {
    let checked = 0
    let ofUse = 0
    for (const { public: jwk, tests } of groups) {
      if (jwk === undefined) continue
      const key = createPublicKey({ key: jwk, format: 'jwk' })
      // The file spells ES512 so, after the name of its curve.
      const allowed = jwk.alg === 'ES521' ? 'ES512' : jwk.alg
      for (const { tcId, comment, jws, result } of tests) {
        // What a JSON Web Key says of its use is not ours to read: we take no such keys.
        if (/rejectWrong(Use|KeyOps)/.test(comment)) {
          ofUse++
          continue
        }
        const read = readOrRefuse(() => readCompact(jws))
        const algorithm = read?.algorithm
        const agrees =
          typeof algorithm === 'string' &&
          isAlgorithmId(algorithm) &&
          (mislabelled.includes(tcId) || (allowed ?? algorithm) === algorithm)
        const holds =
          agrees && readOrRefuse(() => verifySignature(algorithm, key, read!.toBeSigned, read!.bytes))
        expect(holds ?? false, `${tcId} ${comment}`).toBe(result === 'valid')
        checked++
      }
    }
    expect({ checked, ofUse }).toEqual({ checked: 357, ofUse: 4 })
  })

  it('are refused for what is wrong with their text alone, and only for that', () => {
    // Not invalidBase64Padding: the published text has lost its padding, and is base64url now.
    const ofText = /[sS]paces(In[MHP])|UnusedBits|[iI]nvalidCharacters?In|InvalidCharacters$/
    const symmetric = groups.filter(group => group.public === undefined).flatMap(group => group.tests)
    for (const { tcId, comment, jws, result } of symmetric) {
      const read = readOrRefuse(() => readCompact(jws))
      if (result === 'valid') expect(read === undefined, `${tcId} ${comment}`).toBe(lax.includes(tcId))
      else if (ofText.test(comment)) expect(read === undefined, `${tcId} ${comment}`).toBe(true)
    }
  })
})
