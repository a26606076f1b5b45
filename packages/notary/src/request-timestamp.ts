import { hash, randomBytes } from 'node:crypto'
import { type AlgorithmId, algorithms, isSealwrightError, SealwrightError } from '@sealwright/core'
import {
  type Certificate,
  formatDistinguishedName,
  readTimestampResponse,
  type TimestampToken,
  timestampRequest,
  verifyTimestampToken,
} from '@sealwright/x509'
import { boundedRequest, type Fetch } from './bounded-request.ts'
import { type RevocationOptions, RevocationSources } from './revocation/revocation-sources.ts'
import { checkRevocation } from './verify/revocation.ts'
import { timestampFault } from './verify/times.ts'

export interface TimestampOptions {
  /** Asks the authorities: like the global `fetch`, no redirect followed. */
  readonly fetch: Fetch
  /** Of authorities, `http` or `https`; the next is asked where one fails. One alone that is down for a moment is asked again. */
  readonly urls: readonly string[]
  /** Self-signed; the chain of an authority has to end in one of them. */
  readonly roots: readonly Certificate[]
  /** Of the signature: the imprint is made with its hash. */
  readonly algorithm: AlgorithmId
  /** Of the signer: each certificate has to be valid at the time of the token. Default: none is looked at. */
  readonly chain?: readonly Certificate[] | undefined
  /**
   * How it is found out whether the certificates of the authority were revoked; what cannot be found out fails. Default: it
   * is not asked, and left to the verifier.
   */
  readonly revocation?: RevocationOptions | undefined
  /** Default: the system's clock. */
  readonly clock?: (() => Date) | undefined
  /** For one authority. Default 15,000. */
  readonly timeoutMs?: number | undefined
  /** What is left of a deadline; each authority gets an equal share of it, so that the next has some left. */
  readonly remainingMs?: (() => number) | undefined
  readonly signal?: AbortSignal | undefined
}

export interface ObtainedTimestamp {
  /** DER RFC 3161 TimeStampToken, verified. */
  readonly token: Uint8Array
  /** Which authority made it. */
  readonly url: string
  readonly genTime: Date
  /** The chain of the authority, leaf first, root last. */
  readonly chain: readonly Certificate[]
  /** The authorities that were asked before, and why each failed. */
  readonly failures: readonly TimestampFailure[]
}

export interface TimestampFailure {
  readonly url: string
  readonly why: string
}

const MAX_BYTES = 1024 * 1024
const TIMEOUT_MS = 15_000
/** With waits of up to 0.5, 1 and 2 seconds in between. */
const ATTEMPTS = 4

/**
 * Asks time-stamp authorities (RFC 3161) for a token over a message, and verifies it as a verifier will: imprint, nonce,
 * signature, the chain to one of the roots, the time, and whether the authority was revoked.
 *
 * @param message - For the timestamp of an envelope its raw signature; for one that is stapled what `stapledMessage` of the
 *   format says; for a Sigstore bundle what `timestampedBytes` says.
 * @throws {@link SealwrightError} what an authority failed with, first of all what may be gone at the next attempt; its `why`
 *   names each of them. `VALIDATION` without a URL, or for one of another scheme.
 */
export async function requestTimestamp(
  message: Uint8Array,
  options: TimestampOptions,
): Promise<ObtainedTimestamp> {
  const { urls, signal, remainingMs, timeoutMs = TIMEOUT_MS } = options
  const targets = urls.map(authorityUrl)
  if (targets.length === 0) throw new SealwrightError('VALIDATION', 'no timestamp authority was named')
  const failures: TimestampFailure[] = []
  let told: SealwrightError | undefined
  for (const [index, url] of targets.entries()) {
    const share = (remainingMs?.() ?? Number.POSITIVE_INFINITY) / (targets.length - index + 1)
    const allowedMs = Math.max(1, Math.min(timeoutMs, share))
    try {
      const { token, chain } = await timestampBy(url, message, allowedMs, options)
      return { token: token.der, url: url.href, genTime: token.genTime, chain, failures }
    } catch (error) {
      if (!isSealwrightError(error) || signal?.aborted === true) throw error
      failures.push({ url: url.href, why: error.why ?? error.message })
      if (told === undefined || (error.retryable && !told.retryable)) told = error
    }
  }
  const why = failures.map(failure => `${failure.url}: ${failure.why}`).join('; ')
  throw new SealwrightError(told!.code, 'no timestamp could be had', { why, fix: told!.fix, cause: told })
}

async function timestampBy(
  url: URL,
  message: Uint8Array,
  timeoutMs: number,
  options: TimestampOptions,
): Promise<{ readonly token: TimestampToken; readonly chain: readonly Certificate[] }> {
  const { fetch, roots, algorithm, chain = [], clock = () => new Date(), signal } = options
  const endsAt = performance.now() + timeoutMs
  const imprint = algorithms[algorithm].hash ?? 'sha512'
  const request = { hash: imprint, digest: hash(imprint, message, 'buffer'), nonce: randomBytes(16) }
  const post = { contentType: 'application/timestamp-query', body: timestampRequest(request) }
  const attempts = options.urls.length === 1 ? ATTEMPTS : 1
  const reply = await boundedRequest(fetch, { url, post, maxBytes: MAX_BYTES, timeoutMs, attempts, signal })
  const token = readReply(reply, request, url)
  const verified = verifyTimestampToken(token, { message, roots })
  const now = clock()
  const fault = timestampFault(verified.time, chain, now)
  if (fault !== undefined)
    throw new SealwrightError('VALIDATION', 'the timestamp does not vouch for the signature', {
      why: fault.why,
    })
  const remainingMs = (): number => endsAt - performance.now()
  await assertNotRevoked(verified.chain, now, { ...options, remainingMs })
  return { token, chain: verified.chain }
}

/** An answer that cannot be read is the fault of the authority, as one that does not come is. */
function readReply(
  reply: Uint8Array,
  request: Parameters<typeof readTimestampResponse>[1],
  url: URL,
): TimestampToken {
  try {
    return readTimestampResponse(reply, request)
  } catch (error) {
    if (!isSealwrightError(error) || error.code !== 'VALIDATION') throw error
    throw new SealwrightError('UNAVAILABLE', `${url.origin} returned an unusable response`, {
      why: error.why === undefined ? error.message : `${error.message}: ${error.why}`,
      cause: error,
    })
  }
}

async function assertNotRevoked(
  chain: readonly Certificate[],
  now: Date,
  { revocation, signal, remainingMs }: TimestampOptions,
): Promise<void> {
  if (revocation === undefined) return
  const { finding } = await checkRevocation(chain, {
    now: { time: now, source: 'clock', clock: now },
    session: new RevocationSources(revocation).open({ signal, remainingMs }),
    carried: async () => ({ ocsp: [], crls: [] }),
  })
  if (finding.outcome !== 'failed' && finding.outcome !== 'unknown') return
  const name = formatDistinguishedName(chain[0]!.subject)
  throw finding.outcome === 'failed'
    ? new SealwrightError('VALIDATION', `the timestamp authority ${name} was revoked`, {
        why: finding.detail,
        fix: 'use another timestamp authority',
      })
    : new SealwrightError('UNAVAILABLE', `the revocation status of timestamp authority ${name} is unknown`, {
        why: finding.detail,
        fix: 'try again, or use another timestamp authority',
      })
}

function authorityUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new SealwrightError('VALIDATION', `${JSON.stringify(text)} is not the URL of a timestamp authority`, {
    fix: 'give an http or https URL',
  })
}
