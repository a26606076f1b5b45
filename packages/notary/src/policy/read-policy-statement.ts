import type { JsonValue } from '@sealwright/core/encoding'
import { type PolicyFaults, type PolicyPath, quoted } from '../trust/policy-faults.ts'
import { WILDCARD } from '../trust/scope.ts'
import type { PolicyStatement, RevocationRule, TimestampRule } from './policy.ts'
import { readScope } from './policy-scope.ts'
import { type MemberPlace, readChoice, readDuration, readText, readTexts } from './policy-values.ts'
import { type ReadRequirement, readRequirement, UNREADABLE } from './read-requirement.ts'
import { readStores } from './read-signer.ts'

const MEMBERS = ['name', 'scopes', 'files', 'default', 'require', 'timestamp', 'revocation']
const MAX_SCOPES = 1000
const MAX_AUTHORITIES = 16

/** A statement of a policy file, and what its requirement names. */
export interface ReadStatement extends Pick<ReadRequirement, 'leaves' | 'conditions'> {
  readonly statement: PolicyStatement
  readonly path: PolicyPath
}

/** Reads one statement. What it returns is of use only if no fault is an error. */
export function readPolicyStatement(
  value: JsonValue,
  path: PolicyPath,
  signers: ReadonlySet<string>,
  faults: PolicyFaults,
): ReadStatement | undefined {
  const members = faults.object(value, path, MEMBERS, 'a statement')
  if (members === undefined) return undefined
  const place = { members, path, faults }
  const name = readText(place, 'name') ?? ''
  const files = faults.boolean(members, path, 'files') ?? false
  const isDefault = faults.boolean(members, path, 'default') ?? false
  if (files && members.scopes !== undefined)
    faults.error([...path, 'scopes'], 'a statement on files has no scopes: files have no repository')
  if (!files && isDefault) faults.error([...path, 'default'], 'default is for statements with "files": true')
  const scopes = files ? [] : readScopes(place)
  if (members.require === undefined) faults.error(path, 'require is missing')
  const { requirement, leaves, conditions } =
    members.require === undefined
      ? { requirement: UNREADABLE, leaves: [], conditions: [] }
      : readRequirement(members.require, [...path, 'require'], signers, faults)
  const timestamp = readTimestamp(members.timestamp, [...path, 'timestamp'], faults)
  const revocation = readRevocation(members.revocation, [...path, 'revocation'], faults)
  const statement = { name, scopes, files, default: isDefault, require: requirement, timestamp, revocation }
  return { statement, path, leaves, conditions }
}

function readScopes(place: MemberPlace): readonly string[] {
  const at = [...place.path, 'scopes']
  const texts = readTexts(place, 'scopes', MAX_SCOPES)
  if (texts.length > 1 && texts.includes(WILDCARD)) place.faults.error(at, 'the scope "*" stands alone')
  return texts.map((text, index) => {
    if (text === '') return ''
    const { scope, fault } = readScope(text)
    if (fault !== undefined) place.faults.error([...at, index], `scope ${quoted(text)}: ${fault}`)
    return scope ?? ''
  })
}

function readTimestamp(value: JsonValue | undefined, path: PolicyPath, faults: PolicyFaults): TimestampRule {
  const members =
    value === undefined
      ? undefined
      : faults.object(value, path, ['require', 'authorities', 'atLeast'], 'timestamp')
  if (members === undefined) return { require: 'afterCertExpiry', authorities: [], atLeast: 1 }
  const place = { members, path, faults }
  const require = readChoice(place, 'require', ['always', 'afterCertExpiry', 'never']) ?? 'afterCertExpiry'
  const authorities =
    members.authorities === undefined
      ? []
      : readStores(place, 'authorities', { types: ['tsa'], most: MAX_AUTHORITIES })
  if (require === 'always' && members.authorities === undefined)
    faults.error(path, 'require "always" needs authorities: without one no timestamp is trusted')
  if (require === 'never' && members.authorities !== undefined)
    faults.error([...path, 'authorities'], 'require "never" has no authorities: timestamps are not looked at')
  return { require, authorities, atLeast: readAtLeast(place, authorities.length) }
}

function readAtLeast({ members, path, faults }: MemberPlace, size: number): number {
  const { atLeast } = members
  if (atLeast === undefined) return 1
  if (typeof atLeast === 'number' && Number.isInteger(atLeast) && atLeast >= 1 && atLeast <= size)
    return atLeast
  const range =
    size === 0 ? 'it needs authorities' : `a whole number from 1 to ${size}, as many as authorities`
  faults.error([...path, 'atLeast'], `atLeast: ${range}`)
  return 1
}

function readRevocation(
  value: JsonValue | undefined,
  path: PolicyPath,
  faults: PolicyFaults,
): RevocationRule {
  const members =
    value === undefined
      ? undefined
      : faults.object(value, path, ['mode', 'maxAge', 'afterExpiry'], 'revocation')
  if (members === undefined) return { mode: 'enforce', afterExpiry: 'proven' }
  const place = { members, path, faults }
  return {
    mode: readChoice(place, 'mode', ['enforce', 'log']) ?? 'enforce',
    maxAgeMs: readDuration(members, path, 'maxAge', faults),
    afterExpiry: readChoice(place, 'afterExpiry', ['proven', 'accept']) ?? 'proven',
  }
}
