import type { JsonValue } from '@sealwright/core/encoding'
import {
  coversSubject,
  parseSubject,
  type SubjectAttributes,
  splitIdentity,
  X509_SUBJECT,
} from './identity.ts'
import type { PolicyKind, Statement } from './policy.ts'
import type { Members, PolicyFaults, PolicyPath } from './policy-faults.ts'
import { readVerification } from './read-verification.ts'
import { scopeFault, WILDCARD } from './scope.ts'
import { parseStoreReference } from './store-reference.ts'

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
    checkIdentities(trustedIdentities, path, faults)
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

function checkIdentities(identities: readonly string[], path: PolicyPath, faults: PolicyFaults): void {
  const at = [...path, 'trustedIdentities']
  if (identities.length === 0) faults.error(at, 'trustedIdentities needs at least one identity')
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
