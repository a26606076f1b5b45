import { createPublicKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AlgorithmId, type Signer, seal } from '@sealwright/core'
import { preAuthEncoding } from '@sealwright/core/dsse'
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeKey, signerOf, type TestKey } from '../../x509/test/test-signer.ts'
import {
  BUNDLE_TYPE,
  formatStatement,
  judgeBundle,
  keyHint,
  parseTrustedRoot,
  SIGN_PREDICATE_TYPE,
  type SigstoreTrust,
  STATEMENT_TYPE,
  sigstoreBundle,
} from '../src/index.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const DIGEST = `sha256:${'ab'.repeat(32)}`
const folder = join(import.meta.dirname, 'sigstore-go')
const provenance = readFileSync(join(folder, 'provenance.sigstore.json'))
const rootBytes = readFileSync(join(folder, 'trusted-root.json'))
const empty = TrustedRoot.fromJSON({ mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1' })

type Json = ReturnType<typeof JSON.parse>

/** Changes one byte in the middle of standard base64. */
function turned(text: string): string {
  const bytes = Buffer.from(text, 'base64')
  const at = bytes.length >> 1
  bytes[at]! ^= 1
  return bytes.toString('base64')
}

/** Whether a call returns; whatever it throws is a refusal. */
function holds(verify: () => unknown): boolean {
  try {
    verify()
    return true
  } catch {
    return false
  }
}

const isVerified = async (judged: ReturnType<typeof judgeBundle>) => (await judged).verdict === 'verified'

async function ownBundle(signer: Signer, subjects = [{ digest: DIGEST }]): Promise<Uint8Array> {
  const attestation = { predicateType: SIGN_PREDICATE_TYPE, predicate: '{}' }
  const content = { payloadType: STATEMENT_TYPE, payload: formatStatement(subjects, attestation) }
  return (await seal(sigstoreBundle, content, signer, { attributes: {}, certificates: [] })).bytes
}

describe('@sigstore/verify, under a key,', () => {
  const libraryHolds = (json: Json, key: Uint8Array) =>
    holds(() => {
      const publicKey = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' })
      const material = toTrustMaterial(empty, () => ({ publicKey, validFor: () => true }))
      const none = { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 }
      return new Verifier(material, none).verify(toSignedEntity(bundleFromJSON(json as SerializedBundle)))
    })

  it.each<[TestKey, AlgorithmId, boolean]>([
    ['p256', 'ES256', true],
    ['rsa2048', 'RS256', true],
    // What the library refuses, and judge.ts therefore leaves to core.
    ['p384', 'ES384', false],
    ['p521', 'ES512', false],
  ])('reads what we write by %s with %s, and verifies it: %s', async (type, algorithm, expected) => {
    const signer = await signerOf(makeKey(type), algorithm)
    const bytes = await ownBundle(signer)
    const { publicKey } = signer.key
    const json = JSON.parse(Buffer.from(bytes).toString())
    expect(json.verificationMaterial.publicKey.hint).toBe(keyHint(publicKey))
    expect(libraryHolds(json, publicKey)).toBe(expected)
    const trust: SigstoreTrust = { kind: 'keys', keys: [publicKey] }
    expect(await isVerified(judgeBundle(bytes, { digest: DIGEST }, trust, { now: NOW }))).toBe(true)
  })

  describe('agrees with us on a bundle', () => {
    let signer: Signer
    let bytes: Uint8Array
    beforeAll(async () => {
      signer = await signerOf(makeKey('p256'), 'ES256')
      bytes = await ownBundle(signer)
    })

    it.each<[string, (json: Json) => void]>([
      ['as it is', () => {}],
      [
        'with another signature',
        json => {
          json.dsseEnvelope.signatures[0].sig = turned(json.dsseEnvelope.signatures[0].sig)
        },
      ],
      [
        'with another payload type',
        json => {
          json.dsseEnvelope.payloadType = 'application/vnd.in-toto.a+json'
        },
      ],
      [
        'with another payload',
        json => {
          json.dsseEnvelope.payload = Buffer.from(
            `${Buffer.from(json.dsseEnvelope.payload, 'base64')} `,
          ).toString('base64')
        },
      ],
      [
        'without a signature',
        json => {
          json.dsseEnvelope.signatures = []
        },
      ],
      [
        'with two signatures',
        json => {
          json.dsseEnvelope.signatures.push(json.dsseEnvelope.signatures[0])
        },
      ],
      [
        'without a payload',
        json => {
          json.dsseEnvelope.payload = ''
        },
      ],
      [
        'of no version',
        json => {
          json.mediaType = 'application/json'
        },
      ],
      [
        'without material',
        json => {
          json.verificationMaterial = {}
        },
      ],
      [
        'without content',
        json => {
          delete json.dsseEnvelope
        },
      ],
    ])('%s', async (name, change) => {
      const json = JSON.parse(Buffer.from(bytes).toString())
      change(json)
      const { publicKey } = signer.key
      const trust: SigstoreTrust = { kind: 'keys', keys: [publicKey] }
      const changed = Buffer.from(JSON.stringify(json))
      const ours = await isVerified(judgeBundle(changed, { digest: DIGEST }, trust, { now: NOW }))
      expect([ours, libraryHolds(json, publicKey)]).toEqual(Array(2).fill(name === 'as it is'))
    })
  })
})

describe('@sigstore/verify, under an identity, agrees with us on a bundle', () => {
  const identity = 'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main'
  const issuer = 'https://token.actions.githubusercontent.com'
  const whole = JSON.parse(provenance.toString())
  const [{ digest }] = JSON.parse(Buffer.from(whole.dsseEnvelope.payload, 'base64').toString()).subject
  const entryOf = (json: Json) => json.verificationMaterial.tlogEntries[0]
  const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(rootBytes.toString())))

  it.each<[string, (json: Json) => void]>([
    ['as it is', () => {}],
    [
      'with another signature',
      json => {
        json.dsseEnvelope.signatures[0].sig = turned(json.dsseEnvelope.signatures[0].sig)
      },
    ],
    [
      'with another body of the entry',
      json => {
        entryOf(json).canonicalizedBody = turned(entryOf(json).canonicalizedBody)
      },
    ],
    [
      'with another time of the entry',
      json => {
        entryOf(json).integratedTime = '1'
      },
    ],
    [
      'with another index of the entry',
      json => {
        entryOf(json).logIndex = '1'
      },
    ],
    [
      'with another promise',
      json => {
        entryOf(json).inclusionPromise.signedEntryTimestamp = turned(
          entryOf(json).inclusionPromise.signedEntryTimestamp,
        )
      },
    ],
    [
      'with another hash of the proof',
      json => {
        entryOf(json).inclusionProof.hashes[0] = turned(entryOf(json).inclusionProof.hashes[0])
      },
    ],
    [
      'with a proof of another size',
      json => {
        entryOf(json).inclusionProof.treeSize = '7'
      },
    ],
    [
      'with another kind of entry',
      json => {
        entryOf(json).kindVersion.kind = 'hashedrekord'
      },
    ],
    [
      'of another log',
      json => {
        entryOf(json).logId.keyId = turned(entryOf(json).logId.keyId)
      },
    ],
    [
      'without its entry',
      json => {
        json.verificationMaterial.tlogEntries = []
      },
    ],
    [
      'with its entry twice',
      json => {
        json.verificationMaterial.tlogEntries.push(entryOf(json))
      },
    ],
    [
      'without a promise',
      json => {
        delete entryOf(json).inclusionPromise
      },
    ],
    [
      'without a proof',
      json => {
        delete entryOf(json).inclusionProof
      },
    ],
  ])('%s', async (name, change) => {
    const json = structuredClone(whole)
    change(json)
    const policy = { subjectAlternativeName: identity, extensions: { issuer } }
    const theirs = holds(() =>
      new Verifier(material).verify(toSignedEntity(bundleFromJSON(json as SerializedBundle)), policy),
    )
    const trust: SigstoreTrust = {
      kind: 'identity',
      identity,
      issuer,
      trustedRoot: parseTrustedRoot(rootBytes),
    }
    const changed = Buffer.from(JSON.stringify(json))
    const artifact = { digest: `sha512:${digest.sha512}` }
    expect(await isVerified(judgeBundle(changed, artifact, trust, { now: NOW }))).toBe(theirs)
    // A promise alone is enough in a bundle of version 0.1, and the size of the tree is the checkpoint's.
    expect(theirs).toBe(['as it is', 'without a proof', 'with a proof of another size'].includes(name))
  })
})

describe('hostile bundles are refused within bounds:', () => {
  const refused = async (bytes: Uint8Array, signer: Signer, digest = DIGEST) => {
    const trust: SigstoreTrust = { kind: 'keys', keys: [signer.key.publicKey] }
    const judged = await judgeBundle(bytes, { digest }, trust, { now: NOW })
    return judged.verdict === 'refused' ? judged.fault : 'verified'
  }
  const sealedText = async (signer: Signer, statement: string) => {
    const content = { payloadType: STATEMENT_TYPE, payload: Buffer.from(statement) }
    return (await seal(sigstoreBundle, content, signer, { attributes: {}, certificates: [] })).bytes
  }
  const statement = (members: object) =>
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: 'ab'.repeat(32) } }],
      predicateType: SIGN_PREDICATE_TYPE,
      predicate: {},
      ...members,
    })
  let signer: Signer
  beforeAll(async () => {
    signer = await signerOf(makeKey('p256'), 'ES256')
  })

  it('1,024 subjects are read, and 1,025 are not', async () => {
    const subjects = Array.from({ length: 1024 }, (_, index) => ({
      digest: `sha256:${index.toString(16).padStart(64, '0')}`,
    }))
    const { privateKey, spki } = makeKey('p256')
    const predicate = { predicateType: SIGN_PREDICATE_TYPE, predicate: '{}' }
    const payload = formatStatement(subjects, predicate)
    // By hand: the store of the tests takes messages of at most 64 KiB.
    const bundleOf = (signed: Uint8Array) => {
      const sig = sign('sha256', preAuthEncoding(STATEMENT_TYPE, signed), privateKey).toString('base64')
      const dsseEnvelope = {
        payloadType: STATEMENT_TYPE,
        payload: Buffer.from(signed).toString('base64'),
        signatures: [{ sig }],
      }
      const verificationMaterial = { publicKey: { hint: keyHint(spki) } }
      return Buffer.from(JSON.stringify({ mediaType: BUNDLE_TYPE, verificationMaterial, dsseEnvelope }))
    }
    const trust: SigstoreTrust = { kind: 'keys', keys: [spki] }
    const told = async (digest: string, signed: Uint8Array = payload) => {
      const judged = await judgeBundle(bundleOf(signed), { digest }, trust, { now: NOW })
      return judged.verdict === 'refused' ? judged.fault : 'verified'
    }
    for (const index of [0, 511, 1023]) expect(await told(subjects[index]!.digest)).toBe('verified')
    expect(await told(`sha256:${'f'.repeat(64)}`)).toBe('artifact')
    await expect(ownBundle(signer, [...subjects, { digest: DIGEST }])).rejects.toMatchObject({
      code: 'VALIDATION',
    })
    const many = { subject: Array(1025).fill({ digest: { sha256: 'ab'.repeat(32) } }) }
    expect(await told(DIGEST, Buffer.from(statement(many)))).toBe('malformed')
  })

  it('33 digests, a member twice, another payload type, a payload without a statement', async () => {
    const digests = Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`x${index}`, 'ab']))
    expect(
      await refused(await sealedText(signer, statement({ subject: [{ digest: digests }] })), signer),
    ).toBe('malformed')
    const twice = statement({}).replace('"predicate":{}', '"predicate":{"a":1,"a":2}')
    expect(await refused(await sealedText(signer, twice), signer)).toBe('malformed')
    expect(await refused(await sealedText(signer, '[]'), signer)).toBe('malformed')
    const content = { payloadType: 'text/plain', payload: Buffer.from(statement({})) }
    const other = await seal(sigstoreBundle, content, signer, { attributes: {}, certificates: [] })
    expect(await refused(other.bytes, signer)).toBe('malformed')
  })

  it('65 log entries, 65 timestamps, 33 MiB', async () => {
    const json = JSON.parse(Buffer.from(await ownBundle(signer)).toString())
    const bytesOf = (material: object) =>
      Buffer.from(
        JSON.stringify({ ...json, verificationMaterial: { ...json.verificationMaterial, ...material } }),
      )
    expect(await refused(bytesOf({ tlogEntries: Array(65).fill({}) }), signer)).toBe('malformed')
    const rfc3161Timestamps = Array(65).fill({ signedTimestamp: 'AAAA' })
    expect(await refused(bytesOf({ timestampVerificationData: { rfc3161Timestamps } }), signer)).toBe(
      'malformed',
    )
    expect(await refused(Buffer.alloc(33 * 1024 * 1024, 0x20), signer)).toBe('malformed')
  })
})
