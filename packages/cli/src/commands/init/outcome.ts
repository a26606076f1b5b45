import { fingerprint } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { type Certificate, formatDistinguishedName } from '@sealwright/x509'
import { describeCertificate, endOf } from '../../certificates/certificate.ts'
import type { Paths } from '../../config/paths.ts'
import { issueCommand, requestCommand } from '../../keys/advice.ts'
import { chainPath } from '../../keys/chain.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import { printable, type Style, table } from '../../runtime/text.ts'
import { formatTime } from '../../runtime/time.ts'
import type { Session } from '../../session/session.ts'
import type { InitDocument, InitStep } from '../../signatures/document.ts'
import type { InitKey } from './key.ts'
import type { PolicyPlan } from './policy-plan.ts'
import type { InitState } from './state.ts'

/** All that `init` found and is about to do. */
export interface InitPlan {
  readonly name: string
  readonly key: InitKey
  readonly state: InitState
  readonly policy: PolicyPlan
  /** The chain that there is, kept or in the key's store. */
  readonly chain?: readonly Certificate[] | undefined
  readonly becomesDefault: boolean
  readonly paths: Paths
}

/** What was made; absent in a dry run. */
export interface InitMade {
  readonly chain: readonly Certificate[]
  /** Whether the chain is in a file of ours, rather than in the key's store. */
  readonly isKept: boolean
  readonly publicKey: Uint8Array
}

/** The result of `init`: each part, made or kept, and what to try next. */
export function initOutcome({ style }: Session, plan: InitPlan, made: InitMade | undefined): Outcome {
  const { name, key, state, policy } = plan
  const steps = stepsOf(plan, made === undefined)
  const leaf = (made?.chain ?? plan.chain)?.[0]
  const publicKey = made?.publicKey ?? key.publicKey
  const [scope = '*'] = policy.scopes
  const target = `${scope === '*' ? 'registry.example/app' : scope.replace(/\/\*$/, '/app')}:v1`
  const document: InitDocument = {
    name,
    dryRun: made === undefined,
    changed: made !== undefined && steps.some(({ action }) => action !== 'kept'),
    key: {
      reference: key.reference,
      algorithm: key.algorithm,
      fingerprint: publicKey === undefined ? null : fingerprint(publicKey),
    },
    certificate: leaf === undefined ? null : describeCertificate(leaf),
    trustStore: state.store.text,
    policy: { file: state.policyFile.path, statement: policy.statement, scopes: [...policy.scopes] },
    steps,
    next: [
      `sealwright sign -k ${shellQuote(name)} ${shellQuote(target)}`,
      `sealwright verify ${shellQuote(target)}`,
    ],
    renew: leaf === undefined || made === undefined ? null : renewal(plan, made),
    share: made === undefined ? null : sharing(plan, made),
  }
  return { exitCode: 0, document: { ...document }, lines: linesOf(document, style) }
}

/** How a certificate is renewed: by whoever made it. */
function renewal({ name, key }: InitPlan, { chain }: InitMade): NonNullable<InitDocument['renew']> {
  const [leaf] = chain as readonly [Certificate]
  const subject = formatDistinguishedName(leaf.subject)
  const days = Math.round((leaf.notAfter.getTime() - leaf.notBefore.getTime()) / 86_400_000)
  const file = `${name}.crt`
  const keep = `sealwright key add ${shellQuote(name)} ${shellQuote(key.reference)} --cert-chain ${shellQuote(file)}`
  const commands =
    chain.length > 1
      ? [requestCommand(name, subject), keep]
      : [
          issueCommand(name, subject, `${Math.max(1, days)}d`),
          keep,
          `sealwright cert add ${shellQuote(`ca:${name}`)} ${shellQuote(file)}`,
        ]
  return { before: formatTime(endOf(chain)), commands }
}

/** What a friend does with the certificate; none where it is in the key's store alone. */
function sharing({ name, policy, paths }: InitPlan, { chain, isKept }: InitMade): InitDocument['share'] {
  if (!isKept) return null
  const certificate = chainPath(paths.keys, name)
  const [leaf] = chain as readonly [Certificate]
  const identity = `x509.subject: ${formatDistinguishedName(leaf.subject)}`
  const trust = [
    ...policy.scopes.flatMap(scope => ['--scope', scope]),
    ...['--trust-store', `ca:${name}`, '--trusted-identity', identity],
  ]
  return {
    certificate,
    commands: [
      `sealwright cert add ${shellQuote(`ca:${name}`)} ${shellQuote(`${name}.crt`)}`,
      ['sealwright', 'policy', 'init', '--name', name, ...trust].map(shellQuote).join(' '),
    ],
  }
}

function stepsOf(
  { name, key, state, policy, chain, becomesDefault, paths }: InitPlan,
  dryRun: boolean,
): InitStep[] {
  const root = chain?.at(-1)
  const isStored =
    root !== undefined && state.stored.some(({ fingerprint: print }) => print === root.fingerprint)
  const step = (part: InitStep['part'], needed: boolean | 'extended', path: string): InitStep => {
    if (!needed) return { part, action: 'kept', path }
    if (needed === 'extended') return { part, action: dryRun ? 'wouldExtend' : 'extended', path }
    return { part, action: dryRun ? 'wouldCreate' : 'created', path }
  }
  const policyNeeds = policy.action === 'extend' ? 'extended' : policy.action === 'create'
  return [
    step('key', key.publicKey === undefined, key.reference),
    step(
      'certificate',
      chain === undefined,
      chain !== undefined && state.chain === undefined ? key.reference : chainPath(paths.keys, name),
    ),
    step('lock', !(name in state.lock.keys), paths.keyLock),
    step('trustStore', !isStored, state.store.text),
    step('policy', policyNeeds, `${state.policyFile.path} (statement "${policy.statement}")`),
    step('defaultKey', becomesDefault, paths.config),
  ]
}

const ACTIONS: Readonly<Record<InitStep['action'], string>> = {
  created: 'made',
  extended: 'extended',
  kept: 'kept',
  wouldCreate: 'would make',
  wouldExtend: 'would extend',
}

const PARTS: Readonly<Record<InitStep['part'], string>> = {
  key: 'key',
  certificate: 'certificate',
  lock: 'lock',
  trustStore: 'trust-store',
  policy: 'policy',
  defaultKey: 'default-key',
}

function linesOf(document: InitDocument, style: Style): string[] {
  const { name, dryRun, changed, key, certificate, steps, next, renew, share } = document
  const headline = dryRun
    ? 'nothing is made in a dry run'
    : changed
      ? `key ${name} is ready`
      : `nothing to do: key ${name} is ready`
  return [
    style('green', headline),
    ...table(
      ['PART', 'ACTION', 'WHERE'],
      steps.map(({ part, action, path }) => [PARTS[part], ACTIONS[action].replace(' ', '-'), path]),
    ).map(line => `  ${line}`),
    ...(key.fingerprint === null ? [] : [`  public key   ${key.fingerprint}`]),
    ...(certificate === null
      ? []
      : [`  certificate  ${printable(certificate.subject)}, to ${certificate.notAfter}`]),
    'next:',
    ...next.map(line => `  ${line}`),
    ...(share === null
      ? []
      : [
          `to let others verify, send them ${share.certificate}; they run:`,
          ...share.commands.map(line => `  ${line}`),
        ]),
    ...(renew === null
      ? []
      : [
          `signatures verify until ${renew.before}; before that, renew the certificate, and sign again with --again:`,
          ...renew.commands.map(line => `  ${line}`),
        ]),
  ]
}
