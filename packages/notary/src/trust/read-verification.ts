import {
  ACTIONS,
  type Action,
  GOVERNED_CHECKS,
  type GovernedCheck,
  LEVELS,
  type SignatureVerification,
  TIMESTAMP_OPTIONS,
} from './policy.ts'
import type { Members, PolicyFaults, PolicyPath } from './policy-faults.ts'

const MEMBERS = ['level', 'override', 'verifyTimestamp'] as const

/** Reads `signatureVerification`: a level, its overrides, and when a timestamp is asked for. */
export function readVerification(
  members: Members,
  path: PolicyPath,
  faults: PolicyFaults,
): SignatureVerification {
  const at = [...path, 'signatureVerification']
  const verification = faults.object(
    members.signatureVerification ?? {},
    at,
    MEMBERS,
    'signatureVerification',
  )
  if (verification === undefined) return { level: 'strict' }
  const level = choice(verification, at, 'level', LEVELS, faults)
  if (level === undefined && !verification.level)
    faults.error(at, `level is missing; it is one of ${LEVELS.join(', ')}`)
  const override = readOverride(verification, at, faults)
  if (level === 'skip' && override !== undefined && Object.keys(override).length > 0) {
    faults.error([...at, 'override'], 'level "skip" cannot be overridden')
  }
  const verifyTimestamp = choice(verification, at, 'verifyTimestamp', TIMESTAMP_OPTIONS, faults)
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
        `there is no check ${JSON.stringify(name)}; the checks are ${GOVERNED_CHECKS.join(', ')}`,
      )
      continue
    }
    const action = choice(members, at, check, ACTIONS, faults)
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
  path: PolicyPath,
  name: string,
  choices: readonly T[],
  faults: PolicyFaults,
): T | undefined {
  const text = faults.text(members, path, name)
  if (text === undefined || text === '') return undefined
  const found = choices.find(candidate => candidate === text)
  if (found === undefined)
    faults.error([...path, name], `${name} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
  return found
}
