import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { isSealwrightError } from '@sealwright/core'
import type { Descriptor } from '@sealwright/oci'
import { describe, expect, it } from 'vitest'
import {
  bindingFor,
  type CheckReport,
  createVerifier,
  openEnvelope,
  type Report,
  type SoundEnvelope,
  trustDirectory,
} from '../src/index.ts'
import { disagreement } from './deliberate-differences.ts'
import { signatureStore } from './signature-store.ts'
import { type Case, caseFile, casesOf, needVectors, verdicts } from './vectors.ts'

const titled = (mode: string) => casesOf('envelope', mode).map(found => [found.id, found] as const)

describe('notary-verdicts, envelopes without trust', () => {
  needVectors()

  it.each(titled('integrity'))('%s is judged as by the reference', (_, found) => {
    const sound = open(found)
    expect(disagreement(found, sound !== undefined)).toBeUndefined()
    if (sound !== undefined)
      expect(summary(sound)).toEqual({ extendedAttributes: [], ...found.expected.result })
  })
})

describe('notary-verdicts, verification of artifacts', () => {
  needVectors()

  it.each(titled('verify'))('%s is judged as by the reference', async (_, found) => {
    const { mediaType, descriptor, reference, userMetadata } = found.params as {
      mediaType: string
      descriptor: Descriptor
      reference: string
      userMetadata?: Record<string, string>
    }
    const artifacts = signatureStore(descriptor, [{ mediaType, bytes: caseFile(found, 'envelope') }])
    const [scope, digest] = reference.split('@')
    const report = await judged(found, verifier =>
      verifier.verify(
        { artifacts, reference: digest!, scope: scope! },
        userMetadata === undefined ? {} : { metadata: userMetadata },
      ),
    )
    compare(found, report)
  })
})

describe('notary-verdicts, verification of files', () => {
  needVectors()

  it.each(titled('blob'))('%s is judged as by the reference', async (_, found) => {
    const { mediaType, policyName, contentType, userMetadata } = found.params as {
      mediaType: string
      policyName: string
      contentType: string
      userMetadata?: Record<string, string>
    }
    const report = await judged(found, verifier =>
      verifier.verifyFile(
        {
          content: caseFile(found, 'blob'),
          envelope: { mediaType, bytes: caseFile(found, 'envelope') },
          ...(policyName === '' ? {} : { statement: policyName }),
          ...(contentType === '' ? {} : { mediaType: contentType }),
        },
        userMetadata === undefined ? {} : { metadata: userMetadata },
      ),
    )
    compare(found, report)
  })
})

function open(found: Case): SoundEnvelope | undefined {
  const binding = bindingFor(found.params.mediaType as string)
  return binding && openEnvelope(binding, caseFile(found, 'envelope')).sound
}

/** What the reference prints of an envelope that holds. */
function summary({ algorithm, chain, payload, attributes }: SoundEnvelope): object {
  const { signingScheme, signingTime, expiry, extended = [] } = attributes
  return {
    algorithm,
    chainLength: chain.length,
    payloadSha256: createHash('sha256').update(payload).digest('hex'),
    signingScheme,
    signingTime: seconds(signingTime),
    ...(expiry === undefined ? {} : { expiry: seconds(expiry) }),
    extendedAttributes: extended
      .map(({ key, critical }) => (critical ? `${key} critical` : `${key}`))
      .toSorted(),
  }
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`
}

type Verifier = Awaited<ReturnType<typeof createVerifier>>

/** The report; nothing where the policy itself is refused, or a trust store. */
async function judged(
  found: Case,
  run: (verifier: Verifier) => Promise<Report>,
): Promise<Report | 'unusable store' | undefined> {
  const verifier = await createVerifier({ trust: await trustDirectory(join(verdicts, found.files.config!)) })
  try {
    return await run(verifier)
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    return /^trust store .* cannot be used$/.test(error.message) ? 'unusable store' : undefined
  }
}

function compare(found: Case, report: Report | 'unusable store' | undefined): void {
  // The reference calls it a failure of authenticity; here it is an error, because the answer is not known.
  if (report === 'unusable store') {
    expect(disagreement(found, false)).toBeUndefined()
    const checks = found.expected.result?.checks as Readonly<Record<string, string>> | undefined
    expect(checks?.authenticity ?? 'failed/enforce').toBe('failed/enforce')
    return
  }
  const checks = report?.signatures[0]?.checks ?? []
  const accepted = report?.verdict === 'verified' || report?.verdict === 'skipped'
  expect(disagreement(found, accepted), report?.reason?.why).toBeUndefined()
  const expected = found.expected.result?.checks as Readonly<Record<string, string>> | undefined
  const agreed = accepted === (found.expected.outcome === 'accept')
  if (expected === undefined || !agreed) return
  const enforced = report?.verdict === 'unknown'
  expect(Object.fromEntries(checks.flatMap(check => referenceOutcome(check, enforced)))).toEqual(
    Object.fromEntries(
      Object.entries(expected).map(([name, outcome]) => [name, outcome.replace('ok/enforce', 'ok/log')]),
    ),
  )
}

/** Our outcome in the reference's words, where what is unknown has failed; what passed does not say whether it was enforced. */
function referenceOutcome({ check, outcome }: CheckReport, unknownEnforced: boolean): [string, string][] {
  if (!['integrity', 'authenticity', 'expiry', 'authenticTimestamp', 'revocation'].includes(check)) return []
  if (outcome === 'skipped') return []
  if (outcome === 'failed') return [[check, 'failed/enforce']]
  if (outcome === 'unknown') return [[check, unknownEnforced ? 'failed/enforce' : 'failed/log']]
  return [[check, outcome === 'logged' ? 'failed/log' : 'ok/log']]
}
