import type { Action, GovernedCheck, Level, SignatureVerification } from './policy.ts'

/** What is done about a failure of each check. */
export type Enforcement = Readonly<Record<GovernedCheck, Action>>

const ENFORCEMENT: Readonly<Record<Level, Enforcement>> = {
  strict: level('enforce', 'enforce', 'enforce'),
  permissive: level('enforce', 'enforce', 'log'),
  audit: level('enforce', 'log', 'log'),
  skip: level('skip', 'skip', 'skip'),
}

/** The actions of a level with its overrides. */
export function enforcementOf({ level: name, override }: SignatureVerification): Enforcement {
  return { ...ENFORCEMENT[name], ...override }
}

/** `strict`, or `strict (revocation: log)` with overrides: how reports name it. */
export function describeLevel({ level: name, override = {} }: SignatureVerification): string {
  const overrides = Object.entries(override).map(([check, action]) => `${check}: ${action}`)
  return overrides.length === 0 ? name : `${name} (${overrides.join(', ')})`
}

function level(integrity: Action, authenticity: Action, rest: Action): Enforcement {
  return { integrity, authenticity, expiry: rest, authenticTimestamp: rest, revocation: rest }
}
