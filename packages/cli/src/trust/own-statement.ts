import { isDeepStrictEqual } from 'node:util'
import { shellQuote } from '@sealwright/core/encoding'
import { SEALWRIGHT_POLICY_VERSION } from '@sealwright/notary'
import { parseDistinguishedName } from '@sealwright/x509'
import { usageError } from '../runtime/usage.ts'
import { freeSignerName, type RawPolicy, type RawStatement } from './own-policy-file.ts'

/** What flags of `init` and `policy init` say of a statement. */
export interface StatementFlags {
  readonly name?: string | undefined
  readonly scope?: readonly string[] | undefined
  readonly statementForFiles?: boolean | undefined
  readonly global?: boolean | undefined
  readonly trustStore?: readonly string[] | undefined
  readonly threshold?: number | undefined
  readonly sealwright?: boolean | undefined
}

/** Whether flags ask for what only Sealwright's policy can say. */
export function asksForOwn({ sealwright, threshold, scope = [] }: StatementFlags): boolean {
  return sealwright === true || threshold !== undefined || scope.some(each => each.endsWith('/*'))
}

/** What `policy init` adds to Sealwright's policy. */
export interface OwnAddition {
  readonly statement: RawStatement
  readonly signers: Readonly<Record<string, unknown>>
}

/**
 * Makes a statement of what the flags say: each identity is a signer, of all stores; with `*`, each store is one.
 *
 * @param identities - `*`, or `x509.subject: …`
 */
export function ownAddition(
  flags: StatementFlags,
  identities: readonly string[],
  policy: RawPolicy | undefined,
): OwnAddition {
  const { name = '', scope = [], statementForFiles, global, trustStore = [], threshold } = flags
  const stores = [...new Set(trustStore)]
  const each = identities.includes('*')
    ? stores.map(store => ({ wanted: store.replace(/^.*:/, ''), stores: [store], identities: ['*'] }))
    : identities.map(identity => ({ wanted: nameIn(identity), stores, identities: [identity] }))
  const signers: Record<string, unknown> = { ...policy?.signers }
  const names = each.map(({ wanted, ...certificates }) => {
    const free = freeSignerName(signers, wanted, { certificates })
    signers[free] = { certificates }
    return free
  })
  if (threshold !== undefined && threshold > names.length) {
    throw usageError(`--threshold ${threshold} cannot be reached`, {
      why: `the flags name ${names.length} ${names.length === 1 ? 'signer' : 'signers'}: ${names.join(', ')}`,
      fix: 'name more signers: --trusted-identity DN for each, or --trust-store for each with --trusted-identity "*"',
    })
  }
  const leaves = names.map(signer => ({ signer }))
  const require =
    threshold !== undefined && threshold > 1
      ? { atLeast: threshold, of: leaves }
      : leaves.length === 1
        ? leaves[0]!
        : { any: leaves }
  const applies = statementForFiles
    ? { files: true, ...(global ? { default: true } : {}) }
    : { scopes: scope }
  return { statement: { name, ...applies, require }, signers }
}

/** The policy with a statement; the one that was given where it has the statement already. */
export function withOwnStatement(
  policy: RawPolicy | undefined,
  { statement, signers }: OwnAddition,
  { path, otherwise }: { readonly path: string; readonly otherwise: 'deny' | 'notation' },
): RawPolicy {
  const existing = policy?.statements.find(({ name }) => name === statement.name)
  if (policy !== undefined && isDeepStrictEqual(existing, statement)) return policy
  if (existing !== undefined) {
    throw usageError(`there is another statement "${statement.name}" in ${path}`, {
      why: 'a statement is never changed by adding one',
      fix: `choose another --name, or change it: sealwright policy edit ${shellQuote(statement.name)} --help`,
    })
  }
  const start = policy ?? {
    $schema: 'https://sealwright.dev/schemas/trustpolicy.1.json',
    version: SEALWRIGHT_POLICY_VERSION,
    otherwise,
  }
  return { ...start, signers, statements: [...(policy?.statements ?? []), statement] }
}

function nameIn(identity: string): string {
  const attributes = parseDistinguishedName(identity.replace(/^x509\.subject: */, '')).rdns.flat()
  const { value } =
    attributes.find(({ type }) => type === 'CN') ?? attributes.find(({ type }) => type === 'O') ?? {}
  return typeof value === 'string' ? value : ''
}
