import type { SealwrightError } from '@sealwright/core'
import type { RevocationOptions } from '@sealwright/notary'
import type { Settings } from '../config/settings.ts'
import type { RegistryFlags } from '../flags/common-flags.ts'
import type { Session } from '../session/session.ts'

type Fetch = NonNullable<RevocationOptions['fetch']>

/**
 * Returns how this run finds out about revocation: by the hosts that certificates name, at public addresses or among
 * `revocation.privateHosts` of the user's configuration, and by the user's caches. Under `--offline` only by the caches.
 *
 * The client is loaded and files are read when the first host is asked or the first cache is looked into, so that
 * certificates without a source cost nothing. A cache that cannot be used is one warning in a run.
 */
export async function revocationOptions(
  session: Session,
  flags: Pick<RegistryFlags, 'caFile'> = {},
): Promise<RevocationOptions> {
  const { paths, revocation, timeoutMs } = await session.settings()
  const { privateHosts, ocspTimeout, crlTimeout } = revocation
  let warned = false
  return {
    fetch: session.flags.offline ? undefined : authorityFetch(session, flags),
    privateHosts,
    cache: await cacheIn(paths),
    onCacheFault: fault => {
      if (!warned) session.warn(`${describe(fault)}; revocation is checked without it`)
      warned = true
    },
    ocspTimeoutMs: ocspTimeout,
    crlTimeoutMs: crlTimeout,
    timeoutMs,
  }
}

async function cacheIn({
  crlCache: crl,
  ocspCache: ocsp,
}: Settings['paths']): Promise<RevocationOptions['cache']> {
  if (crl === undefined && ocsp === undefined) return undefined
  const { revocationCache } = await import('@sealwright/notary')
  return revocationCache({ crl, ocsp })
}

/** A `fetch` for hosts that certificates name, made when it is first called. */
function authorityFetch(session: Session, flags: Pick<RegistryFlags, 'caFile'>): Fetch {
  let made: Promise<Fetch> | undefined
  return async (input, init) => {
    session.step(`${init?.method ?? 'GET'} ${String(input)}`)
    made ??= makeFetch(session, flags)
    return (await made)(input, init)
  }
}

async function makeFetch(session: Session, flags: Pick<RegistryFlags, 'caFile'>): Promise<Fetch> {
  const { publicLookup } = await import('@sealwright/notary')
  const { foreignConnection } = await import('../targets/connection.ts')
  const { privateHosts } = (await session.settings()).revocation
  return foreignConnection(session, flags, publicLookup({ privateHosts }))
}

function describe({ message, why }: SealwrightError): string {
  return why === undefined ? message : `${message}: ${why}`
}
