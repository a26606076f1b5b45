import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  type EnvelopeFormat,
  type TargetArtifact,
  type UnverifiedEnvelope,
  verifySignature,
} from '../src/index.ts'
import { notaryCose } from '../src/notary-cose/index.ts'
import { type NotaryAttributes, notaryAlgorithmFor, notaryJws } from '../src/notary-jws/index.ts'
import { deliberateDifference, unusedDifferences } from './deliberate-differences.ts'
import { readOrRefuse } from './mutations.ts'
import { absent, haveVectors, vectorBytes, vectorPath } from './vectors.ts'

interface Case {
  readonly id: string
  readonly kind: string
  readonly files: { readonly envelope: string }
  readonly params: { readonly mediaType: string; readonly mode: string }
  readonly expected: {
    readonly outcome: 'accept' | 'reject'
    readonly reason?: string
    readonly result?: Readonly<Record<string, unknown>>
  }
}

type Opened = UnverifiedEnvelope<TargetArtifact, NotaryAttributes>

const cases: readonly Case[] = haveVectors
  ? readFileSync(vectorPath('notary-verdicts', 'cases.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Case)
      .filter(({ kind }) => kind === 'envelope')
  : []
const ofIntegrity = cases.filter(({ params }) => params.mode === 'integrity')

/** Opened with its content read; `undefined` where either is refused. */
function open({ files, params }: Case): Opened | undefined {
  const formats: readonly EnvelopeFormat<TargetArtifact, NotaryAttributes>[] = [notaryJws, notaryCose]
  const format = formats.find(({ mediaType }) => mediaType === params.mediaType)
  const bytes = vectorBytes('notary-verdicts', files.envelope)
  return readOrRefuse(() => {
    const opened = format?.open(bytes)
    opened?.content()
    return opened
  })
}

/** Whether the signature is the leaf key's, with the algorithm prescribed for it. */
function holds({ signatures: [signature] }: Opened): boolean {
  return (
    readOrRefuse(() => {
      const leaf = new X509Certificate(signature!.certificates![0]!)
      const publicKey = new Uint8Array(leaf.publicKey.export({ type: 'spki', format: 'der' }))
      const algorithm = notaryAlgorithmFor({
        reference: '',
        publicKey,
        algorithms: {},
        protection: 'unknown',
      })
      if (signature!.algorithm !== algorithm) return false
      return verifySignature(algorithm, publicKey, signature!.toBeSigned, signature!.bytes)
    }) ?? false
  )
}

/** What the reference reports of an envelope that it accepts. */
function reportOf({ payload, signatures: [signature] }: Opened): Record<string, unknown> {
  const { signingScheme, signingTime, expiry, extended = [] } = signature!.attributes
  const seconds = (time: Date) => `${time.toISOString().slice(0, 19)}Z`
  return {
    algorithm: signature!.algorithm,
    chainLength: signature!.certificates!.length,
    ...(expiry ? { expiry: seconds(expiry) } : {}),
    ...(extended.length > 0
      ? {
          extendedAttributes: extended
            .map(({ key, critical }) => `${key}${critical ? ' critical' : ''}`)
            .sort(),
        }
      : {}),
    payloadSha256: createHash('sha256').update(payload).digest('hex'),
    signingScheme,
    signingTime: seconds(signingTime),
  }
}

describe("the reference's verdicts on the integrity of envelopes", () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  const accepted = ofIntegrity.filter(({ expected }) => expected.outcome === 'accept')

  it('are there', () => {
    expect(accepted.length).toBeGreaterThan(0)
    expect(ofIntegrity.length).toBeGreaterThan(accepted.length)
  })

  it.each(accepted.filter(({ id }) => deliberateDifference(id) === undefined))(
    '$id is read, to the same result',
    tested => {
      const opened = open(tested)
      expect(opened).toBeDefined()
      // The reference takes any salt in JWS; we take one as long as the digest, when the signature is verified.
      expect(holds(opened!)).toBe(!tested.id.startsWith('envelope/jws/alg-ps256-salt-'))
      const { signingTime, ...report } = reportOf(opened!)
      const { signingTime: expectedTime, ...expected } = tested.expected.result!
      expect(report).toEqual(expected)
      expect(Date.parse(signingTime as string)).toBe(
        Math.floor(Date.parse(expectedTime as string) / 1000) * 1000,
      )
    },
  )

  it.each(accepted.filter(({ id }) => deliberateDifference(id) !== undefined))(
    '$id is refused, on purpose',
    tested => {
      expect(open(tested)).toBeUndefined()
    },
  )

  it.each(ofIntegrity.filter(({ expected }) => expected.outcome === 'reject'))(
    '$id is refused, or left to the verifier of signatures and chains',
    tested => {
      const opened = open(tested)
      const reason = tested.expected.reason ?? ''
      if (opened === undefined) return
      if (/^certificate-chain is invalid/.test(reason)) return
      expect(reason).toMatch(/^(signature is invalid|rsa key size)/)
      expect(holds(opened)).toBe(false)
    },
  )
})

describe("the reference's verdicts on whole verifications", () => {
  beforeEach(({ skip }) => skip(!haveVectors, absent))

  it.each(
    cases.filter(({ params, expected }) => params.mode !== 'integrity' && expected.outcome === 'accept'),
  )('$id is read, unless its level skips or the difference is deliberate', tested => {
    if (/level-skip|changed-skip/.test(tested.id)) return
    expect(open(tested) === undefined).toBe(deliberateDifference(tested.id) !== undefined)
  })

  it('leave no difference listed that is none', () => {
    expect(unusedDifferences(cases.map(({ id }) => id))).toEqual([])
  })
})
