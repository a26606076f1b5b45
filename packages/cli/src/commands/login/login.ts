import { isSealwrightError } from '@sealwright/core'
import { shellQuote } from '@sealwright/core/encoding'
import { canonicalRegistry, parseReference, shownReference } from '@sealwright/oci'
import { checkLogin, forgetDockerLogin, keepDockerLogin } from '@sealwright/oci-registry'
import type { Outcome } from '../../runtime/outcome.ts'
import { usageError } from '../../runtime/usage.ts'
import type { Session } from '../../session/session.ts'
import { connectionOptions, dockerConfig } from '../../targets/open-registry.ts'
import { askedLogin } from '../../targets/registry-login.ts'
import type { LoginFlags } from './spec.ts'

/** `sealwright login HOST [--username U] [--password-stdin]` */
export async function login(
  session: Session,
  [text]: readonly [string],
  flags: LoginFlags,
): Promise<Outcome> {
  const host = parseRegistryHost(text, 'login')
  if (session.flags.offline) {
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
  const { username, password } = await askedLogin(session, host, flags)
  const signal = await session.deadline()
  const options = await connectionOptions(session, host, flags)
  const checked = await session.dialogue.waiting(host, () =>
    checkLogin(host, { username, password, source: 'what was given' }, options, { signal }),
  )
  if (!checked) session.warn(`${host} does not authenticate users: the login was not checked`)
  const configFile = dockerConfig(session.io)
  const { place, helper, changed, helperFault } = await keepDockerLogin(
    host,
    { username, password },
    { configFile, signal: session.io.signal },
  )
  if (!helper && changed) {
    if (helperFault !== undefined) session.warn(`${helperFault.message}: ${helperFault.why}`)
    session.warn(
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

/** `sealwright logout HOST` */
export async function logout(session: Session, [text]: readonly [string]): Promise<Outcome> {
  const host = parseRegistryHost(text, 'logout')
  const configFile = dockerConfig(session.io)
  const places = await forgetDockerLogin(host, { configFile, signal: session.io.signal })
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

/**
 * Reads the name of a registry: `registry.example`, `localhost:5000`.
 *
 * @param command - The command it was given to, for the fix.
 * @throws {@link SealwrightError} `VALIDATION`.
 */
function parseRegistryHost(text: string, command: string): string {
  const bare = text.replace(/^https?:\/\//, '').replace(/\/(?:v[12]\/?)?$/, '')
  try {
    if (bare === text && !text.includes('/')) return parseReference(`${text}/repository`).registry
  } catch (error) {
    if (!isSealwrightError(error)) throw error
  }
  const [host = ''] = bare.split('/')
  throw usageError(`"${shownReference(text)}" is not the name of a registry`, {
    why: 'it is a host, with its port if it has one, as references begin with it',
    fix: `sealwright ${command} ${shellQuote(/^[\w.-]+(?::\d+)?$/.test(host) ? host.toLowerCase() : 'registry.example')}`,
  })
}
