import {
  type Certificate,
  judgeCrl,
  judgeOcsp,
  ocspRequest,
  type RevocationQuestion,
  type RevocationStatus,
} from '@sealwright/x509'
import { MAX_URLS, type Obtained, type RevocationOptions, RevocationSources } from './revocation-sources.ts'

/** What one source of revocation answers about one certificate. */
export interface ProbedSource {
  readonly certificate: Certificate
  readonly source: 'ocsp' | 'crl'
  /** As the certificate spells it. */
  readonly url: string
  /** From the request to the last byte of the answer, read and verified. */
  readonly milliseconds: number
  /** How far the clock of the host is ahead of ours, by its HTTP header Date, to the second; absent where it sends none. */
  readonly clockAheadMs?: number | undefined
  /** What the answer says; `unknown` with the reason where it cannot be used. */
  readonly status: Pick<RevocationStatus, 'status'> & { readonly why?: string | undefined }
  readonly fix?: string | undefined
}

/**
 * Asks every source that the certificates of a chain name, one after another: to find out which of them work, where a
 * verification would stop at the first that tells. No cache is used.
 *
 * @param chain - Leaf first, root last; each issued by the next.
 */
export async function probeRevocation(
  chain: readonly Certificate[],
  options: Omit<RevocationOptions, 'cache' | 'onCacheFault'>,
  { clock, signal }: { readonly clock: () => Date; readonly signal?: AbortSignal | undefined },
): Promise<readonly ProbedSource[]> {
  let clockAheadMs: number | undefined
  const { fetch } = options
  const watched: RevocationOptions['fetch'] =
    fetch &&
    (async (...request) => {
      const answer = await fetch(...request)
      const date = Date.parse(answer.headers.get('date') ?? '')
      clockAheadMs = Number.isNaN(date) ? undefined : date - clock().getTime()
      return answer
    })
  const sources = new RevocationSources({ ...options, cache: undefined, fetch: watched })
  const session = sources.open({ signal })
  const probed: ProbedSource[] = []
  const probe = async <T>(
    of: Pick<ProbedSource, 'certificate' | 'source' | 'url'>,
    ask: () => Promise<Obtained<T>>,
    judge: (value: T) => Promise<RevocationStatus> | RevocationStatus,
  ): Promise<void> => {
    clockAheadMs = undefined
    const started = performance.now()
    const answer = await ask()
    const milliseconds = performance.now() - started
    const status =
      answer.fault === undefined
        ? await judge(answer.value)
        : ({ status: 'unknown', why: answer.fault } as const)
    probed.push({ ...of, milliseconds, clockAheadMs, status, fix: answer.fix })
  }
  for (const [index, certificate] of chain.slice(0, -1).entries()) {
    const question: RevocationQuestion = { certificate, issuer: chain[index + 1]!, at: clock() }
    const request = ocspRequest(question)
    for (const url of certificate.ocspUrls.slice(0, MAX_URLS))
      await probe(
        { certificate, source: 'ocsp', url },
        () => sources.fetchOcsp(url, request, session),
        response => judgeOcsp(response, question),
      )
    for (const url of certificate.crlUrls.slice(0, MAX_URLS))
      await probe(
        { certificate, source: 'crl', url },
        () => sources.fetchCrl(url, question.issuer, session),
        crl => judgeCrl(crl, question),
      )
  }
  return probed
}
