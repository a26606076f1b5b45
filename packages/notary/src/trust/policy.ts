/** What a trust policy is for: artifacts in registries and layouts, or plain files. */
export type PolicyKind = 'oci' | 'blob'

export const LEVELS = ['strict', 'permissive', 'audit', 'skip'] as const
export type Level = (typeof LEVELS)[number]

/** The checks that a level governs, in the order in which they are made. */
export const GOVERNED_CHECKS = [
  'integrity',
  'authenticity',
  'expiry',
  'authenticTimestamp',
  'revocation',
] as const
export type GovernedCheck = (typeof GOVERNED_CHECKS)[number]

export const ACTIONS = ['enforce', 'log', 'skip'] as const
export type Action = (typeof ACTIONS)[number]

/** When a timestamp is asked for: always, or once a certificate of the chain has expired. */
export const TIMESTAMP_OPTIONS = ['always', 'afterCertExpiry'] as const
export type TimestampOption = (typeof TIMESTAMP_OPTIONS)[number]

export const STORE_TYPES = ['ca', 'signingAuthority', 'tsa'] as const
export type StoreType = (typeof STORE_TYPES)[number]

export interface SignatureVerification {
  readonly level: Level
  readonly override?: Readonly<Partial<Record<GovernedCheck, Action>>> | undefined
  /** Absent means `always`. */
  readonly verifyTimestamp?: TimestampOption | undefined
}

/** One statement of a trust policy 1.0, as it stands in the file. */
export interface Statement {
  readonly name: string
  /** `oci` only: exact repositories `host[:port]/path`, or `*` alone. */
  readonly registryScopes?: readonly string[] | undefined
  /** `blob` only: applies where no statement is named. */
  readonly globalPolicy?: boolean | undefined
  readonly signatureVerification: SignatureVerification
  /** `<type>:<name>`; empty with level `skip` alone. */
  readonly trustStores: readonly string[]
  /** `*` alone, or `x509.subject: <RFC 4514 name>` and identities of other kinds, which only a plug-in could judge. */
  readonly trustedIdentities: readonly string[]
}

/** A trust policy of version 1.0 (Notary Project, `trust-store-trust-policy.md`) that has no fault. */
export interface TrustPolicy {
  readonly version: '1.0'
  readonly trustPolicies: readonly Statement[]
}

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

export type ParsedStoreReference =
  | { readonly type: StoreType; readonly name: string; readonly fault?: undefined }
  | { readonly fault: string }

const NAME = /^[a-zA-Z0-9_.-]+$/

/** Reads `<type>:<name>` as policies write it: `ca:acme`. A name is one folder of the trust store, never `.` or `..`. */
export function parseStoreReference(text: string): ParsedStoreReference {
  const colon = text.indexOf(':')
  if (colon < 0) return { fault: `not of the form TYPE:NAME, with a type of ${STORE_TYPES.join(', ')}` }
  const type = STORE_TYPES.find(known => known === text.slice(0, colon))
  if (type === undefined) return { fault: `the type is one of ${STORE_TYPES.join(', ')}` }
  const name = text.slice(colon + 1)
  const fault = storeNameFault(name)
  return fault === undefined ? { type, name } : { fault }
}

/** What is wrong with the name of a trust store; `undefined` if nothing is. */
export function storeNameFault(name: string): string | undefined {
  if (!NAME.test(name)) return 'the name is made of letters, digits, "_", "." and "-"'
  if (name === '.' || name === '..') return 'the name is a folder of its own, not "." or ".."'
  return undefined
}

/** One thing that is wrong with a trust policy file. */
export interface PolicyFault {
  /** An `error` makes the file unusable; a `warning` does not: notation ignores it too. */
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** The statement it is in, if it has a name. */
  readonly statement?: string | undefined
  /** From 1, as an editor counts. */
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** One line for people: `line 4, column 7: statement "prod": …`. */
export function formatPolicyFault({ message, statement, line, column }: PolicyFault): string {
  const where = line === undefined ? '' : `line ${line}, column ${column ?? 1}: `
  return `${where}${statement === undefined ? '' : `statement ${JSON.stringify(statement)}: `}${message}`
}
