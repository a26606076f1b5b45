import { randomBytes } from 'node:crypto'
import { tracingChannel } from 'node:diagnostics_channel'
import {
  fingerprint,
  isSealwrightError,
  type KeyProvider,
  manageKeys,
  type Operation,
  type Signer,
  type SignerTrace,
} from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { type Certificate, checkChain, formatDistinguishedName } from '@sealwright/x509'
import { daysUntil, endOf, SOON_DAYS, unmatchableSubject } from '../../certificates/certificate.ts'
import { isKeyName } from '../../config/key-name.ts'
import { fixOf, requestCommand } from '../../keys/advice.ts'
import { assertMatches, findChain } from '../../keys/chain.ts'
import { defaultAlgorithm } from '../../keys/default-algorithm.ts'
import { callOptions, type Keys, type SelectedKey } from '../../keys/keys.ts'
import { formatTime } from '../../runtime/time.ts'
import type { Session } from '../../session/session.ts'
import { checkRevocationSources } from './authorities.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'
import type { Bench, CheckedKey } from './document.ts'
import type { DoctorFlags } from './spec.ts'

/** What signing needs, in the order in which it is needed. */
const OPERATIONS: readonly Operation[] = ['open', 'sign', 'certificates']

interface CheckKeyOptions extends Pick<DoctorFlags, 'revocation' | 'caFile'> {
  /** How many are made to measure. */
  readonly signatures?: number | undefined
}

/** All about one key; what cannot be found out is a fault, and the rest goes on. */
export async function checkKey(
  session: Session,
  keys: Keys,
  text: string,
  { signatures, revocation, caFile }: CheckKeyOptions,
): Promise<CheckedKey> {
  const nothing: CheckedKey = {
    // What could not be read as a reference may hold a secret.
    key: isKeyName(text) ? text : `${text.slice(0, text.indexOf(':') + 1)}…`,
    reference: null,
    resolved: null,
    fingerprint: null,
    credentials: null,
    checks: [],
    permissions: [],
    bench: null,
  }
  let selected: SelectedKey
  let provider: KeyProvider
  try {
    selected = await keys.select(text)
    provider = await keys.provider(selected.reference)
  } catch (error) {
    return { ...nothing, checks: [failed(session, 'reference', error)] }
  }
  const base = {
    ...nothing,
    key: selected.label,
    reference: selected.reference,
    permissions: permissionsOf(provider, selected.reference),
  }
  const { credentials, check } = await identify(session, provider, selected.reference)
  const checks: Check[] = [lockOf(selected), check]
  try {
    await using signer = await keys.open(selected, defaultAlgorithm)
    checks.push(stateOf(signer), ...(await checkCertificate(session, selected, signer)))
    if (revocation) {
      const chain = await findChain(session, { signer, kept: selected.kept })
      checks.push(...(await checkRevocationSources(session, chain ?? [], { caFile })))
    }
    const bench = signatures === undefined ? null : await measure(session, signer, signatures)
    const { reference: resolved, publicKey } = signer.key
    return { ...base, credentials, checks, resolved, fingerprint: fingerprint(publicKey), bench }
  } catch (error) {
    return { ...base, credentials, checks: [...checks, failed(session, 'state', error)] }
  }
}

function permissionsOf(provider: KeyProvider, reference: string): CheckedKey['permissions'] {
  const permissions = provider.permissionsOf?.(reference) ?? provider.permissions
  return OPERATIONS.flatMap(operation => {
    const needs = permissions[operation] ?? []
    return needs.length === 0 ? [] : [{ operation, needs: [...needs] }]
  })
}

async function identify(
  session: Session,
  provider: KeyProvider,
  reference: string,
): Promise<{ readonly credentials: CheckedKey['credentials']; readonly check: Check }> {
  const { identify } = manageKeys(provider)
  if (identify === undefined) return { credentials: null, check: ok('credentials', unnamed(provider)) }
  try {
    const options = await callOptions(session, reference)
    const { source, identity } = await session.dialogue.waiting(provider.name, () =>
      identify(reference, options),
    )
    const detail = identity === undefined ? source : `${identity}, from ${source}`
    return { credentials: { source, identity: identity ?? null }, check: ok('credentials', detail) }
  } catch (error) {
    return { credentials: null, check: failed(session, 'credentials', error) }
  }
}

/** Key files ask for no credentials; a provider of others may, and not tell of them. */
function unnamed({ name }: KeyProvider): string {
  return name === 'file'
    ? 'key files need none'
    : `the provider ${name} does not say whose credentials it uses`
}

function lockOf({ name, reference, lock }: SelectedKey): Check {
  if (lock === undefined) {
    return warning(
      'lock',
      'it has no locked name, so a replaced key would go unnoticed',
      `sealwright key add NAME ${shellQuote(reference)}`,
    )
  }
  const since = lock.lockedAt === undefined ? 'locked' : `locked ${lock.lockedAt.slice(0, 10)}`
  const former = lock.history.length === 0 ? '' : `; ${lock.history.length} before it`
  return ok('lock', `${name} is ${lock.resolved} (${lock.fingerprint}), ${since}${former}`)
}

function stateOf({ key }: Signer): Check {
  const presence =
    key.presence === undefined ? '' : `; asks for a ${key.presence === 'pin' ? 'PIN' : 'touch'}`
  return ok(
    'state',
    `it can sign: ${Object.keys(key.algorithms).join(', ')}; protection ${key.protection}${presence}`,
  )
}

async function checkCertificate(
  session: Session,
  { label, kept }: SelectedKey,
  signer: Signer,
): Promise<readonly Check[]> {
  try {
    const chain = await findChain(session, { signer, kept })
    if (chain === undefined) {
      return [
        warning(
          'certificate',
          'neither the store nor the configuration holds one, and a signature of the Notary Project carries one',
          requestCommand(label),
        ),
      ]
    }
    assertMatches(chain, signer.key.publicKey, label)
    return judge(chain, label, session.io.now())
  } catch (error) {
    return [failed(session, 'certificate', error)]
  }
}

function judge(chain: readonly Certificate[], label: string, now: Date): readonly Check[] {
  const broken = checkChain(chain, { purpose: 'codeSigning', at: now })
  if (broken.length > 0) {
    return broken.map(each => {
      const { message, certificate } = each
      const detail = certificate === 0 ? message : `certificate ${certificate + 1}: ${message}`
      return fault('certificate', detail, fixOf([each], chain, { label, now }))
    })
  }
  const [leaf] = chain as readonly [Certificate]
  const subject = formatDistinguishedName(leaf.subject)
  const renew = requestCommand(label, subject)
  const until = endOf(chain)
  const days = daysUntil(until, now)
  const left = `${subject}: Notation accepts it; ${days} days left, to ${formatTime(until)}`
  const unmatchable = unmatchableSubject(leaf)
  return [
    days < SOON_DAYS ? warning('certificate', left, renew) : ok('certificate', left),
    ...(unmatchable === undefined ? [] : [warning('certificate', unmatchable, requestCommand(label))]),
  ]
}

const AT_ONCE = 8

/** Signs dummies and measures. Where a person takes part, one after the other. */
async function measure(session: Session, signer: Signer, signatures: number): Promise<Bench> {
  const concurrency = signer.key.presence === undefined ? Math.min(signatures, AT_ONCE) : 1
  const { signal } = session.io
  const took: number[] = []
  let left = signatures
  const work = async (): Promise<void> => {
    while (left-- > 0) {
      const started = performance.now()
      await signer.sign(randomBytes(64), { signal })
      took.push(performance.now() - started)
    }
  }
  using throttles = countThrottles()
  const started = performance.now()
  await session.dialogue.waiting(`${signatures} signatures`, () =>
    Promise.all(Array.from({ length: concurrency }, work)),
  )
  const seconds = (performance.now() - started) / 1000
  const sorted = took.toSorted((one, other) => one - other)
  const percentile = (part: number): number => rounded(sorted[Math.ceil(part * sorted.length) - 1] ?? 0)
  return {
    signatures,
    concurrency,
    perSecond: rounded(signatures / seconds),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
    throttles: throttles.count(),
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(3))
}

/** Core tries again by itself, and tells of each attempt. */
function countThrottles(): Disposable & { count(): number } {
  const channel = tracingChannel<SignerTrace>('sealwright:signer.attempt').error
  let count = 0
  const listen = (message: unknown): void => {
    const { error } = message as { readonly error?: unknown | undefined }
    if (isSealwrightError(error) && error.code === 'THROTTLED') count++
  }
  channel.subscribe(listen)
  return { count: () => count, [Symbol.dispose]: () => void channel.unsubscribe(listen) }
}
