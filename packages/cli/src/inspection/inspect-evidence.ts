import { isSealwrightError, type UnverifiedSignature } from '@sealwright/core'
import { bindingFor, type FoundEnvelope, type SignatureEvidence } from '@sealwright/notary'
import { digestOf } from '@sealwright/oci'
import { isBundleType, sigstoreBundle } from '@sealwright/sigstore'
import {
  type Certificate,
  formatDistinguishedName,
  isIssuedBy,
  judgeOcsp,
  parseCertificate,
  readCrl,
  readTimestampToken,
} from '@sealwright/x509'
import { formatTime } from '../runtime/time.ts'
import type { EvidenceDocument } from './document.ts'

/** About whom a piece of evidence is, and from when to when it counts. */
type Told = Pick<EvidenceDocument, 'about' | 'from' | 'until'>

const NOTHING: Told = { about: null, from: null, until: null }

/**
 * Describes the evidence that is stapled or attached to a signature. A statement is named by the certificates of the
 * signature and of its timestamps: one that no CA of theirs signed is about nobody. Whether it counts is not judged.
 */
export async function inspectEvidence(
  found: FoundEnvelope,
  attached: Partial<SignatureEvidence>,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal },
): Promise<readonly EvidenceDocument[]> {
  const signature = signatureIn(found)
  if (signature === undefined) return []
  const { stapled = {}, timestamps = [] } = signature.evidence
  const tokens = [...timestamps, ...(stapled.timestamps ?? []), ...(attached.timestamps ?? [])]
  const known = [
    ...(signature.certificates ?? []).flatMap(der => orNothing(() => [parseCertificate(der)]) ?? []),
    ...tokens.flatMap(token => orNothing(() => readTimestampToken(token).certificates) ?? []),
  ]
  const described: EvidenceDocument[] = []
  for (const [place, pieces] of [['stapled', stapled] as const, ['attached', attached] as const]) {
    const add = (kind: EvidenceDocument['kind'], bytes: Uint8Array, told: Told = NOTHING): void => {
      described.push({ kind, place, ...told, digest: digestOf('sha256', bytes), size: bytes.byteLength })
    }
    for (const der of pieces.ocsp ?? []) add('ocsp', der, ofResponse(der, known, now))
    for (const der of pieces.crls ?? []) add('crl', der, await ofCrl(der, known, signal))
    for (const der of pieces.timestamps ?? []) {
      const token = orNothing(() => readTimestampToken(der))
      add('timestamp', der, token && { ...NOTHING, from: formatTime(token.genTime) })
    }
  }
  return described
}

/** Nothing for a format that carries no certificates, and for what cannot be read: that is told elsewhere. */
function signatureIn({ mediaType, bytes }: FoundEnvelope): UnverifiedSignature<unknown> | undefined {
  const format = bindingFor(mediaType)?.envelope ?? (isBundleType(mediaType) ? sigstoreBundle : undefined)
  return format && orNothing(() => format.open(bytes).signatures[0])
}

function ofResponse(der: Uint8Array, known: readonly Certificate[], now: Date): Told | undefined {
  for (const certificate of known) {
    const issuer = known.find(other => isIssuedBy(certificate, other))
    const status = issuer && judgeOcsp(der, { certificate, issuer, at: now })
    if (status?.thisUpdate !== undefined) return told(certificate, status)
  }
  return undefined
}

async function ofCrl(
  der: Uint8Array,
  known: readonly Certificate[],
  signal: AbortSignal,
): Promise<Told | undefined> {
  for (const issuer of known) {
    try {
      return told(issuer, await readCrl(der, { issuer, signal }))
    } catch (error) {
      if (!isSealwrightError(error) || signal.aborted) throw error
    }
  }
  return undefined
}

function told(
  { subject }: Certificate,
  {
    thisUpdate,
    nextUpdate,
  }: { readonly thisUpdate?: Date | undefined; readonly nextUpdate?: Date | undefined },
): Told {
  return {
    about: formatDistinguishedName(subject),
    from: thisUpdate === undefined ? null : formatTime(thisUpdate),
    until: nextUpdate === undefined ? null : formatTime(nextUpdate),
  }
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    return undefined
  }
}
