import { SealwrightError } from '@sealwright/core'
import {
  type CertificateSigner,
  formatSealwrightPolicy,
  type PolicyKind,
  type PolicyStatement,
  parseSealwrightPolicy,
  parseTrustPolicy,
  readPolicyFile,
  type Statement,
} from '@sealwright/notary'
import type { Outcome } from '../../runtime/outcome.ts'
import { readGiven } from '../../runtime/read-all.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { freeSignerName } from '../../trust/own-policy-file.ts'
import { kindIn, noPolicy } from '../../trust/shown-policy.ts'

const MAX_BYTES = 4 * 1024 * 1024

interface GivenPolicy {
  readonly file: string
  readonly kind: PolicyKind
  readonly statements: readonly Statement[]
}

/** `sealwright policy convert [FILE|-]` */
export async function policyConvert(session: Session, [file]: readonly [string?]): Promise<Outcome> {
  const given = file === undefined ? await inDirectory(session) : [await inFile(session, file)]
  const faults: string[] = []
  const signers: Record<string, CertificateSigner> = {}
  const statements: PolicyStatement[] = []
  for (const { kind, file: from, statements: each } of given) {
    for (const statement of each) {
      const found = faultsOf(statement)
      const clash = statements.some(({ name }) => name === statement.name)
      if (clash) found.push('a statement for artifacts has the same name; rename one of them')
      faults.push(...found.map(fault => `${from}: statement "${statement.name}": ${fault}`))
      const signer = freeSignerName(signers, statement.name)
      signers[signer] = {
        kind: 'certificates',
        stores: [...new Set(statement.trustStores.filter(store => !store.startsWith('tsa:')))],
        identities: statement.trustedIdentities,
      }
      statements.push(converted(statement, kind, signer))
    }
  }
  const files = given.map(({ file: from }) => from)
  if (faults.length > 0) throw refused(files, faults)
  const text = formatSealwrightPolicy({ version: 'sealwright/1', otherwise: 'deny', signers, statements })
  try {
    await parseSealwrightPolicy(text, 'the converted policy')
  } catch (error) {
    // A scope in two spellings, a name with a control character: what Notation takes, and this policy does not.
    if (error instanceof SealwrightError && error.code === 'VALIDATION')
      throw refused(files, [error.why ?? error.message])
    throw error
  }
  return { exitCode: 0, document: { files, policy: JSON.parse(text) }, lines: text.trimEnd().split('\n') }
}

async function inDirectory(session: Session): Promise<readonly GivenPolicy[]> {
  const { trust } = (await session.settings()).paths
  const given: GivenPolicy[] = []
  for (const kind of ['oci', 'blob'] as const) {
    const { path, bytes } = await readPolicyFile(trust, kind)
    if (bytes !== undefined)
      given.push({ file: path, kind, statements: parseTrustPolicy(bytes, kind, path).trustPolicies })
  }
  if (given.length === 0) throw noPolicy(trust)
  return given
}

async function inFile({ io }: Session, file: string): Promise<GivenPolicy> {
  const bytes = await readGiven(io, file, MAX_BYTES)
  const kind = kindIn(bytes)
  const label = file === '-' ? 'stdin' : file
  if (kind === 'sealwright') {
    throw usageError(`${label} is a policy of Sealwright already`, {
      why: 'policies of the Notary Project, version 1.0, are converted',
      fix: 'give a trustpolicy.json or trustpolicy.blob.json',
    })
  }
  return { file: label, kind, statements: parseTrustPolicy(bytes, kind, label).trustPolicies }
}

/** What a statement says that Sealwright's policy cannot say. */
function faultsOf({ signatureVerification, trustedIdentities, trustStores }: Statement): string[] {
  const { level, override = {} } = signatureVerification
  const faults: string[] = []
  if (level === 'skip' || level === 'audit')
    faults.push(`level "${level}" cannot be carried: every statement demands a signature`)
  const lax = level === 'permissive'
  for (const check of ['authenticity', 'expiry', 'authenticTimestamp'] as const) {
    const action = override[check] ?? (lax && check !== 'authenticity' ? 'log' : 'enforce')
    if (level !== 'skip' && level !== 'audit' && action !== 'enforce')
      faults.push(`${check}: ${action} cannot be carried: it is always enforced`)
  }
  if (override.revocation === 'skip')
    faults.push('revocation: skip cannot be carried: revocation is enforced or logged')
  const plugins = trustedIdentities.filter(
    identity => identity !== '*' && !identity.startsWith('x509.subject:'),
  )
  for (const identity of plugins)
    faults.push(`identity ${JSON.stringify(identity)} cannot be carried: it is for a plug-in`)
  if (level !== 'skip' && trustStores.every(store => store.startsWith('tsa:')))
    faults.push('it trusts no certificate authority')
  return faults
}

function converted(statement: Statement, kind: PolicyKind, signer: string): PolicyStatement {
  const { level, override, verifyTimestamp = 'always' } = statement.signatureVerification
  const authorities = [...new Set(statement.trustStores.filter(store => store.startsWith('tsa:')))]
  const mode =
    (override?.revocation ?? (level === 'strict' ? 'enforce' : 'log')) === 'enforce' ? 'enforce' : 'log'
  return {
    name: statement.name,
    scopes: kind === 'oci' ? (statement.registryScopes ?? []) : [],
    files: kind === 'blob',
    default: kind === 'blob' && statement.globalPolicy === true,
    require: { kind: 'signer', signer },
    // Without an authority, Notation looks at no timestamp.
    timestamp: {
      require: authorities.length === 0 ? 'afterCertExpiry' : verifyTimestamp,
      authorities,
      atLeast: 1,
    },
    // Notation takes any answer about a certificate that has expired.
    revocation: { mode, afterExpiry: 'accept' },
  }
}

function refused(files: readonly string[], faults: readonly string[]): Error {
  return usageError(`${files.join(' and ')} cannot be converted with the same meaning`, {
    why: faults.join('; '),
    fix: 'change these statements, or keep them in the policy of Notation and set "otherwise": "notation"',
  })
}
