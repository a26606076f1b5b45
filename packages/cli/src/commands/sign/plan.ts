import { type Envelope, type SealOptions, type Signer, seal, type TargetArtifact } from '@sealwright/core'
import type { KeyedMutex } from '@sealwright/core/adapter'
import {
  type ManifestForm,
  notaryCose,
  notaryJws,
  type ObtainedTimestamp,
  type SignatureBinding,
  type SoundEnvelope,
} from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { LimitFunction } from 'p-limit'
import type { RegistryFlags } from '../../flags/common-flags.ts'
import { formatTime } from '../../runtime/time.ts'
import { VERSION } from '../../runtime/version.ts'
import type { Session } from '../../session/session.ts'
import { type AuditLog, onRecord } from '../../signatures/audit-log.ts'
import type { SignedTarget, StapledDocument } from '../../signatures/document.ts'
import type { Staples } from '../../signatures/staples.ts'
import { describeTimestamp, type Timestamps } from '../../signatures/timestamps.ts'

/** What is the same for every target of a run of `sign`. */
export interface SignPlan {
  readonly signer: Signer
  readonly audit?: AuditLog | undefined
  readonly chain: readonly Certificate[]
  readonly format: 'jws' | 'cose'
  readonly expiryMs?: number | undefined
  readonly metadata: Readonly<Record<string, string>>
  readonly manifest?: ManifestForm | undefined
  readonly timestamps?: Timestamps | undefined
  readonly staples?: Staples | undefined
  /** Where the envelope goes instead of beside the artifact; `-` is stdout. */
  readonly signature?: string | undefined
  /** Also every manifest that an index names. */
  readonly recursive: boolean
  readonly again: boolean
  readonly dryRun: boolean
  /** How much of it is done at the same time. */
  readonly limit: LimitFunction
  /** Two names of one manifest are signed one after the other: the second finds what the first one made. */
  readonly oneByOne: KeyedMutex
  readonly registry: RegistryFlags
  readonly now: Date
}

/** What became of one target, and the envelope where it is the output itself. */
export interface SignedOutcome {
  readonly target: Omit<SignedTarget, 'reference' | 'error'>
  readonly envelope?: Uint8Array | undefined
}

/** The binding of the plan's format. */
export function bindingOf({ format }: SignPlan): SignatureBinding {
  return format === 'jws' ? notaryJws : notaryCose
}

/** An envelope, and what was added to its signature. */
export interface SealedContent {
  readonly envelope: Envelope
  readonly timestamp?: ObtainedTimestamp | undefined
  readonly stapled?: StapledDocument | undefined
}

/** Makes the envelope over a content, on record. */
export async function sealContent(
  plan: SignPlan,
  content: TargetArtifact,
  { reference, signal }: { readonly reference: string; readonly signal: AbortSignal },
): Promise<SealedContent> {
  const target = { reference, digest: content.digest }
  const { timestamps, staples, chain } = plan
  // Before the key is used: a certificate that was revoked signs nothing.
  await staples?.prepare(chain)
  let timestamp: ObtainedTimestamp | undefined
  let stapled: StapledDocument | undefined
  const countersign: SealOptions<unknown>['countersign'] =
    (timestamps ?? staples) &&
    (async ({ bytes, algorithm }, call) => {
      timestamp = await timestamps?.over(bytes, { algorithm, chain, call })
      const evidence = await staples?.take(timestamp === undefined ? [chain] : [chain, timestamp.chain], call)
      stapled = evidence?.document
      return { timestamps: timestamp && [timestamp.token], stapled: evidence?.stapled }
    })
  const envelope = await onRecord(plan, { action: 'sign', target }, signer =>
    sealWith(plan, signer, content, { signal, countersign }),
  )
  return { envelope, timestamp, stapled }
}

function sealWith(
  plan: SignPlan,
  signer: Signer,
  content: TargetArtifact,
  options: Pick<SealOptions<unknown>, 'signal' | 'countersign'>,
): Promise<Envelope> {
  const expiry = expiryOf(plan)
  return seal(bindingOf(plan).envelope, content, signer, {
    attributes: {
      signingTime: plan.now,
      expiry,
      signingAgent: `sealwright/${VERSION}`,
    },
    certificates: plan.chain.map(({ der }) => der),
    ...options,
  })
}

function expiryOf({ now, expiryMs }: SignPlan): Date | undefined {
  return expiryMs === undefined ? undefined : new Date(now.getTime() + expiryMs)
}

interface MadeSignature extends Pick<SoundEnvelope, 'attributes' | 'chain'> {
  readonly timestamp?: ObtainedTimestamp | undefined
  readonly stapled?: StapledDocument | undefined
}

/** Describes a signature of this plan for the document. */
export function describeMade(
  plan: SignPlan,
  digest: string,
  { timestamp, stapled }: SealedContent,
): NonNullable<SignedTarget['signature']> {
  return describeSignature(plan, digest, {
    attributes: withExpiry(plan),
    chain: plan.chain,
    timestamp,
    stapled,
  })
}

/** Describes a signature for the document. */
function describeSignature(
  plan: SignPlan,
  digest: string,
  { attributes, chain, timestamp, stapled }: MadeSignature,
): NonNullable<SignedTarget['signature']> {
  return {
    digest,
    format: plan.format,
    algorithm: plan.signer.algorithm.id,
    signingTime: formatTime(attributes.signingTime),
    expiry: attributes.expiry === undefined ? null : formatTime(attributes.expiry),
    metadata: { ...plan.metadata },
    subject: formatDistinguishedName((chain[0] as Certificate).subject),
    timestamp: timestamp === undefined ? null : describeTimestamp(timestamp),
    stapled: stapled ?? null,
  }
}

function withExpiry(plan: SignPlan): { readonly signingTime: Date; readonly expiry?: Date | undefined } {
  const expiry = expiryOf(plan)
  return { signingTime: plan.now, expiry }
}

/** Describes a signature that makes another one needless, and notes where it is not what was asked for now. */
export function describeEqual(
  session: Session,
  plan: SignPlan,
  digest: string,
  envelope: SoundEnvelope,
): NonNullable<SignedTarget['signature']> {
  const { attributes, chain, stapled } = envelope
  if ((attributes.expiry === undefined) !== (plan.expiryMs === undefined)) {
    session.note(
      `the equal signature ${attributes.expiry === undefined ? 'does not expire' : 'expires'}; --again makes another`,
    )
  }
  const [{ der, issuer, notAfter }, present] = [chain[0] as Certificate, plan.chain[0] as Certificate]
  if (Buffer.compare(der, present.der) !== 0) {
    session.note(
      `the equal signature has another certificate of the key, issued by ${formatDistinguishedName(issuer)} and valid to ${formatTime(notAfter)}; --again makes one with the present certificate`,
    )
  }
  if (plan.staples !== undefined && stapled.ocsp.length + stapled.crls.length === 0) {
    session.note('the equal signature has nothing stapled; attach evidence to it: sealwright staple TARGET')
  }
  return describeSignature(plan, digest, { attributes, chain })
}
