import { SealwrightError } from '@sealwright/core'
import { ChainCache } from '../chain-cache.ts'
import type { PolicyStatement } from '../policy/policy.ts'
import { type PolicyTarget, selectPolicyStatement } from '../policy/select-policy-statement.ts'
import { type RevocationOptions, RevocationSources } from '../revocation/revocation-sources.ts'
import { policyError } from '../trust/parse-policy.ts'
import type { PolicyKind, Statement, TrustPolicy } from '../trust/policy.ts'
import type { PolicySource, SealwrightPolicySource, Trust } from '../trust/trust.ts'
import type { RequirementRequest } from './policy-signers.ts'
import type { Reason } from './report.ts'
import type { Moment } from './revocation.ts'
import { StoreIndex } from './store-index.ts'

/** What one verifier keeps between calls. */
export class VerifierContext {
  readonly chains: ChainCache = new ChainCache()
  readonly stores: StoreIndex
  readonly revocation: RevocationSources
  readonly key: Uint8Array | undefined
  readonly sealwright: SealwrightPolicySource | undefined
  readonly #trust: Trust
  readonly #clock: () => Date

  constructor(trust: Trust, clock: () => Date, revocation: RevocationOptions) {
    this.revocation = new RevocationSources(revocation)
    this.#trust = trust
    this.#clock = clock
    this.stores = new StoreIndex(trust)
    this.key = trust.key
    this.sealwright = trust.sealwright
  }

  /**
   * What Sealwright's policy says of a target; nothing where none is given, or where it leaves the target to Notation's.
   *
   * @throws {@link SealwrightError} `VALIDATION` for a policy that has errors: nothing looser stands in for it.
   */
  ownDecision(target: PolicyTarget): OwnDecision | undefined {
    if (this.sealwright === undefined) return undefined
    const { file, faults, policy } = this.sealwright
    if (policy === undefined) throw policyError(file, faults)
    const source = { ...this.sealwright, policy }
    const { denied, statement } = selectPolicyStatement(source, target, this.#clock())
    if (denied !== undefined) return { source, denied }
    return statement && { source, statement }
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
    const clock = this.#clock()
    return at === undefined ? { time: clock, source: 'clock', clock } : { time: at, source: 'given', clock }
  }
}

/** A statement of Sealwright's policy that decides about a target, or why the target is denied. */
export type OwnDecision = { readonly source: RequirementRequest['source'] } & (
  | { readonly statement: PolicyStatement; readonly denied?: undefined }
  | { readonly denied: Reason; readonly statement?: undefined }
)

function noPolicy(source: string, kind: PolicyKind): SealwrightError {
  const file = kind === 'oci' ? 'trustpolicy.json' : 'trustpolicy.blob.json'
  return new SealwrightError(
    'VALIDATION',
    `${source} holds no trust policy for ${kind === 'oci' ? 'artifacts' : 'files'}`,
    {
      why: `there is no ${file}; without a policy no signer is trusted`,
      fix: 'write a policy with the trusted identities',
      remedy: { step: 'createPolicy', kind },
    },
  )
}
