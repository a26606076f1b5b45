import { SealwrightError } from '@sealwright/core'
import { ChainCache } from '../chain-cache.ts'
import { policyError } from '../trust/parse-policy.ts'
import type { PolicyKind, Statement, TrustPolicy } from '../trust/policy.ts'
import type { PolicySource, Trust } from '../trust/trust.ts'
import { StoreIndex } from './store-index.ts'
import type { Moment } from './times.ts'

/** What one verifier keeps between calls. */
export class VerifierContext {
  readonly chains: ChainCache = new ChainCache()
  readonly stores: StoreIndex
  readonly key: Uint8Array | undefined
  readonly #trust: Trust
  readonly #clock: () => Date

  constructor(trust: Trust, clock: () => Date) {
    this.#trust = trust
    this.#clock = clock
    this.stores = new StoreIndex(trust)
    this.key = trust.key
  }

  /**
   * The policy of a kind, and the statement that applies.
   *
   * @throws {@link SealwrightError} `VALIDATION` without a policy of this kind, or with one that has errors.
   */
  statementFor(
    kind: PolicyKind,
    select: (policy: TrustPolicy) => Statement | undefined,
  ): { readonly source: PolicySource; readonly statement: Statement | undefined } {
    const source = this.#trust[kind]
    if (source === undefined) throw noPolicy(this.#trust.source, kind)
    if (source.policy === undefined) throw policyError(source.file, source.faults)
    return { source, statement: select(source.policy) }
  }

  moment(at: Date | undefined): Moment {
    return at === undefined ? { time: this.#clock(), source: 'clock' } : { time: at, source: 'given' }
  }
}

function noPolicy(source: string, kind: PolicyKind): SealwrightError {
  const file = kind === 'oci' ? 'trustpolicy.json' : 'trustpolicy.blob.json'
  const flag = kind === 'oci' ? '--scope REPOSITORY' : '--statement-for-files --global'
  return new SealwrightError(
    'VALIDATION',
    `${source} holds no trust policy for ${kind === 'oci' ? 'artifacts' : 'files'}`,
    {
      why: `there is no ${file}; without a policy nobody is trusted`,
      fix: `sealwright policy init --name NAME ${flag} --trust-store ca:NAME --trusted-identity DN`,
    },
  )
}
