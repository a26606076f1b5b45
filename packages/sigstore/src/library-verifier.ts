import { hash, type KeyObject } from 'node:crypto'
import type { JsonValue } from '@sealwright/core/encoding'
import type { SignedEntity, TrustMaterial } from '@sigstore/verify'
import type { TrustedRoot } from './trusted-root.ts'

/** A signature and its evidence, for the libraries of Sigstore. */
export interface LibraryRequest {
  /** The bundle. */
  readonly json: JsonValue
  readonly signature: Uint8Array
  readonly toBeSigned: Uint8Array
  /** What older log entries name by its digest: the payload of a DSSE, else the message. */
  readonly payload: Uint8Array
  readonly trustedRoot: TrustedRoot
  /** Base URLs of the logs whose entries count. Default: all that the trusted root has. */
  readonly logs?: readonly string[] | undefined
  /** How many log entries there must be at least; all that are there must hold. */
  readonly logEntries: number
  /** How many trusted times there must be at least: of timestamp authorities, or promised by a log. */
  readonly timestamps: number
  /** Whether timestamps of authorities are left out: they were verified by other roots. */
  readonly ignoreTokens: boolean
  /** Whether the signature holds under a key, whatever its curve. */
  holds(key: KeyObject): boolean
}

/** The signer of a keyless signature, as the certificate has it. */
export interface CertifiedIdentity {
  readonly key: KeyObject
  readonly identity?: string | undefined
  readonly issuer?: string | undefined
  /** By OID: the DER of the value. */
  readonly extensions: ReadonlyMap<string, Uint8Array>
}

/**
 * Verifies the log entries and timestamps of a signature whose key is known already.
 *
 * @returns The times that are proven.
 * @throws Any error, for evidence that does not hold.
 */
export async function verifyEvidence(request: LibraryRequest, key: KeyObject): Promise<readonly Date[]> {
  const times: Date[] = []
  const validFor = (time: Date): boolean => times.push(time) > 0
  const { material, entity, verify } = await open(request)
  verify(
    { ...entity, key: { $case: 'public-key', hint: '' } },
    { ...material, publicKey: () => ({ publicKey: key, validFor }) },
    0,
  )
  return times
}

/**
 * Verifies a keyless signature: its certificate, the log of certificates, log entries and timestamps.
 *
 * @throws Any error, for what does not hold.
 */
export async function verifyIdentity(request: LibraryRequest): Promise<CertifiedIdentity> {
  const { material, entity, verify } = await open(request)
  // Without a time the library would fail with a TypeError: there is no time to check the certificate at.
  const hasTime = entity.timestamps.some(
    one => one.$case === 'timestamp-authority' || one.tlogEntry.inclusionPromise !== undefined,
  )
  if (!hasTime) throw new Error('it has no trusted time, and its certificate is valid for minutes')
  const { key, identity } = verify(entity, material, 1)
  const extensions = (identity?.oids ?? []).map(
    ({ oid, value }) => [(oid?.id ?? []).join('.'), new Uint8Array(value)] as const,
  )
  return {
    key,
    identity: identity?.subjectAlternativeName,
    issuer: identity?.extensions?.issuer,
    extensions: new Map(extensions),
  }
}

/** Loads the libraries: whoever judges by keys and certificates alone does without them. */
async function open(request: LibraryRequest) {
  const [{ bundleFromJSON }, { TrustedRoot }, { toSignedEntity, toTrustMaterial, Verifier }] =
    await Promise.all([
      import('@sigstore/bundle'),
      import('@sigstore/protobuf-specs'),
      import('@sigstore/verify'),
    ])
  const { logs, logEntries, timestamps, ignoreTokens } = request
  const all = toTrustMaterial(TrustedRoot.fromJSON(request.trustedRoot.json))
  const counts = (baseUrl: string) => logs === undefined || logs.includes(baseUrl)
  const material: TrustMaterial = { ...all, tlogs: all.tlogs.filter(({ baseURL }) => counts(baseURL)) }
  const known = ({ logId }: { logId: { keyId: Buffer } | undefined }) =>
    logs === undefined || material.tlogs.some(({ logID }) => logId?.keyId.equals(logID) === true)
  const whole = toSignedEntity(bundleFromJSON(request.json), Buffer.alloc(0))
  const entity: SignedEntity = {
    ...whole,
    tlogEntries: whole.tlogEntries.filter(known),
    timestamps: whole.timestamps.filter(one =>
      one.$case === 'timestamp-authority' ? !ignoreTokens : known(one.tlogEntry),
    ),
    signature: contentOf(request),
  }
  const verify = (signed: SignedEntity, trust: TrustMaterial, ctlogThreshold: number) =>
    new Verifier(trust, { ctlogThreshold, tlogThreshold: logEntries, timestampThreshold: timestamps }).verify(
      signed,
    )
  return { material, entity, verify }
}

/**
 * The content of a signature. That of the library refuses DSSE by P-384 with SHA-384 and P-521 with SHA-512, and believes what
 * a bundle says of the digest of its message.
 */
function contentOf({ signature, toBeSigned, payload, holds }: LibraryRequest): SignedEntity['signature'] {
  const isDigestOf = (bytes: Uint8Array, digest: Buffer): boolean => {
    const name = HASHES[digest.length]
    return name !== undefined && digest.equals(hash(name, bytes, 'buffer'))
  }
  return {
    signature: Buffer.from(signature),
    compareSignature: other => other.equals(signature),
    compareDigest: digest => isDigestOf(payload, digest),
    compareSignedDigest: digest => isDigestOf(toBeSigned, digest),
    verifySignature: holds,
  }
}

/** By the length of the digest in bytes. */
const HASHES: Readonly<Record<number, string>> = { 32: 'sha256', 48: 'sha384', 64: 'sha512' }
