import { type Envelope, type Signer, seal, type TargetArtifact } from '@sealwright/core'
import type { KeyedMutex } from '@sealwright/core/adapter'
import {
  type ManifestForm,
  notaryCose,
  notaryJws,
  type SignatureBinding,
  type SoundEnvelope,
} from '@sealwright/notary'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { SignedTarget } from '../documents/signing.ts'
import type { AtOnce } from '../frame/at-once.ts'
import { formatTime } from '../frame/time.ts'
import { VERSION } from '../frame/version.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { type AuditLog, onRecord } from './audit-log.ts'

/** What is the same for every target of a run of `sign`. */
export interface SignPlan {
  readonly signer: Signer
  readonly audit?: AuditLog | undefined
  readonly chain: readonly Certificate[]
  readonly format: 'jws' | 'cose'
  readonly expiryMs?: number
  readonly metadata: Readonly<Record<string, string>>
  readonly manifest?: ManifestForm
  /** Where the envelope goes instead of beside the artifact; `-` is stdout. */
  readonly signature?: string
  /** Also every manifest that an index names. */
  readonly recursive: boolean
  readonly again: boolean
  readonly dryRun: boolean
  /** How much of it is done at the same time. */
  readonly atOnce: AtOnce
  /** Two names of one manifest are signed one after the other: the second finds what the first one made. */
  readonly oneByOne: KeyedMutex
  readonly registry: RegistryFlags
  readonly now: Date
}

/** What became of one target, and the envelope where it is the output itself. */
export interface SignedOutcome {
  readonly target: Omit<SignedTarget, 'reference' | 'error'>
  readonly envelope?: Uint8Array
}

/** The binding of the plan's format. */
export function bindingOf({ format }: SignPlan): SignatureBinding {
  return format === 'jws' ? notaryJws : notaryCose
}

/** Makes the envelope over a content, on record. */
export function sealContent(
  plan: SignPlan,
  content: TargetArtifact,
  { reference, signal }: { readonly reference: string; readonly signal: AbortSignal },
): Promise<Envelope> {
  const target = { reference, digest: content.digest }
  return onRecord(plan, { action: 'sign', target }, signer => sealWith(plan, signer, content, signal))
}

function sealWith(
  plan: SignPlan,
  signer: Signer,
  content: TargetArtifact,
  signal: AbortSignal,
): Promise<Envelope> {
  const expiry = expiryOf(plan)
  return seal(bindingOf(plan).envelope, content, signer, {
    attributes: {
      signingTime: plan.now,
      ...(expiry === undefined ? {} : { expiry }),
      signingAgent: `sealwright/${VERSION}`,
    },
    certificates: plan.chain.map(({ der }) => der),
    signal,
  })
}

function expiryOf({ now, expiryMs }: SignPlan): Date | undefined {
  return expiryMs === undefined ? undefined : new Date(now.getTime() + expiryMs)
}

/** Describes a signature for the document: one that an earlier run made, or one of this plan. */
export function describeSignature(
  plan: SignPlan,
  digest: string,
  { attributes, chain }: Pick<SoundEnvelope, 'attributes' | 'chain'> = {
    attributes: withExpiry(plan),
    chain: plan.chain,
  },
): NonNullable<SignedTarget['signature']> {
  return {
    digest,
    format: plan.format,
    algorithm: plan.signer.algorithm.id,
    signingTime: formatTime(attributes.signingTime),
    expiry: attributes.expiry === undefined ? null : formatTime(attributes.expiry),
    metadata: { ...plan.metadata },
    subject: formatDistinguishedName((chain[0] as Certificate).subject),
  }
}

function withExpiry(plan: SignPlan): { readonly signingTime: Date; readonly expiry?: Date } {
  const expiry = expiryOf(plan)
  return { signingTime: plan.now, ...(expiry === undefined ? {} : { expiry }) }
}
