import { isDeepStrictEqual } from 'node:util'
import { shellQuote } from '@sealwright/core/encoding'
import {
  type PolicyFault,
  type PolicyFile,
  type PolicyKind,
  readPolicyFile,
  type Statement,
} from '@sealwright/notary'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { type RawStatement, readOwnPolicy, updateOwnPolicy } from '../../trust/own-policy-file.ts'
import { assertScopeOrPrefix, identityOf, statementsOf, updateStatements } from '../../trust/policy-file.ts'
import { parseStore } from '../../trust/store.ts'
import type { PolicyEditFlags } from './spec.ts'

/** `sealwright policy edit NAME` */
export async function policyEdit(
  session: Session,
  [name]: readonly [string],
  flags: PolicyEditFlags,
): Promise<Outcome> {
  const edited = EDITS.some(flag => flags[flag] !== undefined)
  assertCombination(name, edited, flags)
  const { trust } = (await session.settings()).paths
  const own = await readOwnPolicy(trust)
  if (own.policy?.statements.some(one => one.name === name) && !flags.statementForFiles)
    return editOwn(session, trust, name, flags)
  const { kind, file } = await policyWith(trust, name, flags)
  const change = (statements: readonly Statement[]): readonly Statement[] => {
    const statement = statements.find(one => one.name === name)
    if (statement === undefined) return flags.remove ? statements : unknownStatement(name, statements, file)
    if (flags.remove) return withoutStatement(statements, statement, file)
    assertFree(statements, statement, flags.addScope)
    const after = editedStatement(statement, flags, file)
    return after === statement ? statements : statements.map(one => (one === statement ? after : one))
  }
  const changed = await updateStatements(session, trust, kind, {
    change,
    refused: faults => refused(faults, name, file),
  })
  const now = statementsOf(await readPolicyFile(trust, kind), kind).find(one => one.name === name)
  return editOutcome(file.path, name, { changed, removed: flags.remove === true, statement: now ?? null })
}

/** Changes the scopes of a statement of Sealwright's policy, or removes it. */
async function editOwn(
  session: Session,
  trust: string,
  name: string,
  flags: PolicyEditFlags,
): Promise<Outcome> {
  const { path } = await readPolicyFile(trust, 'sealwright')
  const other = (['addStore', 'removeStore', 'addIdentity', 'removeIdentity'] as const).find(
    flag => flags[flag] !== undefined,
  )
  if (other !== undefined) {
    throw usageError(`a statement of ${path} has no stores and identities of its own`, {
      why: 'its signers have them, and other statements may name the same signers',
      fix: `change the signer in the file, then: sealwright policy check ${shellQuote(path)}`,
    })
  }
  let statement: RawStatement | undefined
  const changed = await updateOwnPolicy(session, trust, policy => {
    const found = policy?.statements.find(one => one.name === name)
    if (policy === undefined || found === undefined) return policy
    const scopes = edit(found.scopes ?? [], flags.addScope, flags.removeScope)
    statement = flags.remove ? undefined : { ...found, scopes }
    if (!flags.remove && isDeepStrictEqual(scopes, found.scopes)) return policy
    const statements = policy.statements.flatMap(one =>
      one !== found ? [one] : statement === undefined ? [] : [statement],
    )
    return { ...policy, statements }
  })
  return editOutcome(path, name, { changed, removed: flags.remove === true, statement: statement ?? null })
}

function editOutcome(
  file: string,
  name: string,
  { changed, removed, statement }: { changed: boolean; removed: boolean; statement: object | null },
): Outcome {
  return {
    exitCode: 0,
    document: { file, changed, statement },
    lines: [
      changed
        ? `${removed ? 'removed' : 'changed'} statement "${name}" ${removed ? 'from' : 'in'} ${file}`
        : `nothing to do: ${file} ${removed ? 'has no such statement' : 'has it so already'}`,
    ],
  }
}

const EDITS = ['addScope', 'removeScope', 'addStore', 'removeStore', 'addIdentity', 'removeIdentity'] as const

function assertCombination(name: string, edited: boolean, flags: PolicyEditFlags): void {
  const scopes = flags.addScope !== undefined || flags.removeScope !== undefined
  if (edited === (flags.remove === true)) {
    throw usageError(edited ? '--remove and other changes cannot be used together' : 'no change was given', {
      why: edited ? 'a removed statement cannot be changed' : 'an edit needs something to add or to remove',
      fix: edited
        ? `sealwright policy edit ${shellQuote(name)} --remove`
        : `sealwright policy edit ${shellQuote(name)} --add-scope registry.example/app`,
    })
  }
  if (scopes && flags.statementForFiles) {
    throw usageError('--statement-for-files and scopes cannot be used together', {
      why: 'files have no repository',
      fix: 'leave --statement-for-files out',
    })
  }
  for (const scope of flags.addScope ?? []) assertScopeOrPrefix(scope, '--add-scope')
}

/** The policy that has the statement: that for artifacts first, unless files are meant. */
async function policyWith(
  trust: string,
  name: string,
  flags: PolicyEditFlags,
): Promise<{ readonly kind: PolicyKind; readonly file: PolicyFile }> {
  const scopes = flags.addScope !== undefined || flags.removeScope !== undefined
  const oci = { kind: 'oci', file: await readPolicyFile(trust, 'oci') } as const
  const blob = { kind: 'blob', file: await readPolicyFile(trust, 'blob') } as const
  if (flags.statementForFiles) return blob
  const has = ({ kind, file }: typeof oci | typeof blob): boolean =>
    statementsOf(file, kind).some(one => one.name === name)
  return scopes || has(oci) || !has(blob) ? oci : blob
}

/** A scope belongs to one statement. */
function assertFree(
  statements: readonly Statement[],
  statement: Statement,
  scopes: readonly string[] = [],
): void {
  for (const scope of scopes) {
    const owner = statements.find(
      ({ name, registryScopes }) => name !== statement.name && registryScopes?.includes(scope),
    )
    if (owner === undefined) continue
    throw usageError(`scope "${scope}" is already in statement "${owner.name}"`, {
      why: 'a scope belongs to one statement',
      fix: `sealwright policy edit ${shellQuote(owner.name)} --remove-scope ${shellQuote(scope)}`,
    })
  }
}

function editedStatement(statement: Statement, flags: PolicyEditFlags, file: PolicyFile): Statement {
  const lists = {
    registryScopes: edit(statement.registryScopes ?? [], flags.addScope, flags.removeScope),
    trustStores: edit(
      statement.trustStores,
      flags.addStore?.map(text => parseStore(text).text),
      flags.removeStore,
    ),
    trustedIdentities: edit(
      statement.trustedIdentities,
      flags.addIdentity?.map(identityOf),
      flags.removeIdentity?.map(identityOf),
      sameIdentity,
    ),
  }
  for (const [name, list] of Object.entries(lists) as [keyof typeof lists, readonly string[]][]) {
    if (list.length > 0 || (statement[name] ?? []).length === 0) continue
    throw usageError(`the last of ${WHAT[name]} of statement "${statement.name}" cannot be removed`, {
      why: `${file.path} would no longer be a trust policy that can be used`,
      fix: `sealwright policy edit ${shellQuote(statement.name)} --remove`,
    })
  }
  const { registryScopes, ...rest } = lists
  const after: Statement = {
    ...statement,
    ...rest,
    ...(registryScopes.length === 0 ? {} : { registryScopes }),
  }
  return JSON.stringify(after) === JSON.stringify(statement) ? statement : after
}

const WHAT = {
  registryScopes: 'the scopes',
  trustStores: 'the trust stores',
  trustedIdentities: 'the trusted identities',
} as const

function edit(
  list: readonly string[],
  add: readonly string[] = [],
  remove: readonly string[] = [],
  same: (one: string, other: string) => boolean = (one, other) => one === other,
): readonly string[] {
  const kept = list.filter(one => !remove.some(other => same(one, other)))
  return [...kept, ...new Set(add.filter(one => !kept.some(other => same(one, other))))]
}

/** The space behind the colon means nothing. */
function sameIdentity(one: string, other: string): boolean {
  const plain = (text: string): string => text.replace(/^x509\.subject: */, '')
  return plain(one) === plain(other)
}

function withoutStatement(
  statements: readonly Statement[],
  statement: Statement,
  { path }: PolicyFile,
): readonly Statement[] {
  if (statements.length > 1) return statements.filter(one => one !== statement)
  throw usageError(`statement "${statement.name}" is the only one of ${path}`, {
    why: 'a policy without a statement cannot be used',
    fix: `rm ${shellQuote(path)}   # then nothing can be verified by it`,
  })
}

function unknownStatement(name: string, statements: readonly Statement[], { path }: PolicyFile): never {
  const names = statements.map(one => `"${one.name}"`).join(', ')
  throw usageError(`there is no statement "${name}" in ${path}`, {
    why: names === '' ? 'no such policy' : `its statements are ${names}`,
    fix: 'name one of them, or add one: sealwright policy init --help',
  })
}

/** The error for a change that the policy cannot take. The file that is there has no fault. */
function refused(faults: readonly PolicyFault[], name: string, { path }: PolicyFile): Error {
  return usageError(`statement "${name}" of ${path} cannot be changed so`, {
    why: faults.map(({ message }) => message).join('; '),
    fix: 'sealwright policy show   # what the statements have; nothing was changed',
  })
}
