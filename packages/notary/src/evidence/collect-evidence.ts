import type { Certificate } from '@sealwright/x509'
import { collectChainStatements } from '../revocation/check-chain.ts'
import {
  type RevocationCall,
  type RevocationOptions,
  RevocationSources,
} from '../revocation/revocation-sources.ts'
import type { RevocationReport } from '../verify/report.ts'
import { describeRevocation } from '../verify/revocation.ts'
import { mergeEvidence, type SignatureEvidence } from './evidence.ts'

export interface EvidenceCollectorOptions extends RevocationOptions {
  /** Default: the system's clock. */
  readonly clock?: (() => Date) | undefined
}

/** Collects statements on revocation. Keeps what it was told: a chain that comes again costs no request. */
export interface EvidenceCollector {
  /**
   * Collects OCSP responses and CRLs for every certificate of a chain but the root. Each is judged, and taken only if it
   * says now that the certificate is good. Online the sources are asked even where the cache holds an answer, which may
   * expire soon; offline the cache alone counts.
   *
   * A source that does not answer is reported, and never an error.
   *
   * @param chain - Leaf first, root last; each issued by the next.
   * @throws the reason of the signal.
   */
  collect(chain: readonly Certificate[], call?: RevocationCall): Promise<CollectedEvidence>
}

export interface CollectedEvidence {
  /** Without timestamps. */
  readonly evidence: SignatureEvidence
  /**
   * For every certificate but the root, and both kinds of source: what it says. Of a certificate that one kind calls
   * revoked, nothing is taken. One that names no source has one entry, `notRevocable`.
   */
  readonly statuses: readonly CollectedStatement[]
}

/** What one kind of source says of one certificate; `source` is there for `unknown` too. */
export interface CollectedStatement extends RevocationReport {
  /** What to do where it is `unknown`, if that is known. */
  readonly fix?: string | undefined
}

/**
 * Returns a collector that asks as `revocation` of a verifier does.
 *
 * @example
 * ```ts
 * import { createEvidenceCollector, publicLookup } from '@sealwright/notary'
 * import { httpFetch } from '@sealwright/oci-registry'
 *
 * const collector = createEvidenceCollector({ fetch: httpFetch({ lookup: publicLookup() }) })
 * ```
 */
export function createEvidenceCollector({
  clock = () => new Date(),
  ...options
}: EvidenceCollectorOptions): EvidenceCollector {
  const { cache } = options
  const online = new RevocationSources({
    ...options,
    cache: cache && { ...cache, crl: async () => undefined, ocsp: async () => undefined },
  })
  const offline = new RevocationSources(options)
  return {
    async collect(chain, call = {}) {
      const collected = await collectChainStatements(chain, {
        session: (call.offline ? offline : online).open(call),
        at: clock(),
        carried: async () => ({ ocsp: [], crls: [] }),
      })
      const revoked = new Set(
        collected.flatMap(({ certificate, status }) => (status === 'revoked' ? certificate.fingerprint : [])),
      )
      const good = collected.filter(
        ({ certificate, status }) => status === 'good' && !revoked.has(certificate.fingerprint),
      )
      return {
        evidence: mergeEvidence(...good.map(({ carries }) => carries)),
        statuses: collected.map(({ source, fix, ...found }) => ({
          ...describeRevocation(found),
          ...(source === undefined ? {} : { source }),
          ...(fix === undefined ? {} : { fix }),
        })),
      }
    },
  }
}
