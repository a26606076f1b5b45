import { isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type ArtifactStore,
  appendTaggedSignature,
  type Descriptor,
  digestOf,
  readBlob,
  readManifest,
  referrersTag,
} from '@sealwright/oci'
import type { Certificate } from '@sealwright/x509'
import { judgeSimpleSigning } from './judge.ts'
import { SIMPLE_SIGNING_TYPE, SimpleSigningAnnotations, type SimpleSigningLayer } from './simple-signing.ts'

export interface SimpleSigningQuery {
  /** What would be signed. */
  readonly payload: Uint8Array
  /** DER SubjectPublicKeyInfo of the key that would sign it. */
  readonly publicKey: Uint8Array
  /** PEM of the leaf certificate that would go along. Default: none goes. */
  readonly certificate?: string | undefined
  /** It must have a timestamp by an authority whose chain ends in one of these. Default: none is looked for. */
  readonly timestampRoots?: readonly Certificate[] | undefined
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds a signature under the tag `sha256-<hex>.sig` of a subject that makes another one unnecessary: of the same payload, by
 * the same key, with the same leaf certificate or none.
 *
 * @returns The layer.
 * @throws {@link SealwrightError} of the store; `VALIDATION` if `publicKey` or the digest of the subject is malformed.
 */
export async function findSimpleSigning(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  { payload, publicKey, certificate, timestampRoots, now, signal }: SimpleSigningQuery,
): Promise<Descriptor | undefined> {
  const wanted = digestOf('sha256', payload)
  const options = { now, timestampRoots, timestamps: timestampRoots === undefined ? 0 : 1 }
  for (const layer of await layersUnderTag(store, subject, signal)) {
    const { digest, mediaType, annotations = {} } = layer
    if (mediaType !== SIMPLE_SIGNING_TYPE || digest !== wanted) continue
    if ((annotations[SimpleSigningAnnotations.certificate] || undefined) !== certificate) continue
    const trust = { kind: 'keys', keys: [publicKey] } as const
    const { verdict } = await judgeSimpleSigning({ payload, annotations }, subject, trust, options)
    if (verdict === 'verified') return layer
  }
  return undefined
}

/**
 * Stores a signature under the tag `sha256-<hex>.sig` of a subject, beside those that are there, and reads it back. It is
 * checked before it is stored.
 *
 * @param layer - With the signature in its annotations.
 * @param publicKey - DER SubjectPublicKeyInfo of the key that signed.
 * @returns The layer.
 * @throws {@link SealwrightError} of the store; `INTEGRITY` if the signature does not hold, or cannot be read back;
 *   `VALIDATION` if the tag names something else, or has no room left.
 */
export async function attachSimpleSigning(
  store: ArtifactStore,
  subject: Pick<Descriptor, 'digest'>,
  { payload, annotations }: SimpleSigningLayer,
  { publicKey, now, signal }: Pick<SimpleSigningQuery, 'publicKey' | 'now' | 'signal'>,
): Promise<Descriptor> {
  const trust = { kind: 'keys', keys: [publicKey] } as const
  const judged = await judgeSimpleSigning({ payload, annotations }, subject, trust, { now })
  if (judged.verdict === 'refused') {
    throw new SealwrightError('INTEGRITY', 'the signature does not sign what it should, and was not stored', {
      why: judged.why,
    })
  }
  const content = {
    mediaType: SIMPLE_SIGNING_TYPE,
    digest: digestOf('sha256', payload),
    size: payload.length,
  }
  const descriptor = { ...content, annotations }
  await appendTaggedSignature(store, subject, { descriptor, bytes: payload }, { signal })
  await readBlob(store, content, content.size, { signal })
  return descriptor
}

/** The layers of the manifest that has the tag; none if nothing has it. */
async function layersUnderTag(
  store: ArtifactStore,
  { digest }: Pick<Descriptor, 'digest'>,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const call = { signal }
  try {
    const tagged = await store.resolve(`${referrersTag(digest)}.sig`, call)
    const manifest = await readManifest(store, tagged, call)
    return manifest.kind === 'image' ? manifest.layers : []
  } catch (error) {
    if (isSealwrightError(error) && error.code === 'NOT_FOUND') return []
    throw error
  }
}
