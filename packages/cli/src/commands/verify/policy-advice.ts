import { shellQuote } from '@sealwright/core/encoding'
import type { PolicyKind, Report, Trust } from '@sealwright/notary'
import { formatDistinguishedName, parseCertificate } from '@sealwright/x509'
import { usageError } from '../../runtime/usage.ts'
import type { Target } from '../../targets/target.ts'

/** What an error or a reason is about. */
interface Judged {
  readonly target: Target
  /** The repository that it is judged as. */
  readonly scope?: string | undefined
  /** The directory of `--trust`, which the commands of an advice need too. */
  readonly directory?: string | undefined
}

/**
 * Throws where there is no policy of a kind, with the command that makes one, for the certificate that is there.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function assertPolicy(
  trust: Trust,
  kind: PolicyKind,
  { scope, directory }: Omit<Judged, 'target'>,
): void {
  if (trust[kind] !== undefined || trust.sealwright !== undefined) return
  const [store, signers] = onlySigners(trust) ?? ['ca:NAME', 'DN']
  const applies =
    kind === 'oci'
      ? `--name artifacts --scope ${shellQuote(scope ?? 'REPOSITORY')}`
      : '--name files --statement-for-files --global'
  const whom = `--trust-store ${shellQuote(store)} --trusted-identity ${shellQuote(signers)}`
  throw usageError(`${trust.source} holds no trust policy for ${kind === 'oci' ? 'artifacts' : 'files'}`, {
    why: `there is no ${kind === 'oci' ? 'trustpolicy.json' : 'trustpolicy.blob.json'}; without a policy no signer is trusted`,
    fix: `sealwright policy init ${applies} ${whom}${trustFlag(directory)}`,
  })
}

function trustFlag(directory: string | undefined): string {
  return directory === undefined ? '' : ` --trust ${shellQuote(directory)}`
}

/** The only `ca` store and the subject of its only certificate; of an authority, what its signers have in common. */
function onlySigners({ stores }: Trust): readonly [store: string, identity: string] | undefined {
  const usable = Object.entries(stores).flatMap(([name, { certificates }]) =>
    name.startsWith('ca:') && certificates?.length === 1 ? [[name, certificates[0]!] as const] : [],
  )
  const [first, ...others] = usable
  if (first === undefined || others.length > 0) return undefined
  const [store, der] = first
  const { subject, basicConstraints } = parseCertificate(der, store)
  const name = formatDistinguishedName(subject)
  if (basicConstraints?.ca !== true) return [store, name]
  const common = name.split(/(?<!\\),/).filter(part => /^(?:C|ST|O)=/.test(part))
  return [store, common.length === 3 ? common.join(',') : 'DN']
}

/** The report with what to do where no statement covers the target. The advice names what is there, and loosens nothing. */
export function withAdvice(report: Report, trust: Trust, judged: Judged): Report {
  const { reason } = report
  if (reason?.code !== 'NO_STATEMENT' || reason.fix !== undefined) return report
  return { ...report, reason: { ...reason, fix: adviceFor(trust, judged) } }
}

function adviceFor(trust: Trust, { target, scope, directory }: Judged): string {
  const { text } = target
  if (trust.sealwright !== undefined) {
    const names = (trust.sealwright.policy?.statements ?? [])
      .filter(({ files }) => files)
      .map(({ name }) => name)
    return target.kind === 'file' && scope === undefined && names.length > 0
      ? `name one of the statements ${names.slice(0, 8).join(', ')}: sealwright verify --statement ${shellQuote(names[0]!)}${trustFlag(directory)} ${shellQuote(text)}`
      : 'ask the owner of the policy to cover it'
  }
  const within = trustFlag(directory)
  if (target.kind === 'file' && scope === undefined) {
    const names = trust.blob?.policy?.trustPolicies.map(({ name }) => name) ?? []
    const which = names.length > 1 ? `one of the statements ${names.slice(0, 8).join(', ')}` : 'a statement'
    return `name ${which}: sealwright verify --statement ${shellQuote(names[0] ?? 'NAME')}${within} ${shellQuote(text)}`
  }
  const own = (repository: string): string =>
    `sealwright init NAME --scope ${shellQuote(repository)}${within}`
  if (scope?.startsWith('['))
    return `give the host a name, because a policy cannot name an IPv6 address; or trust one certificate for this run: sealwright verify --trusted-cert FILE ${shellQuote(text)}`
  if (scope !== undefined)
    return `ask the owner of the policy to cover it; for a key of your own: ${own(scope)}`
  const scopes = (trust.oci?.policy?.trustPolicies ?? [])
    .flatMap(({ registryScopes = [] }) => registryScopes)
    .filter(one => one !== '*')
  const named = `sealwright verify --scope ${shellQuote(scopes[0] ?? 'REPOSITORY')}${within} ${shellQuote(text)}`
  const others = scopes.length > 1 ? ` (the policy names ${scopes.slice(0, 8).join(', ')})` : ''
  return `to trust a key of your own for another repository, \`${own('REPOSITORY')}\`; else name the repository that it is of${others}: ${named}`
}
