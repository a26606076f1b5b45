import { isSealwrightError, SealwrightError } from '@sealwright/core'
import { readRegularFile } from '@sealwright/core/files'
import { namespaceOf } from './reference.ts'

/** Where Vault is and how its TLS is checked; what is absent is taken from Vault's own variables. */
export interface ConnectionOptions {
  /** `https://vault.example:8200`, perhaps with a path. Default `VAULT_ADDR`; there is no other default. */
  readonly address?: string
  /** Default `VAULT_NAMESPACE`. A reference may name another. */
  readonly namespace?: string
  /** PEM certificates that are trusted instead of the system's. Default the file of `VAULT_CACERT`. */
  readonly ca?: string
  /** PEM client certificate with its chain, for mutual TLS. Default the file of `VAULT_CLIENT_CERT`. */
  readonly clientCert?: string
  /** PEM key of the client certificate. Default the file of `VAULT_CLIENT_KEY`. */
  readonly clientKey?: string
  /** Name in the certificate of the server, if not that of the address. Default `VAULT_TLS_SERVER_NAME`. */
  readonly serverName?: string
  /** Allows `http://` to other hosts than this one: the token and all requests can be read on the way. */
  readonly allowPlainHttp?: boolean
}

export interface Connection {
  readonly origin: string
  /** Path of the address without a slash at its end; mostly empty. */
  readonly basePath: string
  readonly namespace?: string
  readonly tls: {
    readonly ca?: string
    readonly cert?: string
    readonly key?: string
    readonly servername?: string
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Far more than a bundle of authorities or a token has. */
const MAX_FILE_BYTES = 4 * 1024 * 1024
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/
const FALSE = /^(?:0|f|F|false|False|FALSE)?$/

/**
 * Refuses to run where TLS was asked not to be verified: node-vault would obey, we never do.
 *
 * @throws {@link SealwrightError} `VALIDATION`.
 */
export function assertVerifying(env: Environment): void {
  if (FALSE.test(env.VAULT_SKIP_VERIFY ?? '')) return
  throw new SealwrightError('VALIDATION', 'VAULT_SKIP_VERIFY is set, and is not obeyed', {
    why: 'without verification anybody on the way can take the token and answer instead of Vault',
    fix: 'unset it, and give the CA of Vault by the option `ca` or by VAULT_CACERT',
  })
}

/** @throws {@link SealwrightError} `VALIDATION` for a setting that is missing or cannot be, naming where it was set. */
export async function connectionOf(options: ConnectionOptions, env: Environment): Promise<Connection> {
  assertVerifying(env)
  const address = addressOf(options, env)
  const namespace = options.namespace ?? env.VAULT_NAMESPACE
  const ca = options.ca ?? env.VAULT_CACERT_BYTES ?? (await fileOf(env, 'VAULT_CACERT'))
  const cert = options.clientCert ?? (await fileOf(env, 'VAULT_CLIENT_CERT'))
  const key = options.clientKey ?? (await fileOf(env, 'VAULT_CLIENT_KEY'))
  const servername = options.serverName ?? env.VAULT_TLS_SERVER_NAME
  if ((cert === undefined) !== (key === undefined)) {
    throw new SealwrightError(
      'VALIDATION',
      'a client certificate for Vault needs its key, and a key its certificate',
      {
        fix: 'give both: `clientCert` and `clientKey`, or VAULT_CLIENT_CERT and VAULT_CLIENT_KEY',
      },
    )
  }
  return {
    origin: address.origin,
    basePath: address.pathname.replace(/\/+$/, ''),
    ...(namespace ? { namespace: namespaceOf(namespace) } : {}),
    tls: {
      ...(ca ? { ca } : {}),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
      ...(servername ? { servername } : {}),
    },
  }
}

function addressOf({ address, allowPlainHttp = false }: ConnectionOptions, env: Environment): URL {
  const text = address ?? env.VAULT_ADDR
  const where = address === undefined ? 'VAULT_ADDR' : 'the option `address`'
  if (!text) {
    throw new SealwrightError('VALIDATION', 'the address of Vault is not known', {
      why: 'neither the option `address` nor VAULT_ADDR is set',
      fix: 'set VAULT_ADDR=https://vault.example:8200',
    })
  }
  const refused = (why: string) =>
    new SealwrightError('VALIDATION', `${where} is no address of Vault`, {
      why,
      fix: 'write https://HOST:PORT',
    })
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw refused('it is no https:// URL')
  if (url.username || url.password) throw refused('it carries a user or a password')
  if (url.search || url.hash) throw refused('it has a query or a fragment')
  if (url.protocol === 'https:' || LOOPBACK.test(url.hostname) || allowPlainHttp) return url
  throw refused('http:// is for this host alone: on the way to another, the token could be read')
}

async function fileOf(env: Environment, name: string): Promise<string | undefined> {
  const path = env[name]
  if (!path) return undefined
  return readText(path, name)
}

/** @param named - The variable or option that names the file. */
export async function readText(path: string, named: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted()
  try {
    return Buffer.from(await readRegularFile(path, MAX_FILE_BYTES)).toString('utf8')
  } catch (error) {
    if (!isSealwrightError(error)) throw error
    const { code, message, why, fix } = error
    // NOT_FOUND would say that the key is missing.
    throw new SealwrightError(
      code === 'NOT_FOUND' ? 'VALIDATION' : code,
      `${message}, which ${named} names`,
      {
        ...(why === undefined ? {} : { why }),
        ...(fix === undefined ? {} : { fix }),
        cause: error,
      },
    )
  }
}
