import type { JsonValue } from '@sealwright/core/encoding'
import {
  coversSubject,
  parseSubject,
  type SubjectAttributes,
  splitIdentity,
  X509_SUBJECT,
} from './identity.ts'
import {
  ACTIONS,
  type Action,
  GOVERNED_CHECKS,
  type GovernedCheck,
  LEVELS,
  type PolicyKind,
  parseStoreReference,
  type SignatureVerification,
  type Statement,
  TIMESTAMP_OPTIONS,
} from './policy.ts'
import type { Members, PolicyFaults, PolicyPath } from './policy-faults.ts'
import { scopeFault, WILDCARD } from './scope.ts'

const COMMON = ['name', 'signatureVerification', 'trustStores', 'trustedIdentities'] as const
const OWN = { oci: 'registryScopes', blob: 'globalPolicy' } as const

/** Reads one statement by the rules of version 1.0. What it returns is of use only if no fault is an error. */
export function readStatement(
  value: JsonValue,
  path: PolicyPath,
  kind: PolicyKind,
  faults: PolicyFaults,
): Statement | undefined {
  const members = faults.object(value, path, [...COMMON, OWN[kind]], 'a statement')
  if (members === undefined) return undefined
  const name = faults.text(members, path, 'name') ?? ''
  if (name === '') faults.error([...path, 'name'], 'a statement needs a name')
  const signatureVerification = readVerification(members, path, faults)
  const trustStores = faults.texts(members, path, 'trustStores')
  const trustedIdentities = faults.texts(members, path, 'trustedIdentities')
  if (signatureVerification.level === 'skip') {
    if (trustStores.length > 0 || trustedIdentities.length > 0) {
      faults.error(path, 'with level "skip" there are neither trust stores nor trusted identities')
    }
  } else {
    checkStores(trustStores, path, faults)
    checkIdentities(trustedIdentities, [...path, 'trustedIdentities'], faults)
  }
  const own =
    kind === 'oci' ? { registryScopes: readScopes(members, path, faults) } : readGlobal(members, path, faults)
  return { name, ...own, signatureVerification, trustStores, trustedIdentities }
}

function readGlobal(members: Members, path: PolicyPath, faults: PolicyFaults): { globalPolicy?: boolean } {
  const globalPolicy = faults.boolean(members, path, 'globalPolicy')
  return globalPolicy === undefined ? {} : { globalPolicy }
}

function readScopes(members: Members, path: PolicyPath, faults: PolicyFaults): readonly string[] {
  const scopes = faults.texts(members, path, 'registryScopes')
  const at = [...path, 'registryScopes']
  if (scopes.length === 0) faults.error(at, 'registryScopes needs at least one scope')
  if (scopes.length > 1 && scopes.includes(WILDCARD)) faults.error(at, 'the scope "*" stands alone')
  for (const [index, scope] of scopes.entries()) {
    const fault = scope === WILDCARD ? undefined : scopeFault(scope)
    if (fault !== undefined) faults.error([...at, index], `scope ${JSON.stringify(scope)}: ${fault}`)
  }
  return scopes
}

function checkStores(stores: readonly string[], path: PolicyPath, faults: PolicyFaults): void {
  if (stores.length === 0) faults.error([...path, 'trustStores'], 'trustStores needs at least one store')
  for (const [index, store] of stores.entries()) {
    const { fault } = parseStoreReference(store)
    if (fault !== undefined)
      faults.error([...path, 'trustStores', index], `trust store ${JSON.stringify(store)}: ${fault}`)
  }
}

/** Checks a list of trusted identities, which stands at `at`. */
export function checkIdentities(identities: readonly string[], at: PolicyPath, faults: PolicyFaults): void {
  if (identities.length === 0) faults.error(at, `${at.at(-1)} needs at least one identity`)
  if (identities.length > 1 && identities.includes(WILDCARD))
    faults.error(at, 'the identity "*" stands alone')
  const subjects: { identity: string; attributes: SubjectAttributes }[] = []
  for (const [index, identity] of identities.entries()) {
    if (identity === WILDCARD) continue
    const parts = splitIdentity(identity)
    const fault = (message: string): void =>
      faults.error([...at, index], `trusted identity ${JSON.stringify(identity)}: ${message}`)
    if (parts === undefined) {
      fault('not of the form PREFIX:VALUE')
      continue
    }
    // Other prefixes belong to plug-ins, here as in notation; the verifier says that it cannot judge by them.
    if (parts.prefix !== X509_SUBJECT) continue
    const subject = parseSubject(parts.value)
    if (subject.attributes === undefined) {
      fault(subject.fault)
      continue
    }
    const { attributes } = subject
    const other = subjects.find(
      known => coversSubject(known.attributes, attributes) || coversSubject(attributes, known.attributes),
    )
    if (other !== undefined)
      fault(`overlaps with ${JSON.stringify(other.identity)}: what one matches, the other matches too`)
    subjects.push({ identity, attributes })
  }
}

const MEMBERS = ['level', 'override', 'verifyTimestamp'] as const

/** Reads `signatureVerification`: a level, its overrides, and when a timestamp is asked for. */
function readVerification(members: Members, path: PolicyPath, faults: PolicyFaults): SignatureVerification {
  const at = [...path, 'signatureVerification']
  const verification = faults.object(
    members.signatureVerification ?? {},
    at,
    MEMBERS,
    'signatureVerification',
  )
  if (verification === undefined) return { level: 'strict' }
  const level = choice(verification, { path: at, name: 'level', choices: LEVELS, faults })
  if (level === undefined && !verification.level)
    faults.error(at, `level is missing; it is one of ${LEVELS.join(', ')}`)
  const override = readOverride(verification, at, faults)
  if (level === 'skip' && override !== undefined && Object.keys(override).length > 0) {
    faults.error([...at, 'override'], 'level "skip" cannot be overridden')
  }
  const verifyTimestamp = choice(verification, {
    path: at,
    name: 'verifyTimestamp',
    choices: TIMESTAMP_OPTIONS,
    faults,
  })
  if (verification.verifyTimestamp === '') {
    faults.error(
      [...at, 'verifyTimestamp'],
      `verifyTimestamp is empty; it is one of ${TIMESTAMP_OPTIONS.join(', ')}`,
    )
  }
  return {
    level: level ?? 'strict',
    ...(override === undefined ? {} : { override }),
    ...(verifyTimestamp === undefined ? {} : { verifyTimestamp }),
  }
}

function readOverride(
  verification: Members,
  path: PolicyPath,
  faults: PolicyFaults,
): Partial<Record<GovernedCheck, Action>> | undefined {
  if (verification.override === undefined || verification.override === null) return undefined
  const at = [...path, 'override']
  // No name is unknown here: each is a check, and one that does not exist must not pass for a warning.
  const members = faults.object(
    verification.override,
    at,
    Object.keys(Object(verification.override)),
    'override',
  )
  if (members === undefined) return undefined
  const override: Partial<Record<GovernedCheck, Action>> = {}
  for (const name of Object.keys(members)) {
    const check = GOVERNED_CHECKS.find(known => known === name)
    if (check === undefined) {
      faults.error(
        [...at, name],
        `${JSON.stringify(name)} is not a check; the checks are ${GOVERNED_CHECKS.join(', ')}`,
      )
      continue
    }
    const action = choice(members, { path: at, name: check, choices: ACTIONS, faults })
    if (action === undefined) {
      if (!members[check]) faults.error([...at, check], `${check} needs one of ${ACTIONS.join(', ')}`)
      continue
    }
    if (check === 'integrity') faults.error([...at, check], 'integrity cannot be overridden')
    else if (action === 'skip' && check !== 'revocation')
      faults.error([...at, check], `${check} cannot be skipped; only revocation can`)
    override[check] = action
  }
  return override
}

function choice<T extends string>(
  members: Members,
  {
    path,
    name,
    choices,
    faults,
  }: {
    readonly path: PolicyPath
    readonly name: string
    readonly choices: readonly T[]
    readonly faults: PolicyFaults
  },
): T | undefined {
  const text = faults.text(members, path, name)
  if (text === undefined || text === '') return undefined
  const found = choices.find(candidate => candidate === text)
  if (found === undefined)
    faults.error([...path, name], `${name} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
  return found
}
