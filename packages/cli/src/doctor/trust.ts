import { shellQuote } from '@sealwright/core/encoding'
import { listTrustStores, readPolicyFile } from '@sealwright/notary'
import type { Context } from '../frame/context.ts'
import { faultLine, showPolicy } from '../trust/shown-policy.ts'
import { certificatesOf, faultsOf } from '../trust/store.ts'
import { storeFaults } from '../trust/store-faults.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'

/** Trust store and policy, as `policy check` and `cert list` see them. */
export async function checkTrust(context: Context, trust: string): Promise<readonly Check[]> {
  return [...(await stores(trust)), ...(await policies(context, trust))]
}

/** A store that cannot be used is a fault of the policy that names it; one that none names is a warning. */
async function stores(trust: string): Promise<readonly Check[]> {
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
        `look what is in it, and take out what is broken: sealwright cert list ${shellQuote(store)}`,
      ),
    ),
    ...(found.length > 0 && counts.length === 0
      ? []
      : [ok('trust', counts.length === 0 ? 'no certificate is trusted' : counts.join(', '))]),
  ]
}

async function policies(context: Context, trust: string): Promise<readonly Check[]> {
  const checks: Check[] = []
  for (const kind of ['oci', 'blob'] as const) {
    let file: Awaited<ReturnType<typeof readPolicyFile>>
    try {
      file = await readPolicyFile(trust, kind)
    } catch (error) {
      checks.push(failed(context, 'policy', error))
      continue
    }
    const { path, bytes } = file
    if (bytes === undefined) continue
    const shown = showPolicy({ path, bytes }, kind)
    const found = [...shown.faults, ...(await storeFaults(context.io.now(), trust, shown))]
    const fix = `sealwright policy check ${shellQuote(path)}`
    checks.push(
      ...found.map(each =>
        (each.severity === 'error' ? fault : warning)('policy', faultLine(path, each), fix),
      ),
    )
    if (found.length === 0) {
      const names = shown.statements.map(({ name }) => name).join(', ')
      checks.push(ok('policy', `${path}: ${names === '' ? 'no statement' : names}`))
    }
  }
  if (checks.length > 0) return checks
  return [ok('policy', `none in ${trust}: nothing can be verified here, only signed`)]
}
