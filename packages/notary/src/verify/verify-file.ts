import { type Envelope, SealwrightError } from '@sealwright/core'
import { bindingFor } from '../binding.ts'
import type { ChainCache } from '../chain-cache.ts'
import { assertMediaType, fileDigests } from '../file-content.ts'
import { once } from '../once.ts'
import { describe } from '../signature-manifest.ts'
import { type OpenedEnvelope, openEnvelope } from '../sound-envelope.ts'
import { describeLevel, enforcementOf } from '../trust/policy.ts'
import { selectBlobStatement } from '../trust/select-statement.ts'
import type { VerifierContext } from './context.ts'
import { type Judgement, judgeSignature } from './judge-signature.ts'
import type { Report, SignatureReport } from './report.ts'
import type { FileRequest, JudgedOptions, VerifyOptions } from './request.ts'
import { describeOutcome, RequirementRun } from './requirement-run.ts'

/** Judges the detached signatures of a file. The file is read once, and only if a signer is trusted. */
export async function verifyFile(
  request: FileRequest,
  options: JudgedOptions<VerifyOptions>,
  context: VerifierContext,
): Promise<Omit<Report, 'at'>> {
  const { content, statement: wanted, mediaType, name = 'file' } = request
  if (mediaType !== undefined) assertMediaType(mediaType)
  const envelopes = openAll([request.envelope].flat(), name, context.chains)
  const algorithms = envelopes.flatMap(({ opened }) => opened.sound?.algorithm ?? [])
  const digests = once(() => fileDigests(abortable(content, options.signal), algorithms))
  const expected: Judgement['expected'] = async ({ algorithm }) => ({
    ...(await digests())[algorithm]!,
    mediaType,
  })
  /** That of the first signature that says what the file is, if the file was read. */
  const resolve = async ({
    verdict,
    signatures,
  }: Pick<Report, 'verdict' | 'signatures'>): Promise<Partial<Report>> => {
    const index = signatures.findIndex(
      signature => signature.verdict === verdict && signature.checks.some(isMadeOnContent),
    )
    const algorithm = envelopes[index]?.opened.sound?.algorithm
    if (algorithm === undefined) return {}
    return { resolved: `${name}@${(await digests())[algorithm]!.digest}` }
  }
  const own = context.ownDecision({ kind: 'file', name: wanted })
  if (own?.denied !== undefined)
    return { reference: name, verdict: 'denied', reason: own.denied, signatures: [], found: [] }
  if (own !== undefined) {
    const outcome = await new RequirementRun(own, options, context).judgeDetached(envelopes, expected)
    const found = describeOutcome(own, outcome)
    return { reference: name, ...(await resolve(found)), ...found, found: [] }
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
    kind: 'notation',
    statement: statement.name,
    level: describeLevel(signatureVerification),
    required: 1,
  } as const
  if (signatureVerification.level === 'skip') {
    return { reference: name, verdict: 'skipped', policy: { ...policy, met: 0 }, signatures: [], found: [] }
  }
  const signatures: SignatureReport[] = []
  let untold: SealwrightError | undefined
  for (const { opened, format, digest } of envelopes) {
    const { report, error } = await judgeSignature(opened, {
      statement,
      enforcement: enforcementOf(signatureVerification),
      stores: context.stores,
      key: context.key,
      now: context.moment(options.at),
      session: options.session,
      keepCarried: options.keepCarried,
      expected,
      metadata: options.metadata ?? {},
    })
    signatures.push({ digest, format, ...report })
    untold ??= error
    if (report.verdict === 'verified' && options.all !== true) break
  }
  const verified = signatures.filter(({ verdict }) => verdict === 'verified')
  if (verified.length === 0 && untold !== undefined) throw untold
  const { verdict, reason } = verified[0] ?? signatures[0]!
  return {
    reference: name,
    ...(await resolve({ verdict, signatures })),
    verdict,
    ...(reason === undefined ? {} : { reason }),
    policy: { ...policy, met: verified.length },
    signatures,
    found: [],
  }
}

/** A detached signature that was read. */
interface OpenedFile {
  readonly opened: OpenedEnvelope
  readonly format: string
  readonly digest: string
}

function openAll(envelopes: readonly Envelope[], name: string, chains: ChainCache): readonly OpenedFile[] {
  if (envelopes.length === 0) throw new SealwrightError('VALIDATION', `no signature of ${name} was given`)
  if (envelopes.length > MAX_ENVELOPES)
    throw new SealwrightError(
      'VALIDATION',
      `${envelopes.length} signatures of ${name} are more than ${MAX_ENVELOPES}`,
    )
  return envelopes.map(({ mediaType, bytes }) => {
    const binding = bindingFor(mediaType)
    if (binding === undefined) {
      throw new SealwrightError(
        'VALIDATION',
        `${JSON.stringify(mediaType)} is not an envelope format for files`,
        {
          fix: 'give a JWS (application/jose+json) or COSE (application/cose) envelope',
        },
      )
    }
    if (bytes.byteLength === 0) {
      throw new SealwrightError('VALIDATION', `the signature of ${name} is empty`, {
        why: 'not even a policy that skips verification takes an empty file for a signature',
        fix: 'give the envelope that was made when the file was signed',
      })
    }
    const opened = openEnvelope(binding, bytes, chains)
    return { opened, format: binding.name, digest: describe(mediaType, bytes).digest }
  })
}

/** As many as are tried of an artifact. */
const MAX_ENVELOPES = 100

/** Of the checks, this one reads the file. */
function isMadeOnContent({ check, outcome }: SignatureReport['checks'][number]): boolean {
  return check === 'artifact' && outcome !== 'skipped'
}

async function* abortable(content: FileRequest['content'], signal?: AbortSignal): AsyncIterable<Uint8Array> {
  for await (const chunk of content instanceof Uint8Array ? [content] : content) {
    signal?.throwIfAborted()
    yield chunk
  }
}
