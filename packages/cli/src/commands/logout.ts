import { forgetDockerLogin } from '@sealwright/oci-registry'
import type { Context } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { dockerConfig } from '../targets/open-registry.ts'
import { parseRegistryHost } from '../targets/registry-host.ts'

/** `sealwright logout HOST` */
export async function logout(context: Context, [text = '']: readonly string[]): Promise<Outcome> {
  const host = parseRegistryHost(text, 'logout')
  const configFile = dockerConfig(context.io)
  const places = await forgetDockerLogin(host, { configFile, signal: context.io.signal })
  const changed = places.length > 0
  return {
    exitCode: 0,
    document: { host, changed, places },
    lines: [
      changed
        ? `logged out of ${host}; taken from ${places.join(' and ')}`
        : `nothing to do: no login to ${host} is kept`,
    ],
  }
}
