import { isDeepStrictEqual } from 'node:util'
import { shellQuote } from '@sealwright/core/encoding'
import {
  checkTrustPolicy,
  formatTrustPolicy,
  type PolicyFault,
  type PolicyFile,
  type PolicyKind,
  readPolicyFile,
  readTrustStore,
  type Statement,
} from '@sealwright/notary'
import { formatDistinguishedName } from '@sealwright/x509'
import { warnOfSubject } from '../../certificates/certificate.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { printable } from '../../runtime/text.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { newOwnPolicy, updateOwnPolicy } from '../../trust/own-policy-file.ts'
import { asksForOwn, ownAddition, withOwnStatement } from '../../trust/own-statement.ts'
import { assertScopeOrPrefix, identityOf, updateStatements } from '../../trust/policy-file.ts'
import { certificatesOf, parseStore } from '../../trust/store.ts'
import type { PolicyInitFlags } from './spec.ts'

/** `sealwright policy init` */
export async function policyInit(
  session: Session,
  _args: readonly string[],
  flags: PolicyInitFlags,
): Promise<Outcome> {
  const kind: PolicyKind = flags.statementForFiles ? 'blob' : 'oci'
  assertCombination(flags)
  const { trust } = (await session.settings()).paths
  await warnOfSigners(session, trust, flags)
  const identities = flags.level === 'skip' ? [] : await identitiesOf(session, trust, flags)
  if (asksForOwn(flags)) return initOwn(session, trust, flags, identities)
  const statement = statementOf(flags, identities)
  const file = await readPolicyFile(trust, kind)
  const add = (statements: readonly Statement[]): readonly Statement[] =>
    withStatement(statements, statement, kind, file.path)
  const changed = await updateStatements(session, trust, kind, {
    change: add,
    refused: faults => refused(faults, file, statement),
  })
  noteOfFiles(session, flags)
  const own = await readPolicyFile(trust, 'sealwright')
  if (own.bytes !== undefined)
    session.note(`${own.path} decides first: what it covers, or denies, is not judged by this statement`)
  return {
    exitCode: 0,
    document: { file: file.path, changed, statement },
    lines: [
      changed
        ? `added statement "${statement.name}" to ${file.path}`
        : `nothing to do: ${file.path} has this statement`,
    ],
  }
}

/** Adds the statement to Sealwright's policy. A new one leaves to Notation's what Notation's decided before. */
async function initOwn(
  session: Session,
  trust: string,
  flags: PolicyInitFlags,
  identities: readonly string[],
): Promise<Outcome> {
  const file = await newOwnPolicy(trust)
  let statement: object = {}
  const changed = await updateOwnPolicy(session, trust, policy => {
    const addition = ownAddition(flags, identities, policy)
    statement = addition.statement
    return withOwnStatement(policy, addition, file)
  })
  noteOfFiles(session, flags)
  return {
    exitCode: 0,
    document: { file: file.path, changed, statement },
    lines: [
      changed
        ? `added statement "${flags.name}" to ${file.path}`
        : `nothing to do: ${file.path} has this statement`,
    ],
  }
}

function noteOfFiles(session: Session, { name = '', statementForFiles, global }: PolicyInitFlags): void {
  if (!statementForFiles || global) return
  const command = `sealwright verify --statement ${shellQuote(name)} ./FILE`
  session.note(`it applies to files where it is named: ${command}; with --global it applies to all others`)
}

/** The same list where it has the statement already. */
function withStatement(
  statements: readonly Statement[],
  statement: Statement,
  kind: PolicyKind,
  path: string,
): readonly Statement[] {
  const existing = statements.find(({ name }) => name === statement.name)
  if (existing === undefined) return [...statements, statement]
  // Both through the same printer and reader, so that spelling makes no difference.
  if (isDeepStrictEqual(normal(existing, kind), normal(statement, kind))) return statements
  throw usageError(`there is another statement "${statement.name}" in ${path}`, {
    why: 'a statement is never changed by adding one',
    fix: `choose another --name, or change it: sealwright policy edit ${shellQuote(statement.name)} --help`,
  })
}

/** As it is read back; as it is, where the policy would be refused for it. */
function normal(statement: Statement, kind: PolicyKind): unknown {
  const { policy } = checkTrustPolicy(formatTrustPolicy({ version: '1.0', trustPolicies: [statement] }), kind)
  return policy?.trustPolicies[0] ?? statement
}

/** The error for a statement that the policy cannot take. The file that is there has no fault. */
function refused(faults: readonly PolicyFault[], { path }: PolicyFile, statement: Statement): Error {
  const texts = faults.map(({ message }) => message)
  const owner = texts.map(text => /is already in statement ("(?:[^"\\]|\\.)*")/.exec(text)?.[1]).find(Boolean)
  return usageError(`statement "${statement.name}" cannot be added to ${path}`, {
    why: texts.join('; '),
    fix: fixFor(texts, owner === undefined ? undefined : (JSON.parse(owner) as string), statement),
  })
}

function fixFor(texts: readonly string[], owner: string | undefined, { trustStores }: Statement): string {
  if (owner !== undefined) {
    const stores = trustStores.map(store => ` --add-store ${store}`).join('')
    return `sealwright policy edit ${shellQuote(owner)}${stores} --add-identity DN`
  }
  if (texts.some(text => text.startsWith('trusted identity')))
    return 'give at least country, state and organisation: --trusted-identity "C=DE,ST=Hessen,O=Acme"'
  if (texts.some(text => text.includes('global')))
    return 'leave --global out, and name the statement: sealwright verify --statement NAME ./FILE'
  return 'sealwright policy init --help'
}

function statementOf(flags: PolicyInitFlags, identities: readonly string[]): Statement {
  const { name, scope = [], statementForFiles, global, trustStore = [], level = 'strict' } = flags
  return {
    name: name as string,
    ...(statementForFiles ? (global ? { globalPolicy: true } : {}) : { registryScopes: scope }),
    signatureVerification: { level },
    trustStores: trustStore.map(store => parseStore(store).text),
    trustedIdentities: identities,
  }
}

function assertCombination(flags: PolicyInitFlags): void {
  const { name, scope = [], statementForFiles, global, trustStore = [], trustedIdentity = [], level } = flags
  if (name === undefined && statementForFiles) {
    throw usageError('--name is missing', {
      why: 'files are judged by the statement that verify names with --statement, or by the global one',
      fix: 'add --name releases, and --global unless every call of verify is to name it',
    })
  }
  if (name === undefined) throw missing('--name', '--name prod')
  if (!statementForFiles && scope.length === 0) throw missing('--scope', '--scope registry.example/app')
  if (statementForFiles && scope.length > 0)
    throw clash('--scope', '--statement-for-files', 'files have no repository')
  if (global && !statementForFiles) throw clash('--global', '--scope', 'it is for statements about files')
  if (level !== 'skip' && trustStore.length === 0) throw missing('--trust-store', '--trust-store ca:acme')
  if (level === 'skip' && trustStore.length + trustedIdentity.length > 0) {
    throw clash(
      '--level skip',
      '--trust-store or --trusted-identity',
      'a statement that verifies nothing has no signers',
    )
  }
  if (asksForOwn(flags) && level !== undefined && level !== 'strict') {
    throw clash(
      `--level ${level}`,
      '--threshold, --sealwright or a prefix scope',
      "Sealwright's policy has no levels: expiry and integrity are always enforced",
    )
  }
  for (const each of scope) assertScopeOrPrefix(each, '--scope')
}

/** A signer that vouches for itself and whose subject no identity can match would be refused by every statement but `*`. */
async function warnOfSigners(
  session: Session,
  trust: string,
  { trustStore = [], trustedIdentity = [] }: PolicyInitFlags,
): Promise<void> {
  if (trustedIdentity.includes('*')) return
  for (const text of trustStore) {
    const certificates = certificatesOf(await readTrustStore(trust, parseStore(text)))
    for (const certificate of certificates)
      if (certificate.basicConstraints?.ca !== true) warnOfSubject(session, certificate, text)
  }
}

/** Whom to trust of the stores: never everybody by omission. */
async function identitiesOf(
  session: Session,
  trust: string,
  { trustedIdentity, trustStore = [] }: PolicyInitFlags,
): Promise<readonly string[]> {
  if (trustedIdentity !== undefined) return trustedIdentity.map(identityOf)
  const { dialogue } = session
  const subject = await onlySubject(trust, trustStore)
  const shown = subject === undefined ? '' : ` (its only certificate: ${printable(subject)})`
  const stores = trustStore.join(', ')
  if (dialogue.silence !== undefined) throw unsaid(stores, subject)
  const answer = await dialogue.ask({
    prompt: `trust which signers of ${stores}${shown}? attributes of their subject, or * for all: `,
    missing: '--trusted-identity is missing',
    fix: `add --trusted-identity "C=DE,ST=Hessen,O=Acme", or --trusted-identity "*"`,
  })
  if (answer.trim() === '') throw unsaid(stores, subject)
  return [identityOf(answer.trim())]
}

function unsaid(stores: string, subject: string | undefined): Error {
  return usageError('--trusted-identity is missing', {
    why: `a statement says whom of ${stores} it trusts${subject === undefined ? '' : `; the only certificate there is ${subject}`}`,
    fix: `add --trusted-identity ${shellQuote(subject ?? 'C=DE,ST=Hessen,O=Acme')}, or --trusted-identity '*' for every signer of the store`,
  })
}

/** The subject of the only certificate in the stores. */
async function onlySubject(trust: string, stores: readonly string[]): Promise<string | undefined> {
  const readings = await Promise.all(stores.map(store => readTrustStore(trust, parseStore(store))))
  const certificates = readings.flatMap(certificatesOf)
  return certificates.length === 1 ? formatDistinguishedName(certificates[0]!.subject) : undefined
}

function missing(flag: string, example: string): Error {
  return usageError(`${flag} is missing`, {
    why: 'a statement needs a scope and trusted identities',
    fix: `add ${example}`,
  })
}

function clash(one: string, other: string, why: string): Error {
  return usageError(`${one} and ${other} cannot be used together`, {
    why,
    fix: 'sealwright policy init --help',
  })
}
