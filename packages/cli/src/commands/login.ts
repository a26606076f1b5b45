import { canonicalRegistry } from '@sealwright/oci'
import { checkLogin, keepDockerLogin } from '@sealwright/oci-registry'
import type { Context, Flags } from '../frame/context.ts'
import type { Outcome } from '../frame/outcome.ts'
import { usageError } from '../frame/usage.ts'
import type { RegistryFlags } from '../program/registry-flags.ts'
import { connectionOptions, dockerConfig } from '../targets/open-registry.ts'
import { parseRegistryHost } from '../targets/registry-host.ts'
import { askedLogin } from '../targets/registry-login.ts'

type LoginFlags = Pick<RegistryFlags, 'username' | 'passwordStdin' | 'plainHttp' | 'caFile'>

/** `sealwright login HOST [--username U] [--password-stdin]` */
export async function login(
  context: Context,
  [text = '']: readonly string[],
  given: Flags,
): Promise<Outcome> {
  const flags = given as LoginFlags
  const host = parseRegistryHost(text, 'login')
  if (context.flags.offline) {
    throw usageError('--offline forbids to contact the registry', {
      why: 'a login is checked before it is kept',
      fix: 'leave --offline out',
    })
  }
  const stray = flags.plainHttp?.find(name => canonicalRegistry(name) !== host)
  if (stray !== undefined) {
    throw usageError(`--plain-http ${stray} has no effect: the login is to another host`, {
      why: `the registry is ${host}`,
      fix: `--plain-http ${host}`,
    })
  }
  const { username, password } = await askedLogin(context, host, flags)
  const signal = await context.deadline()
  const options = await connectionOptions(context, host, flags)
  const checked = await context.dialogue.waiting(host, () =>
    checkLogin(host, { username, password, source: 'what was given' }, options, { signal }),
  )
  if (!checked) context.warn(`${host} asks nobody who they are: the login was not checked`)
  const configFile = dockerConfig(context.io)
  const { place, helper, changed, helperFault } = await keepDockerLogin(
    host,
    { username, password },
    { configFile, signal: context.io.signal },
  )
  if (!helper && changed) {
    if (helperFault !== undefined) context.warn(`${helperFault.message}: ${helperFault.why}`)
    context.warn(
      `the password is stored unencrypted in ${place}; install a docker credential helper to keep it elsewhere`,
    )
  }
  return {
    exitCode: 0,
    document: { host, username, checked, place, helper, changed },
    lines: [
      changed
        ? `logged in to ${host} as ${username}; kept in ${place}`
        : `nothing to do: ${place} has this login to ${host} already`,
    ],
  }
}
