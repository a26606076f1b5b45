import { dsse } from '@sealwright/core/dsse'
import { COSIGN_SIGN } from '@sealwright/oci'
import { type MessageContent, parseBundle, parseStatement } from '@sealwright/sigstore'
import { parseCertificate } from '@sealwright/x509'
import type { EnvelopeFacts, FoundEnvelope } from './envelope-facts.ts'
import { predicateSummary } from './predicate-summary.ts'

const IN_TOTO = /^application\/vnd\.in-toto(?:\.[\w.-]+)?\+json$/

/** A Sigstore bundle of version 0.1 to 0.3. Throws `VALIDATION`. */
export function inspectBundle({ bytes }: FoundEnvelope): EnvelopeFacts {
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
    certificates: certificates.map(der => parseCertificate(der)),
  }
}

/** A DSSE that stands alone, as cosign kept attestations under `.att`. Throws `VALIDATION`. */
export function inspectDsse({ bytes }: FoundEnvelope): EnvelopeFacts {
  return inspectEnvelope(bytes)
}

function inspectEnvelope(bytes: Uint8Array): EnvelopeFacts {
  const { payload, payloadType, signatures } = dsse.open(bytes)
  const keys = signatures.flatMap(({ keyId }) => keyId ?? [])
  const statement = IN_TOTO.test(payloadType) ? parseStatement(payload) : undefined
  return {
    kind: statement?.predicateType === COSIGN_SIGN ? 'signature' : 'attestation',
    format: 'dsse',
    payloadType,
    keys,
    statement,
    // Also reads the predicate, so that what is wrong with it is found here.
    summary: statement && predicateSummary(statement.predicateType, statement.predicate),
  }
}

function inspectMessage({ digest }: MessageContent): EnvelopeFacts {
  const signs =
    digest?.algorithm === 'SHA2_256' && digest.bytes.length === 32
      ? `sha256:${Buffer.from(digest.bytes).toString('hex')}`
      : undefined
  return { kind: 'signature', format: 'sigstore-bundle', signs }
}
