import { isJsonObject, type JsonValue } from '@sealwright/core/encoding'
import { policyError } from '../trust/parse-policy.ts'
import type { PolicyFault } from '../trust/policy.ts'
import { type Members, PolicyFaults, quoted, readPolicyJson } from '../trust/policy-faults.ts'
import { conditionFault } from './condition.ts'
import { type PolicySigner, SEALWRIGHT_POLICY_VERSION, type SealwrightPolicy } from './policy.ts'
import { coversScope, readRegistry } from './policy-scope.ts'
import { readChoice, readTexts, readTime } from './policy-values.ts'
import { warnOfSigners } from './policy-warnings.ts'
import { type ReadStatement, readPolicyStatement } from './read-policy-statement.ts'
import { readSigners } from './read-signer.ts'

/** Sealwright's policy with all that is wrong with it. */
export interface CheckedSealwrightPolicy {
  /** Errors and warnings in the order of the file; of each the first 100. */
  readonly faults: readonly PolicyFault[]
  /** Present unless a fault is an error. */
  readonly policy?: SealwrightPolicy | undefined
}

const MEMBERS = ['$schema', 'version', 'expires', 'registries', 'otherwise', 'signers', 'statements']
const MAX_REGISTRIES = 1000
const MAX_STATEMENTS = 256
/** Different texts; each is parsed in a thread that may take 200 ms. */
const MAX_CONDITIONS = 128

/**
 * Reads Sealwright's own policy, `trustpolicy.sealwright.json`, and names all that is wrong with it. A member that is not
 * known is an error: a typo must not weaken a policy. The files that it names are not read.
 *
 * @param input - JSON, at most 4 MiB; as bytes, UTF-8.
 * @param label - Names the file in messages about its syntax.
 * @throws {@link SealwrightError} `UNAVAILABLE` if the thread that parses conditions does not start.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises'
 * import { checkSealwrightPolicy, formatPolicyFault } from '@sealwright/notary'
 *
 * const { policy, faults } = await checkSealwrightPolicy(await readFile('trustpolicy.sealwright.json'))
 * for (const fault of faults) console.log(formatPolicyFault(fault))
 * ```
 */
export async function checkSealwrightPolicy(
  input: Uint8Array | string,
  label: string = 'trust policy',
): Promise<CheckedSealwrightPolicy> {
  return concluded(await openSealwrightPolicy(input, label))
}

/**
 * Reads Sealwright's own policy; see {@link checkSealwrightPolicy} for the rules.
 *
 * @throws {@link SealwrightError} `VALIDATION` naming every error with its line and column; `UNAVAILABLE` if the thread that
 *   parses conditions does not start.
 */
export async function parseSealwrightPolicy(
  input: Uint8Array | string,
  label: string = 'trust policy',
): Promise<SealwrightPolicy> {
  const { policy, faults } = await checkSealwrightPolicy(input, label)
  if (policy === undefined) throw policyError(label, faults)
  return policy
}

/** Whether a text is, or is meant to be, Sealwright's own policy rather than one of Notation's. */
export function isSealwrightPolicy(input: Uint8Array | string): boolean {
  const { json } = readPolicyJson(input, 'trust policy')
  if (!isJsonObject(json?.value)) return false
  const { version, trustPolicies, statements, signers } = json.value
  if (typeof version === 'string' && version.startsWith('sealwright')) return true
  return trustPolicies === undefined && (statements ?? signers) !== undefined
}

/** A policy that has been read, while more may be found wrong with it. */
export interface OpenedPolicy {
  readonly policy: SealwrightPolicy | undefined
  /** `undefined` where the file is not JSON. */
  readonly collected: PolicyFaults | undefined
  readonly syntax?: PolicyFault | undefined
}

/** Gives the policy, unless a fault is an error. */
export function concluded({ policy, collected, syntax }: OpenedPolicy): CheckedSealwrightPolicy {
  if (collected === undefined) return { faults: syntax === undefined ? [] : [syntax] }
  const faults = collected.sorted()
  return policy === undefined || collected.fatal ? { faults } : { faults, policy }
}

/** Reads as {@link checkSealwrightPolicy}, for a reader that may find more faults. */
export async function openSealwrightPolicy(input: Uint8Array | string, label: string): Promise<OpenedPolicy> {
  const { json, fault } = readPolicyJson(input, label)
  if (json === undefined) return { policy: undefined, collected: undefined, syntax: fault }
  const faults = new PolicyFaults(json, { statements: 'statements', strict: true })
  const members = faults.object(json.value, [], MEMBERS, 'a trust policy')
  return { policy: members && (await readMembers(members, faults)), collected: faults }
}

async function readMembers(members: Members, faults: PolicyFaults): Promise<SealwrightPolicy> {
  const place = { members, path: [], faults }
  faults.text(members, [], '$schema')
  checkVersion(members.version, faults)
  const expires = readTime(members, [], 'expires', faults)
  const registries = members.registries === undefined ? undefined : readRegistries(members, faults)
  const otherwise = readChoice(place, 'otherwise', ['deny', 'notation']) ?? 'deny'
  const signers = readSigners(members.signers, faults)
  const read = readStatements(members, new Set(signers.keys()), faults)
  checkNames(read, faults)
  checkScopes(read, registries, faults)
  await checkConditions(read, faults)
  warnOfSigners(
    signers,
    read.map(({ leaves }) => leaves),
    faults,
  )
  const known: Record<string, PolicySigner> = Object.create(null)
  for (const [name, signer] of signers) if (signer !== undefined) known[name] = signer
  const statements = read.map(({ statement }) => statement)
  return { version: SEALWRIGHT_POLICY_VERSION, expires, registries, otherwise, signers: known, statements }
}

function checkVersion(version: JsonValue | undefined, faults: PolicyFaults): void {
  if (version === SEALWRIGHT_POLICY_VERSION) return
  const wanted = `it must be "${SEALWRIGHT_POLICY_VERSION}"`
  if (version === undefined) faults.error([], `version is missing; ${wanted}`)
  else
    faults.error(
      ['version'],
      `version ${quoted(typeof version === 'string' ? version : 'of another type')} is not supported; ${wanted}`,
    )
}

function readRegistries(members: Members, faults: PolicyFaults): readonly string[] {
  const seen = new Map<string, string>()
  return readTexts({ members, path: [], faults }, 'registries', MAX_REGISTRIES).flatMap((text, index) => {
    if (text === '') return []
    const { scope, fault } = readRegistry(text)
    const other = scope === undefined ? undefined : seen.get(scope)
    if (fault !== undefined) faults.error(['registries', index], `registry ${quoted(text)}: ${fault}`)
    else if (other !== undefined)
      faults.error(['registries', index], `registry ${quoted(text)} is the same as ${quoted(other)}`)
    if (scope === undefined) return []
    seen.set(scope, text)
    return [scope]
  })
}

function readStatements(
  members: Members,
  signers: ReadonlySet<string>,
  faults: PolicyFaults,
): readonly ReadStatement[] {
  const list = faults.array(members, [], 'statements')
  if (list === undefined) {
    if (members.statements === undefined) faults.error([], 'statements is missing')
    return []
  }
  if (list.length > MAX_STATEMENTS) {
    faults.error(['statements'], `there are ${list.length} statements, more than ${MAX_STATEMENTS}`)
    return []
  }
  return list.flatMap((value, index) => {
    const statement = readPolicyStatement(value, ['statements', index], signers, faults)
    return statement === undefined ? [] : [statement]
  })
}

function checkNames(read: readonly ReadStatement[], faults: PolicyFaults): void {
  const seen = new Set<string>()
  let hasDefault = false
  for (const { statement, path } of read) {
    const { name } = statement
    if (name !== '' && seen.has(name))
      faults.error([...path, 'name'], `the name ${quoted(name)} is used by an earlier statement`)
    seen.add(name)
    if (!statement.files || !statement.default) continue
    if (hasDefault)
      faults.error([...path, 'default'], 'an earlier statement is the default; there can be one only')
    hasDefault = true
  }
}

/** A scope belongs to one statement, however it is written; one that no registry of the policy allows has no effect. */
function checkScopes(
  read: readonly ReadStatement[],
  registries: readonly string[] | undefined,
  faults: PolicyFaults,
): void {
  const owners = new Map<string, string>()
  for (const { statement, path } of read) {
    for (const [index, scope] of statement.scopes.entries()) {
      if (scope === '') continue
      const at = [...path, 'scopes', index]
      const owner = owners.get(scope)
      if (owner !== undefined)
        faults.error(
          at,
          `scope ${quoted(scope)} is already in statement ${quoted(owner)}; a scope belongs to one`,
        )
      owners.set(scope, statement.name)
      if (registries !== undefined && !registries.some(registry => meets(registry, scope)))
        faults.warning(at, `scope ${quoted(scope)} can never be chosen: registries does not allow it`)
    }
  }
}

/** Whether there may be a repository that both cover. */
function meets(registry: string, scope: string): boolean {
  const allowed = registry.endsWith('/*') ? registry : `${registry}/*`
  return coversScope(allowed, scope) || coversScope(scope, allowed)
}

async function checkConditions(read: readonly ReadStatement[], faults: PolicyFaults): Promise<void> {
  const known = new Map<string, string | undefined>()
  for (const { text, path } of read.flatMap(({ conditions }) => conditions)) {
    if (!known.has(text)) {
      if (known.size === MAX_CONDITIONS)
        return faults.error(path, `there are more than ${MAX_CONDITIONS} different conditions`)
      known.set(text, await conditionFault(text))
    }
    const fault = known.get(text)
    if (fault !== undefined) faults.error(path, `where: ${fault}`)
  }
}
