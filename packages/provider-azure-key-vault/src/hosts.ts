/** Where Azure keeps vaults: the public cloud, US Government, China. Any other host is an option of the provider. */
const VAULTS = ['.vault.azure.net', '.vault.usgovcloudapi.net', '.vault.azure.cn'] as const

/** Managed HSM, whose keys are all in hardware and which keeps no certificates. */
const MANAGED_HSMS = [
  '.managedhsm.azure.net',
  '.managedhsm.usgovcloudapi.net',
  '.managedhsm.azure.cn',
] as const

/** One label: a vault is a direct child of its cloud's domain. */
const VAULT_NAME = /^[a-z](?:[a-z0-9]|-(?=[a-z0-9])){2,23}$/

/**
 * Whether a token may be sent to `host`, in lower case: one of Azure's, or one that was allowed.
 *
 * @param allowed - Whole hosts (`kv.example:8443`), or domains of them that begin with a dot.
 */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  if (allowed.some(each => (each.startsWith('.') ? isBelow(host, each) : host === each))) return true
  return [...VAULTS, ...MANAGED_HSMS].some(
    domain => host.endsWith(domain) && VAULT_NAME.test(host.slice(0, -domain.length)),
  )
}

export function isManagedHsm(host: string): boolean {
  return MANAGED_HSMS.some(domain => host.endsWith(domain))
}

/** The resource that tokens for a vault are for: its host without the first label. */
export function scopeOf(host: string): string {
  return `https://${host.slice(host.indexOf('.') + 1)}/.default`
}

function isBelow(host: string, domain: string): boolean {
  return host.endsWith(domain) && /^[a-z0-9-]+$/.test(host.slice(0, -domain.length))
}
