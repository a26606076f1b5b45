import { dsse } from '@sealwright/core/dsse'
import { type InTotoStatement, parseBundle, parseStatement, type SigstoreBundle } from '@sealwright/notary'
import { parseCertificate } from '@sealwright/x509'
import { describeCertificate } from '../certificates/describe.ts'
import type { InspectedSignature } from '../documents/inspecting.ts'
import type { Facts, FoundEnvelope } from './found-envelope.ts'
import { predicateSummary } from './predicate-summary.ts'

const IN_TOTO = /^application\/vnd\.in-toto(?:\.[\w.-]+)?\+json$/
/** What cosign 3 puts into a bundle when it signs an image. */
const COSIGN_SIGN = 'https://sigstore.dev/cosign/sign/v1'
const MAX_PREDICATE = 64 * 1024

/** A Sigstore bundle of version 0.1 to 0.3. Throws `VALIDATION`. */
export function inspectBundle({ bytes }: FoundEnvelope): Facts {
  const bundle = parseBundle(bytes)
  const { content, version, certificates = [], timestamps, logEntries, hint } = bundle
  const inside = content.kind === 'dsse' ? inspectEnvelope(content.envelope) : inspectMessage(content)
  return {
    ...inside,
    format: 'sigstore-bundle',
    version,
    timestamps: timestamps.length,
    logEntries,
    keys: [...(hint === undefined ? [] : [hint]), ...(inside.keys ?? [])],
    certificates: certificates.map(der => describeCertificate(parseCertificate(der))),
  }
}

/** A DSSE that stands alone, as cosign kept attestations under `.att`. Throws `VALIDATION`. */
export function inspectDsse({ bytes }: FoundEnvelope): Facts {
  return inspectEnvelope(bytes)
}

function inspectEnvelope(bytes: Uint8Array): Facts {
  const { payload, payloadType, signatures } = dsse.open(bytes)
  const keys = signatures.flatMap(({ keyId }) => keyId ?? [])
  const statement = IN_TOTO.test(payloadType) ? parseStatement(payload) : undefined
  return {
    kind: statement?.predicateType === COSIGN_SIGN ? 'signature' : 'attestation',
    format: 'dsse',
    payloadType,
    keys,
    ...(statement === undefined ? {} : { statement: describe(statement) }),
  }
}

function inspectMessage({ digest }: Extract<SigstoreBundle['content'], { kind: 'message' }>): Facts {
  const signs =
    digest?.algorithm === 'SHA2_256' && digest.bytes.length === 32
      ? `sha256:${Buffer.from(digest.bytes).toString('hex')}`
      : undefined
  return { kind: 'signature', format: 'sigstore-bundle', ...(signs === undefined ? {} : { signs }) }
}

function describe(statement: InTotoStatement): NonNullable<InspectedSignature['statement']> {
  const { type, predicateType, subjects, predicate } = statement
  const small = Buffer.byteLength(JSON.stringify(predicate)) <= MAX_PREDICATE
  return {
    type,
    predicateType,
    subjects: subjects.map(({ name, digest }) => ({ name: name ?? null, digest: { ...digest } })),
    summary: predicateSummary(predicateType, predicate),
    predicate: small ? predicate : null,
  }
}
