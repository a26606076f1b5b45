import { fingerprint } from '@sealwright/core'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import type { PolicyStatement, RevocationRule, SealwrightPolicy, TimestampRule } from '../policy/policy.ts'
import type { SoundEnvelope } from '../sound-envelope.ts'
import { type Enforcement, enforcementOf, type Statement } from '../trust/policy.ts'
import type { SealwrightPolicySource } from '../trust/trust.ts'
import { isNotBy } from './authenticity.ts'
import type { StoreIndex } from './store-index.ts'

/** What a target is judged by: a statement of a policy, and the policy. */
export interface RequirementRequest {
  readonly source: SealwrightPolicySource & { readonly policy: SealwrightPolicy }
  readonly statement: PolicyStatement
}

/**
 * How signatures of one signer of a policy are judged: as a strict statement of Notation's policy that names the signer's
 * stores and identities, or as by a key that is trusted by itself; either with the rules of the statement.
 */
export interface SignerRule {
  readonly name: string
  readonly statement: Statement
  readonly enforcement: Enforcement
  readonly timestampRule: TimestampRule
  readonly revocationRule: RevocationRule
  /** DER SubjectPublicKeyInfo. */
  readonly key?: Uint8Array | undefined
  readonly keyEndsAt?: Date | undefined
  /** Of the key that is meant, where the policy names no file: only a signature that carries its key can be judged. */
  readonly fingerprint?: string | undefined
  /** Why no signature can be judged for this signer. */
  readonly unusable?: string | undefined
}

/** Whom a signature is by, as far as it is known. */
export interface SignedBy {
  readonly publicKey: Uint8Array
  readonly chain?: readonly Certificate[] | undefined
}

/** The signers of a policy under one of its statements. */
export class PolicySigners {
  readonly #rules = new Map<string, SignerRule>()
  readonly #policy: SealwrightPolicy
  readonly #source: SealwrightPolicySource
  readonly #under: PolicyStatement
  readonly #stores: StoreIndex
  /** That vouch for certificates of any signer. */
  readonly #vouching: readonly string[]

  constructor({ source, statement }: RequirementRequest, stores: StoreIndex) {
    this.#source = source
    this.#policy = source.policy
    this.#under = statement
    this.#stores = stores
    const named = Object.values(source.policy.signers).flatMap(signer =>
      signer.kind === 'certificates' ? signer.stores : [],
    )
    this.#vouching = [...new Set(named)]
  }

  rule(name: string): SignerRule {
    let rule = this.#rules.get(name)
    if (rule === undefined) {
      rule = this.#ruleOf(name)
      this.#rules.set(name, rule)
    }
    return rule
  }

  #ruleOf(name: string): SignerRule {
    const { timestamp, revocation } = this.#under
    const signer = Object.hasOwn(this.#policy.signers, name) ? this.#policy.signers[name] : undefined
    const stores = signer?.kind === 'certificates' ? signer.stores : []
    const statement: Statement = {
      name: this.#under.name,
      signatureVerification: {
        level: 'strict',
        override: revocation.mode === 'log' ? { revocation: 'log' } : undefined,
      },
      trustStores: timestamp.require === 'never' ? stores : [...stores, ...timestamp.authorities],
      trustedIdentities: signer?.kind === 'certificates' ? signer.identities : [],
    }
    const rule: SignerRule = {
      name,
      statement,
      enforcement: enforcementOf(statement.signatureVerification),
      timestampRule: timestamp,
      revocationRule: revocation,
    }
    if (signer === undefined) return { ...rule, unusable: `the policy has no signer ${JSON.stringify(name)}` }
    if (signer.kind === 'sigstore')
      return { ...rule, unusable: 'certificates of Sigstore authorities are not judged yet' }
    if (signer.kind === 'certificates') return rule
    const { keys } = this.#source
    const key = Object.hasOwn(keys, name) ? keys[name] : undefined
    if (signer.file !== undefined && key === undefined)
      return { ...rule, unusable: `its key ${signer.file} cannot be read` }
    return { ...rule, key, fingerprint: signer.fingerprint, keyEndsAt: signer.notAfter }
  }

  /** The rule by which a signature is judged for a signer; nothing if it is not by that signer. */
  match(name: string, sound: SoundEnvelope): SignerRule | undefined {
    const rule = this.rule(name)
    const { publicKey } = sound.chain[0]!
    if (rule.unusable !== undefined) return undefined
    if (rule.fingerprint !== undefined)
      return fingerprint(publicKey) === rule.fingerprint ? { ...rule, key: publicKey } : undefined
    if (rule.key !== undefined) return Buffer.compare(rule.key, publicKey) === 0 ? rule : undefined
    // Of an unusable store it cannot be told; then the signature may be by this signer.
    return isNotBy(sound, rule.statement, this.#stores) ? undefined : rule
  }

  /** Certificates that show whose a signature is: of the stores of these signers. */
  certificates(names: readonly string[]): ReadonlySet<string> {
    const references = names.flatMap(name => this.rule(name).statement.trustStores)
    return new Set(
      references
        .filter(reference => !reference.startsWith('tsa:'))
        .flatMap(reference => [...(this.#stores.get(reference).fingerprints ?? [])]),
    )
  }

  /** Why a trust store of a signer cannot be used. */
  storeFault(name: string): string | undefined {
    for (const reference of this.rule(name).statement.trustStores) {
      const { fault } = this.#stores.get(reference)
      if (fault !== undefined) return `${fault.message}: ${fault.why}`
    }
    return undefined
  }

  /**
   * What identifies who signed. A subject counts under every store that vouches for its chain: somebody with two
   * certificates is one principal, whichever store each signer names.
   */
  principal({ key }: SignerRule, { publicKey, chain }: SignedBy): readonly string[] {
    const own = `key:${fingerprint(publicKey)}`
    if (key !== undefined || chain === undefined) return [own]
    const subject = formatDistinguishedName(chain[0]!.subject)
    const vouching = this.#vouching.filter(reference =>
      chain.some(certificate => this.#stores.get(reference).fingerprints?.has(certificate.fingerprint)),
    )
    return [own, ...vouching.map(reference => `subject:${reference} ${subject}`)]
  }
}
