import { shellQuote } from '@sealwright/core/encoding'
import type { Context } from '../frame/context.ts'
import { findPolicyFile } from '../trust/policy-file.ts'
import { faultLine, showPolicy } from '../trust/shown-policy.ts'
import { listStores, readStore } from '../trust/store.ts'
import { storeFaults } from '../trust/store-faults.ts'
import { type Check, failed, fault, ok, warning } from './check.ts'

/** Trust store and policy, as `policy check` and `cert list` see them. */
export async function checkTrust(context: Context, trust: string): Promise<readonly Check[]> {
  return [...(await stores(context, trust)), ...(await policies(context, trust))]
}

async function stores(context: Context, trust: string): Promise<readonly Check[]> {
  const counts: string[] = []
  const faults: Check[] = []
  for (const store of await listStores(trust)) {
    try {
      counts.push(`${store.text} (${(await readStore(trust, store)).length})`)
    } catch (error) {
      faults.push(failed(context, 'trust', error))
    }
  }
  return faults.length > 0
    ? faults
    : [ok('trust', counts.length === 0 ? 'no certificate is trusted' : counts.join(', '))]
}

async function policies(context: Context, trust: string): Promise<readonly Check[]> {
  const checks: Check[] = []
  for (const kind of ['oci', 'blob'] as const) {
    const { path, bytes } = await findPolicyFile(trust, kind)
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
