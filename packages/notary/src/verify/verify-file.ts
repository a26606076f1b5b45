import { SealwrightError } from '@sealwright/core'
import { bindingFor } from '../binding.ts'
import { assertMediaType, fileDigest } from '../file-content.ts'
import { describe } from '../signature-manifest.ts'
import { openEnvelope } from '../sound-envelope.ts'
import { describeLevel, enforcementOf } from '../trust/policy.ts'
import { selectBlobStatement } from '../trust/select-statement.ts'
import type { VerifierContext } from './context.ts'
import { judgeSignature } from './judge-signature.ts'
import type { Report, SignatureReport } from './report.ts'
import type { FileRequest, JudgedOptions, VerifyOptions } from './request.ts'

/** Judges the detached signature of a file. The file is read once, and only if its signer is trusted. */
export async function verifyFile(
  request: FileRequest,
  options: JudgedOptions<VerifyOptions>,
  context: VerifierContext,
): Promise<Omit<Report, 'at'>> {
  const { content, envelope, statement: wanted, mediaType, name = 'file' } = request
  if (mediaType !== undefined) assertMediaType(mediaType)
  const binding = bindingFor(envelope.mediaType)
  if (binding === undefined) {
    throw new SealwrightError(
      'VALIDATION',
      `${JSON.stringify(envelope.mediaType)} is not an envelope format for files`,
      {
        fix: 'give a JWS (application/jose+json) or COSE (application/cose) envelope',
      },
    )
  }
  if (envelope.bytes.byteLength === 0) {
    throw new SealwrightError('VALIDATION', `the signature of ${name} is empty`, {
      why: 'not even a policy that skips verification takes an empty file for a signature',
      fix: 'give the envelope that was made when the file was signed',
    })
  }
  const { source, statement } = context.statementFor('blob', policy => selectBlobStatement(policy, wanted))
  if (statement === undefined) {
    const covers =
      wanted === undefined
        ? 'no statement is the global one'
        : `there is no statement ${JSON.stringify(wanted)}`
    const reason = { code: 'NO_STATEMENT', why: `${source.file}: ${covers}` } as const
    return { reference: name, verdict: 'denied', reason, signatures: [], found: [] }
  }
  const { signatureVerification } = statement
  const policy = {
    file: source.file,
    statement: statement.name,
    level: describeLevel(signatureVerification),
    required: 1,
  }
  if (signatureVerification.level === 'skip') {
    return { reference: name, verdict: 'skipped', policy: { ...policy, met: 0 }, signatures: [], found: [] }
  }
  let digest: string | undefined
  const { report: judged, error } = await judgeSignature(
    openEnvelope(binding, envelope.bytes, context.chains),
    {
      statement,
      enforcement: enforcementOf(signatureVerification),
      stores: context.stores,
      key: context.key,
      now: context.moment(options.at),
      session: options.session,
      keepCarried: options.keepCarried,
      expected: async ({ algorithm }) => {
        const found = await fileDigest(abortable(content, options.signal), algorithm)
        digest = found.digest
        return mediaType === undefined ? found : { ...found, mediaType }
      },
      metadata: options.metadata ?? {},
    },
  )
  if (error !== undefined) throw error
  const signature: SignatureReport = {
    digest: describe(envelope.mediaType, envelope.bytes).digest,
    format: binding.name,
    ...judged,
  }
  return {
    reference: name,
    ...(digest === undefined ? {} : { resolved: `${name}@${digest}` }),
    verdict: judged.verdict,
    ...(judged.reason === undefined ? {} : { reason: judged.reason }),
    policy: { ...policy, met: judged.verdict === 'verified' ? 1 : 0 },
    signatures: [signature],
    found: [],
  }
}

async function* abortable(content: FileRequest['content'], signal?: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    signal?.throwIfAborted()
    yield chunk
  }
}
