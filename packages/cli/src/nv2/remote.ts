import { SealwrightError } from '@sealwright/core'
import { type Descriptor, MediaTypes } from '@sealwright/oci'
import type { RegistryFlags } from '../flags/common-flags.ts'
import { usageError } from '../runtime/usage.ts'
import { type Session, withEnv } from '../session/session.ts'
import { type OpenTarget, openTarget } from '../targets/open-target.ts'
import type { RemoteFlags } from './program.ts'
import type { RemoteUri } from './uri.ts'

/** The manifest types that the prototype asked for by each scheme. */
const DIALECTS: Readonly<Record<RemoteUri['dialect'], readonly string[]>> = {
  docker: [MediaTypes.dockerManifest, MediaTypes.dockerList],
  oci: [MediaTypes.manifest, MediaTypes.index],
}

/** A manifest in a registry, and where its signatures are. */
export interface Remote extends AsyncDisposable {
  readonly target: OpenTarget
  readonly manifest: Descriptor
}

/** Opens a manifest of a registry and resolves it, once. */
export async function openRemote(session: Session, uri: RemoteUri, flags: RemoteFlags): Promise<Remote> {
  const given = loginOf(session, flags)
  const target = await openTarget(given.session, uri.target, {
    ...given.flags,
    ...(flags.plainHttp || flags.insecure ? { plainHttp: [uri.target.host] } : {}),
  })
  try {
    const manifest = await target.resolve(await session.deadline())
    assertDialect(uri, manifest)
    return { target, manifest, [Symbol.asyncDispose]: () => target[Symbol.asyncDispose]() }
  } catch (error) {
    await target[Symbol.asyncDispose]()
    throw error
  }
}

/** `docker://` means a manifest of Docker's, `oci://` one of OCI's: a signature is over one of them only. */
function assertDialect({ dialect, target }: RemoteUri, { mediaType }: Descriptor): void {
  if (DIALECTS[dialect].includes(mediaType)) return
  const other = dialect === 'docker' ? 'oci' : 'docker'
  throw new SealwrightError('VALIDATION', `${target.text} is not a manifest of ${dialect}`, {
    why: `it is ${mediaType}`,
    fix: `${other}://${target.text}`,
  })
}

/**
 * The log-in of the flags or of the prototype's variables, given on as sealwright's own. It reaches the host of the one
 * target only.
 */
function loginOf(
  session: Session,
  flags: RemoteFlags,
): { readonly session: Session; readonly flags: RegistryFlags } {
  const { env } = session.io
  const username = flags.username ?? (env.NV2_USERNAME || undefined)
  const password = flags.password ?? (env.NV2_PASSWORD || undefined)
  if (username === undefined) {
    if (flags.password === undefined) return { session, flags: {} }
    throw usageError('-p needs -u', { why: 'a password belongs to a user', fix: 'add -u NAME' })
  }
  if (password === '-' && flags.password !== undefined)
    return { session, flags: { username, passwordStdin: true } }
  if (flags.password !== undefined) {
    session.warn(
      'a password in an argument is seen by every program of this machine; -p - reads it from stdin',
    )
  }
  if (password === undefined) return { session, flags: { username } }
  return { session: withEnv(session, { SEALWRIGHT_PASSWORD: password }), flags: { username } }
}
