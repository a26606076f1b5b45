import { shellQuote } from '@sealwright/core/encoding'
import {
  checkTrustPolicy,
  formatTrustPolicy,
  type PolicyFault,
  type PolicyFile,
  type Statement,
} from '@sealwright/notary'
import { type Certificate, formatDistinguishedName, parseDistinguishedName } from '@sealwright/x509'
import { isMadeFor } from '../../certificates/certificate.ts'
import { formatTime } from '../../runtime/time.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import type { RawPolicy } from '../../trust/own-policy-file.ts'
import { ownAddition, withOwnStatement } from '../../trust/own-statement.ts'
import { assertScopeOrPrefix } from '../../trust/policy-file.ts'
import type { InitFlags } from './spec.ts'

/** What `init` makes of the policy. */
export interface PolicyPlan {
  readonly action: 'create' | 'extend' | 'keep'
  readonly statements: readonly Statement[]
  /** The statement that decides for the scopes; the new one's name where there are several. */
  readonly statement: string
  readonly scopes: readonly string[]
}

export interface PolicyWish {
  readonly name: string
  readonly scopes: readonly string[]
  /** `ca:NAME` */
  readonly store: string
  /** Subject of the leaf, RFC 4514. */
  readonly subject: string
}

/**
 * Adds trust in a signer to a policy. A scope belongs to one statement: where one has it, that statement gains the store
 * and the identity; the other scopes go to the statement of the key's own name.
 */
export function planPolicy(file: PolicyFile, statements: readonly Statement[], wish: PolicyWish): PolicyPlan {
  const { name, scopes } = wish
  const identity = `x509.subject: ${wish.subject}`
  const ownerOf = (scope: string): string =>
    statements.find(({ registryScopes }) => registryScopes?.includes(scope))?.name ?? name
  const targets = new Set(scopes.map(ownerOf))
  const planned = statements.map(statement =>
    targets.has(statement.name)
      ? extended(statement, {
          scopes: scopes.filter(scope => ownerOf(scope) === statement.name),
          store: wish.store,
          identity,
          file,
        })
      : statement,
  )
  if (targets.has(name) && !statements.some(statement => statement.name === name)) {
    planned.push({
      name,
      registryScopes: scopes.filter(scope => ownerOf(scope) === name),
      signatureVerification: { level: 'strict' },
      trustStores: [wish.store],
      trustedIdentities: [identity],
    })
  }
  const same = formatted(planned) === formatted(statements)
  assertUsable(planned, file, wish)
  return {
    action: same ? 'keep' : statements.length < planned.length ? 'create' : 'extend',
    statements: planned,
    statement: targets.size === 1 ? ([...targets][0] as string) : name,
    scopes,
  }
}

/** Adds a statement to Sealwright's policy, by the same rules as `policy init`. */
export function planOwnPolicy(
  policy: RawPolicy | undefined,
  { name, scopes, store, subject }: PolicyWish,
  file: { readonly path: string; readonly otherwise: 'deny' | 'notation' },
): PolicyPlan & { readonly after: RawPolicy } {
  const identities = [`x509.subject: ${subject}`]
  const addition = ownAddition({ name, scope: scopes, trustStore: [store] }, identities, policy)
  const after = withOwnStatement(policy, addition, file)
  const action = after === policy ? 'keep' : 'create'
  return { action, statements: [], statement: name, scopes, after }
}

function extended(
  statement: Statement,
  {
    scopes,
    store,
    identity,
    file,
  }: {
    readonly scopes: readonly string[]
    readonly store: string
    readonly identity: string
    readonly file: PolicyFile
  },
): Statement {
  if (statement.signatureVerification.level === 'skip') {
    throw usageError(`statement "${statement.name}" of ${file.path} verifies nothing`, {
      why: 'its level is skip, and a statement without trusted identities cannot gain a signer',
      fix: 'give the statement a level, or choose another scope',
    })
  }
  const { registryScopes = [], trustStores, trustedIdentities } = statement
  const wildcard = registryScopes.includes('*')
  const grown: Statement = {
    ...statement,
    registryScopes: wildcard ? registryScopes : union(registryScopes, scopes),
    trustStores: union(trustStores, [store]),
  }
  const withIdentity = { ...grown, trustedIdentities: union(trustedIdentities, [identity]) }
  // `*` covers it, and so does an identity that asks for less: two that overlap are a fault.
  return trustedIdentities.includes('*') || !isUsable([withIdentity]) ? grown : withIdentity
}

function union(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...one, ...other.filter(item => !one.includes(item))]
}

function formatted(statements: readonly Statement[]): string {
  return formatTrustPolicy({ version: '1.0', trustPolicies: statements })
}

function isUsable(statements: readonly Statement[]): boolean {
  return checkTrustPolicy(formatted(statements), 'oci', 'policy').policy !== undefined
}

function assertUsable(statements: readonly Statement[], file: PolicyFile, wish: PolicyWish): void {
  const { policy, faults } = checkTrustPolicy(formatted(statements), 'oci', file.path)
  if (policy === undefined) throw refusedPolicy(faults, file, wish)
}

/** The error for a policy that would be unusable; the file that is there is not to blame. */
export function refusedPolicy(faults: readonly PolicyFault[], { path }: PolicyFile, wish: PolicyWish): Error {
  return usageError(`${wish.scopes.join(', ')} cannot be added to ${path}`, {
    why: faults
      .filter(({ severity }) => severity === 'error')
      .map(({ message }) => message)
      .join('; '),
    fix: `check --scope and --subject: sealwright init ${shellQuote(wish.name)} --scope registry.example/app --subject ${shellQuote(`C=DE,ST=Hessen,O=Acme,CN=${wish.name}`)}`,
  })
}

const DEFAULT_EXPIRY_MS = 365 * 86_400_000

/** Refuses flags that exclude one another. */
export function assertCombination(flags: InitFlags): void {
  if (flags.passphrase !== false) return
  const other =
    flags.passphraseFile === undefined ? (flags.key === undefined ? undefined : '--key') : '--passphrase-file'
  if (other === undefined) return
  throw usageError(`--no-passphrase and ${other} cannot be used together`, {
    why: 'it is for a key that is made, and stores it in clear text',
    fix: 'leave --no-passphrase out',
  })
}

/**
 * The subject of a certificate to be made, RFC 4514. Without one: a name that meets Notation's rules (C, ST and O) and
 * claims nothing; ZZ is the code that ISO 3166 leaves for an unknown country.
 */
export function subjectFor(name: string, subject: string | undefined): string {
  return formatDistinguishedName(parseDistinguishedName(subject ?? `CN=${name},O=${name},ST=Unknown,C=ZZ`))
}

/** How long a certificate to be made is valid. */
export function expiryFor(flags: InitFlags): number {
  return flags.expiry ?? DEFAULT_EXPIRY_MS
}

/** The repositories to trust the key for: the flags', those of the statement of its name, or the answer to a question. */
export async function scopesFor(
  { dialogue }: Session,
  name: string,
  flags: InitFlags,
  statements: readonly Statement[],
): Promise<readonly string[]> {
  for (const scope of flags.scope ?? []) assertScopeOrPrefix(scope, '--scope')
  if (flags.scope !== undefined) return [...new Set(flags.scope)]
  const existing = statements.find(statement => statement.trustStores.includes(`ca:${name}`))
  if (existing?.registryScopes !== undefined) return existing.registryScopes
  const answer = await dialogue.ask({
    prompt: 'trust the key for which repository (registry.example/app, or * for all)? ',
    missing: 'a scope is required, and no terminal is available to ask on',
    fix: `sealwright init ${shellQuote(name)} --scope registry.example/app`,
  })
  const scopes = answer.split(/[\s,]+/).filter(scope => scope !== '')
  for (const scope of scopes) assertScopeOrPrefix(scope, '--scope')
  if (scopes.length > 0) return scopes
  throw usageError('no scope was given', {
    why: 'a key is trusted for repositories that are named',
    fix: '--scope registry.example/app, or --scope "*"',
  })
}

/** Throws where a flag asks for another certificate than the one that exists and is kept. */
export function assertAgrees(
  chain: readonly Certificate[] | undefined,
  flags: InitFlags,
  name: string,
): void {
  const leaf = chain?.[0]
  if (leaf === undefined) return
  const subject = formatDistinguishedName(leaf.subject)
  const refuse = (flag: string, why: string): never => {
    throw usageError(`${flag} cannot change the certificate of key ${name}`, {
      why: `it exists and is kept: ${why}`,
      fix: `leave ${flag} out, or choose another name`,
    })
  }
  if (flags.subject !== undefined && subjectFor(name, flags.subject) !== subject) refuse('--subject', subject)
  if (flags.expiry !== undefined && !isMadeFor(leaf, flags.expiry))
    refuse('--expiry', `valid to ${formatTime(leaf.notAfter)}`)
}
