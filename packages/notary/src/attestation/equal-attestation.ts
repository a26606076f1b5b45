import { keyType } from '@sealwright/core'
import type { ArtifactStore, Descriptor } from '@sealwright/oci'
import { holdsUnder, type InTotoStatement, subjectOf } from '@sealwright/sigstore'
import type { Certificate } from '@sealwright/x509'
import { isTimestamped } from '../equal-signature.ts'
import { readEnvelope } from '../find-signatures.ts'
import { orPass } from '../or-pass.ts'
import type { Attestation } from './attestation.ts'
import { findAttestations } from './find-attestations.ts'
import { type OpenedAttestation, openAttestation } from './open-attestation.ts'

export interface EqualAttestationQuery {
  readonly attestation: Attestation
  /** DER SubjectPublicKeyInfo of the key that would sign it. */
  readonly publicKey: Uint8Array
  /** DER, leaf first: what the bundle would carry. Default: none, the hint alone. */
  readonly certificates?: readonly Uint8Array[] | undefined
  /** It must have a timestamp by an authority whose chain ends in one of these. Default: none is looked for. */
  readonly timestampedBy?: readonly Certificate[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds an attestation that makes another one unnecessary: the same predicate, byte for byte, about
 * this artifact among others or alone, by the same key, with the same leaf certificate or none. Attestations that cannot be read are passed over.
 *
 * @throws {@link SealwrightError} as {@link findAttestations}; otherwise the errors of the store when it does not answer.
 */
export async function findEqualAttestation(
  store: ArtifactStore,
  subject: Descriptor,
  query: EqualAttestationQuery,
): Promise<Descriptor | undefined> {
  const { attestation, signal } = query
  const call = { signal }
  const predicateTypes = [attestation.predicateType]
  for await (const { manifest, envelope } of findAttestations(store, subject, { ...call, predicateTypes })) {
    if (envelope === undefined) continue
    const opened = await orPass(async () =>
      openAttestation(envelope.mediaType, await readEnvelope(store, envelope, call)),
    )
    if (opened !== undefined && isEqual(opened, subject, query)) return manifest
  }
  return undefined
}

function isEqual(
  opened: OpenedAttestation,
  subject: Descriptor,
  { attestation, publicKey, certificates = [], timestampedBy }: EqualAttestationQuery,
): boolean {
  if (opened.format !== 'sigstore-bundle' || !saysTheSame(opened.statement, subject, attestation))
    return false
  const [mine] = certificates
  const [theirs] = opened.certificates ?? []
  if ((mine === undefined) !== (theirs === undefined)) return false
  if (mine !== undefined && Buffer.compare(mine, theirs!) !== 0) return false
  if (timestampedBy !== undefined && !isTimestamped(opened.timestamps, timestampedBy)) return false
  return (
    holdsUnder({ type: keyType(publicKey), key: publicKey }, opened.toBeSigned, opened.signatures[0]!) !==
    undefined
  )
}

function saysTheSame(
  statement: InTotoStatement,
  subject: Descriptor,
  { predicateType, predicate, annotations = {} }: Attestation,
): boolean {
  const named = subjectOf(statement, subject)
  const sorted = (texts: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(texts).toSorted())
  return (
    named !== undefined &&
    statement.predicateType === predicateType &&
    statement.predicateText === predicate &&
    sorted(named.annotations ?? {}) === sorted(annotations)
  )
}
