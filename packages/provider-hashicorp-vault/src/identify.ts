import type { Call } from '@sealwright/core'
import type { Vault } from './vault.ts'

/** Where the token comes from, which server is asked, and whose it is. Never the token, its id or its accessor. */
export async function identify(
  vault: Vault,
  call: Call,
): Promise<{ readonly source: string; readonly identity?: string | undefined }> {
  const request = { method: 'GET', path: 'auth/token/lookup-self', namespace: vault.namespace } as const
  const { data } = await vault.request(request, call)
  const source = await vault.source(call)
  const where = vault.address === undefined ? '' : `, asking ${vault.address}`
  const { display_name: name, policies, identity_policies: more } = data
  const all = [policies, more].flatMap(each => (Array.isArray(each) ? each : [])).filter(isName)
  if (!isName(name)) return { source: source + where }
  const by = all.length === 0 ? '' : ` (policies: ${[...new Set(all)].join(', ')})`
  return { source: source + where, identity: name + by }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[^\p{Cc}]{1,200}$/u.test(value)
}
