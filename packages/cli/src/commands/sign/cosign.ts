import { type AlgorithmId, type Envelope, SealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { attestationAlgorithm, type ObtainedTimestamp } from '@sealwright/notary'
import {
  attachSimpleSigning,
  findSimpleSigning,
  formatSimpleSigning,
  SIGN_PREDICATE_TYPE,
  SIMPLE_SIGNING_TYPE,
  SimpleSigningAnnotations,
  sigstoreBundle,
  timestampResponse,
} from '@sealwright/sigstore'
import { type Certificate, encodeCertificates, formatDistinguishedName } from '@sealwright/x509'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { onRecord } from '../../signatures/audit-log.ts'
import { type BundledTarget, type BundlePlan, bundleTargets } from '../../signatures/bundles.ts'
import type { SignedTarget } from '../../signatures/document.ts'
import { describeTimestamp } from '../../signatures/timestamps.ts'
import { openTarget } from '../../targets/open-target.ts'
import type { ArtifactTarget, Target } from '../../targets/target.ts'
import { attempt, type Signed } from './sign-target.ts'
import type { SignFlags } from './spec.ts'

/** The formats that cosign reads. */
export type CosignFormat = 'sigstore' | 'simplesigning'

/** How long timestamp authorities may take for one signature. */
const TIMESTAMP_MS = 60_000

/** What cosign verifies; RSA with PKCS #1 v1.5 alone. Its bundles have no Ed25519. */
const ALGORITHMS: Readonly<Record<CosignFormat, readonly AlgorithmId[]>> = {
  sigstore: ['RS256', 'ES256', 'ES384', 'ES512'],
  simplesigning: ['RS256', 'ES256', 'ES384', 'ES512', 'Ed25519'],
}

/** Returns the algorithm for a key, or says that cosign verifies none of its algorithms. */
export const cosignAlgorithm =
  (format: CosignFormat) =>
  (key: Parameters<typeof attestationAlgorithm>[0]): AlgorithmId => {
    const algorithm = attestationAlgorithm(key)
    const allowed = ALGORITHMS[format]
    if (allowed.includes(algorithm)) return algorithm
    throw new SealwrightError('VALIDATION', `cosign does not verify ${algorithm} in the format ${format}`, {
      why: `it verifies ${allowed.join(', ')}, and the key signs with ${Object.keys(key.algorithms).join(', ')}`,
      fix: 'sign with another key, or without --format',
    })
  }

/** Refuses what the formats of cosign have no place for. */
export function assertCosign(
  targets: readonly Target[],
  flags: SignFlags,
  format: CosignFormat | undefined,
): asserts targets is readonly ArtifactTarget[] {
  if (format === undefined) {
    const [name] = (['batch', 'batchPrivacy'] as const).filter(each => flags[each] !== undefined)
    if (name === undefined) return
    throw usageError(`--${name === 'batch' ? 'batch' : 'batch-privacy'} needs --format sigstore`, {
      why: 'a Notary Project signature is about one artifact',
      fix: 'add --format sigstore',
    })
  }
  const unfit = [
    ['--expiry', typeof flags.expiry === 'number', 'the format has no best-by time'],
    ['--staple', flags.staple, 'the format has no place for OCSP responses and CRLs'],
    ['--manifest', flags.manifest !== undefined, 'the format prescribes its manifest'],
    ['--recursive', flags.recursive, 'it is for Notary Project signatures: list the manifests instead'],
    ['--signature', flags.signature !== undefined, 'it is for Notary Project signatures'],
    ['--batch', flags.batch && format === 'simplesigning', 'a simple signing is about one artifact'],
    [
      '--batch-privacy',
      flags.batchPrivacy !== undefined && !flags.batch,
      'without --batch each is signed alone',
    ],
  ] as const
  for (const [flag, given, why] of unfit) {
    if (given)
      throw usageError(`${flag} cannot be used with --format ${format}`, { why, fix: `leave ${flag} out` })
  }
  const file = targets.find(({ kind }) => kind === 'file')
  if (file === undefined) return
  throw usageError(`--format ${format} is for artifacts: ${file.text}`, {
    why: 'the signature is attached to an artifact in a registry, a layout or an archive',
    fix: `sign the file without it: sealwright sign ${shellQuote(file.text)}`,
  })
}

/** What is the same for every target, beside the plan of bundles. */
export type CosignPlan = Omit<BundlePlan, 'action' | 'attestation'> & {
  readonly format: CosignFormat
  /** Signed with each target, as `cosign sign -a` does. */
  readonly metadata: Readonly<Record<string, string>>
}

/** Signs as cosign does. */
export async function signForCosign(
  session: Session,
  targets: readonly ArtifactTarget[],
  plan: CosignPlan,
): Promise<readonly Signed[]> {
  if (plan.format === 'simplesigning') {
    return Promise.all(
      targets.map(target =>
        plan.limit(() => attempt(session, target.text, () => signSimply(session, target, plan))),
      ),
    )
  }
  const attestation = { predicateType: SIGN_PREDICATE_TYPE, predicate: '{}', annotations: plan.metadata }
  const bundled = await bundleTargets(session, targets, { ...plan, action: 'sign', attestation })
  return bundled.map(each => signedOf(each, plan))
}

const OUTCOMES = { made: 'signed', unchanged: 'unchanged', wouldMake: 'wouldSign', failed: 'failed' } as const

function signedOf({ exitCode, outcome, bundle, ...rest }: BundledTarget, plan: CosignPlan): Signed {
  const { digest, subject, timestamp } = bundle ?? {}
  const signature = digest === undefined ? null : described(plan, { digest, subject, timestamp })
  return { exitCode, target: { ...rest, outcome: OUTCOMES[outcome], signature } }
}

function described(
  { format, signer, metadata }: CosignPlan,
  {
    digest,
    subject = null,
    timestamp = null,
  }: {
    readonly digest: string
    readonly subject?: string | null | undefined
    readonly timestamp?: NonNullable<SignedTarget['signature']>['timestamp'] | undefined
  },
): NonNullable<SignedTarget['signature']> {
  const algorithm = signer.algorithm.id
  const nothing = { signingTime: null, expiry: null, stapled: null }
  return { digest, format, algorithm, metadata: { ...metadata }, subject, timestamp, ...nothing }
}

/** Signs one artifact in cosign's older form, unless an equal signature is there. */
async function signSimply(session: Session, target: ArtifactTarget, plan: CosignPlan) {
  const signal = await session.deadline()
  await using open = await openTarget(session, target, plan.registry, { create: true })
  session.step(`resolve ${target.text}`)
  const subject = await session.dialogue.waiting(open.store.name, () => open.resolve(signal))
  if (target.digest === undefined) session.note(`${target.text} is ${subject.digest}`)
  const resolved = open.nameOf(subject.digest)
  const { chain, metadata, now, signer, timestamps } = plan
  const { publicKey } = signer.key
  const reference = open.scope ?? ''
  const payload = formatSimpleSigning({ digest: subject.digest, reference, annotations: metadata })
  const certificates = certificateAnnotations(chain)
  const [leaf] = chain
  const about = { subject: leaf === undefined ? null : formatDistinguishedName(leaf.subject) }
  return plan.oneByOne.run(`${open.signatures.name}@${subject.digest}`, async () => {
    session.step(`look for an equal signature in ${open.signatures.name}`)
    const equal = plan.again
      ? undefined
      : await session.dialogue.waiting(`the signatures in ${open.signatures.name}`, () =>
          findSimpleSigning(open.signatures, subject, {
            payload,
            publicKey,
            certificate: certificates[SimpleSigningAnnotations.certificate],
            timestampRoots: timestamps?.roots,
            now,
            signal,
          }),
        )
    if (equal !== undefined) {
      const signature = described(plan, { ...about, digest: equal.digest })
      return { target: { resolved, outcome: 'unchanged', stored: null, signature } } as const
    }
    if (plan.dryRun) {
      return { target: { resolved, outcome: 'wouldSign', stored: null, signature: null } } as const
    }
    session.step(`sign ${resolved}`)
    const annotations: Record<string, string> = { ...certificates }
    let timestamp: ObtainedTimestamp | undefined
    await session.dialogue.waiting(`the signature of ${resolved}`, () =>
      onRecord(
        plan,
        { action: 'sign', target: { reference: resolved, digest: subject.digest } },
        async by => {
          const signature = await by.sign(payload, { signal })
          const bytes = sigstoreBundle.timestampedBytes(signature)
          annotations[SimpleSigningAnnotations.signature] = Buffer.from(bytes).toString('base64')
          if (timestamps !== undefined) {
            const call = { signal, timeoutMs: TIMESTAMP_MS }
            timestamp = await timestamps.over(bytes, { algorithm: signature.algorithm, chain, call })
            const response = Buffer.from(timestampResponse(timestamp.token)).toString('base64')
            annotations[SimpleSigningAnnotations.timestamp] = JSON.stringify({
              SignedRFC3161Timestamp: response,
            })
          }
          return { mediaType: SIMPLE_SIGNING_TYPE, bytes: payload } satisfies Envelope
        },
      ),
    )
    const { digest } = await session.dialogue.waiting(open.signatures.name, () =>
      attachSimpleSigning(open.signatures, subject, { payload, annotations }, { publicKey, now, signal }),
    )
    session.step(`read back ${digest}`)
    const path = open.signatures === open.store ? null : open.signatures.name
    const signature = described(plan, {
      ...about,
      digest,
      timestamp: timestamp && describeTimestamp(timestamp),
    })
    return { target: { resolved, outcome: 'signed', stored: { as: 'tag', path }, signature } } as const
  })
}

function certificateAnnotations([leaf, ...above]: readonly Certificate[]): Readonly<Record<string, string>> {
  if (leaf === undefined) return {}
  const { certificate, chain } = SimpleSigningAnnotations
  return {
    [certificate]: encodeCertificates([leaf]),
    ...(above.length === 0 ? {} : { [chain]: encodeCertificates(above) }),
  }
}
