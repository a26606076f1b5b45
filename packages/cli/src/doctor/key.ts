import { fingerprint, type KeyProvider, manageKeys, type Operation, type Signer } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { type Certificate, checkChain, formatDistinguishedName } from '@sealwright/x509'
import { unmatchableSubject } from '../certificates/subject.ts'
import { daysUntil, endOf, SOON_DAYS } from '../certificates/validity.ts'
import type { CheckedKey } from '../documents/doctor.ts'
import type { Context } from '../frame/context.ts'
import { formatTime } from '../frame/time.ts'
import { assertMatches, findChain } from '../keys/chain.ts'
import { fixOf, requestCommand } from '../keys/chain-advice.ts'
import { defaultAlgorithm } from '../keys/default-algorithm.ts'
import { isKeyName } from '../keys/key-name.ts'
import type { Keys, SelectedKey } from '../keys/keys.ts'
import { callOptions } from '../keys/time-limit.ts'
import { measure } from './bench.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'

/** What signing needs, in the order in which it is needed. */
const OPERATIONS: readonly Operation[] = ['open', 'sign', 'certificates']

/** All about one key; what cannot be found out is a fault, and the rest goes on. */
export async function checkKey(
  context: Context,
  keys: Keys,
  text: string,
  signatures: number | undefined,
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
    return { ...nothing, checks: [failed(context, 'reference', error)] }
  }
  const base = {
    ...nothing,
    key: selected.label,
    reference: selected.reference,
    permissions: permissionsOf(provider, selected.reference),
  }
  const { credentials, check } = await identify(context, provider, selected.reference)
  const checks: Check[] = [lockOf(selected), check]
  try {
    await using signer = await keys.open(selected, defaultAlgorithm)
    checks.push(stateOf(signer), ...(await checkCertificate(context, selected, signer)))
    const bench = signatures === undefined ? null : await measure(context, signer, signatures)
    const { reference: resolved, publicKey } = signer.key
    return { ...base, credentials, checks, resolved, fingerprint: fingerprint(publicKey), bench }
  } catch (error) {
    return { ...base, credentials, checks: [...checks, failed(context, 'state', error)] }
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
  context: Context,
  provider: KeyProvider,
  reference: string,
): Promise<{ readonly credentials: CheckedKey['credentials']; readonly check: Check }> {
  const { identify } = manageKeys(provider)
  if (identify === undefined) return { credentials: null, check: ok('credentials', unnamed(provider)) }
  try {
    const options = await callOptions(context, reference)
    const { source, identity } = await context.dialogue.waiting(provider.name, () =>
      identify(reference, options),
    )
    const detail = identity === undefined ? source : `${identity}, from ${source}`
    return { credentials: { source, identity: identity ?? null }, check: ok('credentials', detail) }
  } catch (error) {
    return { credentials: null, check: failed(context, 'credentials', error) }
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
      'it has no name of ours, so nothing notices when another key answers',
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
  context: Context,
  { label, kept }: SelectedKey,
  signer: Signer,
): Promise<readonly Check[]> {
  try {
    const chain = await findChain(context, { signer, kept })
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
    return judge(chain, label, context.io.now())
  } catch (error) {
    return [failed(context, 'certificate', error)]
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
