import { X509Certificate } from 'node:crypto'
import type { LookupFunction } from 'node:net'
import { resolve } from 'node:path'
import tls from 'node:tls'
import { SealwrightError } from '@sealwright/core'
import { readRegularFileSync } from '@sealwright/core/files'
import { httpFetch, type TlsSettings } from '@sealwright/oci-registry'
import type { Settings } from '../config/settings.ts'
import type { RegistrySettings } from '../config/user-config.ts'
import type { RegistryFlags } from '../flags/common-flags.ts'
import { MAX_FILE_BYTES } from '../runtime/read-all.ts'
import type { RegistryFetch, Session } from '../session/session.ts'

/**
 * How the hosts of registries are reached: through a proxy if the environment names one, and in TLS as the configuration
 * says of each host by itself. The authorities of `--ca-file` are those of the user, for this run and all its hosts.
 *
 * @throws {@link SealwrightError} `VALIDATION` for a file that does not hold what it should. What the configuration says
 *   of a host is read when that host is reached.
 */
export function connectionOf(
  session: Session,
  { caFile = '' }: Pick<RegistryFlags, 'caFile'>,
): Promise<RegistryFetch> {
  const { connections } = session.shared
  const made = connections.get(caFile) ?? connect(session, caFile)
  connections.set(caFile, made)
  return made
}

/**
 * How hosts are reached that the user did not name: certificates name them. As registries are, except that no certificate of
 * the user is shown to them.
 *
 * @param lookup - Refuses addresses; not asked where a proxy is used.
 */
export function foreignConnection(
  session: Session,
  { caFile = '' }: Pick<RegistryFlags, 'caFile'>,
  lookup: LookupFunction,
): Promise<RegistryFetch> {
  return connect(session, caFile, lookup)
}

async function connect(session: Session, caFile: string, lookup?: LookupFunction): Promise<RegistryFetch> {
  const settings = byHost(await session.settings())
  const given = caFile === '' ? undefined : readAuthorities(resolve(session.io.cwd, caFile))
  const tlsOf = (host: string): TlsSettings | undefined => {
    const own = settings.get(host)
    const ca = [given, own?.caFile && readAuthorities(own.caFile)].filter(Boolean).join('\n')
    const identified = own?.certFile !== undefined && lookup === undefined
    if (ca === '' && !identified) return undefined
    return { ...(ca === '' ? {} : { ca }), ...(identified ? readIdentity(host, own) : {}) }
  }
  return httpFetch({ tls: tlsOf, proxyEnv: session.io.env, lookup })
}

/** By host as a URL spells it: Docker Hub has its API under another name, and a port of 443 is none. */
function byHost({ registries }: Settings): ReadonlyMap<string, RegistrySettings> {
  const named = Object.entries(registries).flatMap(([name, own]) => {
    const host = name === 'docker.io' ? 'registry-1.docker.io' : name
    return URL.canParse(`https://${host}`) ? [[new URL(`https://${host}`).host, own] as const] : []
  })
  return new Map(named)
}

function readText(file: string): string {
  return Buffer.from(readRegularFileSync(file, MAX_FILE_BYTES)).toString('utf8')
}

/** @throws {@link SealwrightError} `VALIDATION`. */
function readAuthorities(file: string): string {
  const pem = readText(file)
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g)
  if (blocks === null) {
    throw new SealwrightError('VALIDATION', `${file} holds no certificate`, {
      why: 'the file of authorities is PEM with BEGIN CERTIFICATE',
      fix: '--ca-file takes the certificate of the authority',
    })
  }
  try {
    for (const block of blocks) new X509Certificate(block)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `the certificates in ${file} cannot be read`, {
      why: 'they are damaged, or of an unknown kind',
      fix: '--ca-file takes the certificate of the authority',
      cause,
    })
  }
  return pem
}

/** @throws {@link SealwrightError} `VALIDATION`. */
function readIdentity(
  host: string,
  { certFile = '', keyFile = '' }: RegistrySettings,
): Required<Pick<TlsSettings, 'cert' | 'key'>> {
  const pair = { cert: readText(certFile), key: readText(keyFile) }
  try {
    tls.createSecureContext(pair)
  } catch (cause) {
    throw new SealwrightError('VALIDATION', `the certificate for ${host} cannot be shown`, {
      why: `${certFile} is not a certificate of the key in ${keyFile}, or one of the two cannot be read`,
      fix: 'both are PEM: the chain with the leaf first, and the key without a passphrase',
      cause,
    })
  }
  return pair
}
