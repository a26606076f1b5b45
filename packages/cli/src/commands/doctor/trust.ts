import { shellQuote } from '@sealwright/core/encoding'
import { listTrustStores, readPolicyFile, type StoreReading } from '@sealwright/notary'
import { formatDistinguishedName } from '@sealwright/x509'
import { daysUntil, SOON_DAYS } from '../../certificates/certificate.ts'
import { formatTime } from '../../runtime/time.ts'
import type { Session } from '../../session/session.ts'
import { decisionLines } from '../../trust/applies.ts'
import {
  faultLine,
  type ShownPolicy,
  showOwnPolicy,
  showPolicy,
  statementNames,
} from '../../trust/shown-policy.ts'
import { certificatesOf, faultsOf, policyStateFaults } from '../../trust/store.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'

/** Trust store and policy, as `policy check` and `cert list` see them. */
export async function checkTrust(session: Session, trust: string): Promise<readonly Check[]> {
  return [...(await stores(session.io.now(), trust)), ...(await policies(session, trust))]
}

/** A store that cannot be used is a fault of the policy that names it; one that none names is a warning. */
async function stores(now: Date, trust: string): Promise<readonly Check[]> {
  const { stores: found, faults } = await listTrustStores(trust)
  const broken = found.flatMap(store => faultsOf(store).map(message => ({ store: store.reference, message })))
  const sound = found.filter(store => faultsOf(store).length === 0)
  const counts = sound.map(store => `${store.reference} (${certificatesOf(store).length})`)
  return [
    ...faults.map(({ message, fix }) => fault('trust', message, fix)),
    ...broken.map(({ store, message }) =>
      warning(
        'trust',
        `trust store ${store} cannot be used: ${message}`,
        `list it, and remove broken certificates: sealwright cert list ${shellQuote(store)}`,
      ),
    ),
    ...sound.flatMap(store => endings(store, now)),
    ...(found.length > 0 && counts.length === 0
      ? []
      : [ok('trust', counts.length === 0 ? 'no certificate is trusted' : counts.join(', '))]),
  ]
}

/** Certificates of a store that end soon. Those that have ended are named with the policy that trusts the store. */
function endings(store: StoreReading, now: Date): readonly Check[] {
  return certificatesOf(store).flatMap(({ subject, notAfter, fingerprint }) => {
    const days = daysUntil(notAfter, now)
    if (days < 0 || days >= SOON_DAYS) return []
    const name = formatDistinguishedName(subject)
    return [
      warning(
        'trust',
        `${name} in ${store.reference} ends in ${days} days, at ${formatTime(notAfter)}`,
        `get its successor from its owner (it is sha256:${fingerprint}): sealwright cert add ${shellQuote(store.reference)} FILE`,
      ),
    ]
  })
}

async function policies(session: Session, trust: string): Promise<readonly Check[]> {
  const checks: Check[] = []
  const files: ShownPolicy[] = []
  for (const kind of ['sealwright', 'oci', 'blob'] as const) {
    let file: Awaited<ReturnType<typeof readPolicyFile>>
    try {
      file = await readPolicyFile(trust, kind)
    } catch (error) {
      checks.push(failed(session, 'policy', error))
      continue
    }
    const { path, bytes } = file
    if (bytes === undefined) continue
    const shown =
      kind === 'sealwright' ? await showOwnPolicy(trust, { path, bytes }) : showPolicy({ path, bytes }, kind)
    files.push(shown)
    const found = [...shown.faults, ...(await policyStateFaults(session.io.now(), trust, shown))]
    const fix = `sealwright policy check ${shellQuote(path)}`
    checks.push(
      ...found.map(each =>
        (each.severity === 'error' ? fault : warning)('policy', faultLine(path, each), fix),
      ),
    )
    if (found.length === 0) {
      const names = statementNames(shown).join(', ')
      checks.push(ok('policy', `${path}: ${names === '' ? 'no statement' : names}`))
    }
  }
  const [own, ...others] = files
  if (own?.kind === 'sealwright') checks.push(...decisionLines(own, others).map(line => ok('policy', line)))
  if (checks.length > 0) return checks
  return [ok('policy', `none in ${trust}: nothing can be verified here, only signed`)]
}
