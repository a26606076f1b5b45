import { join } from 'node:path'
import { writeFileAtomic } from '@sealwright/core/files'
import {
  canonicalScope,
  checkTrustPolicy,
  formatTrustPolicy,
  type PolicyFault,
  type PolicyFile,
  type PolicyKind,
  parseTrustPolicy,
  readPolicyFile,
  SEALWRIGHT_POLICY_FILE,
  type Statement,
  unreachableScope,
} from '@sealwright/notary'
import { locked } from '../config/locked.ts'
import type { Io } from '../runtime/io.ts'
import { usageError } from '../runtime/usage.ts'
import type { Session } from '../session/session.ts'

/** The statements of a policy file. Throws `VALIDATION` for a file with errors: it is never added to. */
export function statementsOf({ path, bytes }: PolicyFile, kind: PolicyKind): readonly Statement[] {
  return bytes === undefined ? [] : parseTrustPolicy(bytes, kind, path).trustPolicies
}

/** How the statements of a policy are changed. */
export interface PolicyChange {
  /** Gives what it was given where nothing is to be written. */
  readonly change: (statements: readonly Statement[], file: PolicyFile) => readonly Statement[]
  /** The error for a change that makes the policy unusable. The file itself has no fault. */
  readonly refused: (faults: readonly PolicyFault[], file: PolicyFile) => Error
}

/**
 * Changes the statements of the policy that is in effect, as it is at that moment. What the change does not touch stays:
 * the order of statements and members, and members that nothing here knows. Warns of what `policy check` newly warns of.
 *
 * @returns Whether anything was written.
 */
export async function updateStatements(
  { io, warn }: Session,
  trust: string,
  kind: PolicyKind,
  { change, refused }: PolicyChange,
): Promise<boolean> {
  const apply = async (): Promise<
    { path: string; text: string; warnings: readonly string[] } | undefined
  > => {
    const file = await readPolicyFile(trust, kind)
    const before = statementsOf(file, kind)
    const after = change(before, file)
    if (after === before) return undefined
    const text = mergedText(file, before, after)
    const { policy, faults } = checkTrustPolicy(text, kind, file.path)
    if (policy === undefined) {
      const errors = faults.filter(({ severity }) => severity === 'error')
      throw refused(errors, file)
    }
    const known = file.bytes === undefined ? [] : textsOf(checkTrustPolicy(file.bytes, kind).faults)
    return { path: file.path, text, warnings: textsOf(faults).filter(one => !known.includes(one)) }
  }
  // What is refused is refused before there is a lock, or a folder for it.
  if ((await apply()) === undefined) return false
  return lockedPolicy(io, trust, kind, async () => {
    const changed = await apply()
    if (changed === undefined) return false
    await writeFileAtomic(changed.path, changed.text, { replaceLink: true })
    for (const warning of changed.warnings) warn(warning)
    return true
  })
}

/** Faults without their place, which a change of the file moves. */
function textsOf(faults: readonly PolicyFault[]): readonly string[] {
  return faults.map(({ statement, message }) =>
    statement === undefined ? message : `statement ${JSON.stringify(statement)}: ${message}`,
  )
}

/** Runs what changes a policy alone among all runs that do. */
export function lockedPolicy<T>(
  io: Io,
  trust: string,
  kind: PolicyKind | 'sealwright',
  task: () => Promise<T>,
): Promise<T> {
  return locked(io, join(trust, LOCKED[kind]), task)
}

const LOCKED = {
  oci: 'trustpolicy.json',
  blob: 'trustpolicy.blob.json',
  sealwright: SEALWRIGHT_POLICY_FILE,
} as const

type RawStatement = Record<string, unknown>
type RawPolicy = Record<string, unknown> & { trustPolicies: RawStatement[] }

const LISTS = ['registryScopes', 'trustStores', 'trustedIdentities'] as const

/** The text of a policy with the statements `after`: those it had before with their changed lists, and new ones last. */
function mergedText(
  { bytes }: PolicyFile,
  before: readonly Statement[],
  after: readonly Statement[],
): string {
  if (bytes === undefined) return formatTrustPolicy({ version: '1.0', trustPolicies: after })
  const raw = parseKeeping(bytes)
  const statements = after.map(statement => {
    const index = before.findIndex(({ name }) => name === statement.name)
    const old = before[index]
    return old === undefined ? rawOf(statement) : withLists(raw.trustPolicies[index]!, old, statement)
  })
  return `${JSON.stringify({ ...raw, trustPolicies: statements }, undefined, 2)}\n`
}

function withLists(raw: RawStatement, old: Statement, statement: Statement): RawStatement {
  const changed = LISTS.filter(name => JSON.stringify(old[name]) !== JSON.stringify(statement[name]))
  return { ...raw, ...Object.fromEntries(changed.map(name => [name, statement[name]])) }
}

function rawOf(statement: Statement): RawStatement {
  const text = formatTrustPolicy({ version: '1.0', trustPolicies: [statement] })
  return (JSON.parse(text) as RawPolicy).trustPolicies[0]!
}

/** JSON with each number as it is written: one that nothing here knows must not be rounded. */
function parseKeeping(bytes: Uint8Array): RawPolicy {
  const { parse, rawJSON } = JSON as unknown as {
    parse(
      text: string,
      revive: (key: string, value: unknown, session: { readonly source?: string | undefined }) => unknown,
    ): unknown
    rawJSON(text: string): unknown
  }
  const text = new TextDecoder().decode(bytes)
  return parse(text, (_, value, { source }) =>
    typeof value === 'number' && source !== undefined ? rawJSON(source) : value,
  ) as RawPolicy
}

/** A trusted identity as a policy writes it; the prefix may be left out on the command line. */
export function identityOf(text: string): string {
  return text === '*' || text.startsWith('x509.subject:') ? text : `x509.subject: ${text}`
}

/** As {@link assertScope}; for what is below a prefix too, which Sealwright's policy can name. */
export function assertScopeOrPrefix(scope: string, flag: string): void {
  assertScope(scope.replace(/\/\*$/, '/any'), flag)
}

/** Refuses a scope that no reference can match, or none in its usual spelling. */
function assertScope(scope: string, flag: string): void {
  if (scope === '*') return
  const why = scope.startsWith('[')
    ? 'a policy cannot name an IPv6 address'
    : (unreachableScope(scope) ??
      (/[A-Z]/.test(scope)
        ? 'references are in lower case, and scopes are compared as they are written'
        : undefined))
  if (why === undefined) return
  const canonical = canonicalScope(scope)
  const meant = unreachableScope(canonical) === undefined && !canonical.startsWith('[')
  throw usageError(`${flag}: no reference can match ${JSON.stringify(scope)}`, {
    why,
    fix: `${flag} ${meant ? canonical : 'registry.example/app'}`,
  })
}
